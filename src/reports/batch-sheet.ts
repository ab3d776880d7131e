import type { BatchMerge } from '../journal/batch-shares.ts';
import type { BatchAdmission, BatchUnitRecord } from '../journal/batches.ts';
import type { BatchRecord } from '../model/batch.ts';
import { identityLabel } from '../model/identity.ts';
import type { SheetSubject } from './subject.ts';
import type { Sheet } from './sheet.ts';

/** What the record holds of a batch for its certificate. */
export interface BatchSubject {
  readonly batch: BatchRecord;
  readonly units: readonly BatchUnitRecord[];
  readonly admissions: readonly BatchAdmission[];
  /** Other benches that provisioned a part of it. */
  readonly merges: readonly BatchMerge[];
  readonly evidence: SheetSubject['evidence'];
  /** When it is written. */
  readonly at: Date;
}

/** Puts a batch and its boards into words. The same subject gives the same sheet. */
export function batchSheetOf({ batch, units, admissions, merges, evidence, at }: BatchSubject): Sheet {
  const whole = units.length === batch.rows;
  const missing = batch.rows - units.length;
  return {
    title: 'Batch certificate',
    warning: null,
    verdict: {
      word: `${units.length} of ${batch.rows}`,
      sentences: [
        whole ? 'Every board of the batch is through.' : `${missing} board(s) of the batch are not through.`,
      ],
      good: whole,
    },
    sections: [
      {
        heading: 'Batch',
        rows: [
          { label: 'Name', text: batch.name },
          { label: 'Imported', text: `${batch.at} from ${batch.file}${by(batch.operator)}` },
          { label: 'SHA-256', text: batch.sha256, mono: true },
          {
            label: 'State',
            text: batch.closed === null ? 'open' : `closed at ${batch.closed.at} (${batch.closed.why})`,
          },
          ...(batch.run === null
            ? []
            : [{ label: 'Server', text: `${batch.run.server}, ${batch.run.serverUrl}` }]),
        ],
      },
      ...(merges.length === 0
        ? []
        : [
            {
              heading: 'Other benches',
              rows: merges.map(({ station, part, key, head, at: when }) => ({
                label: part === null ? station : `${station}, part ${part}`,
                text: `merged ${when}; key ${key}; head of its record ${head ?? 'not told'}`,
                mono: true,
              })),
            },
          ]),
      ...(admissions.length === 0
        ? []
        : [
            {
              heading: 'Let through by an admin',
              rows: admissions.map(({ identity, why, at: when, operator }) => ({
                label: why,
                text: `${identityLabel(identity)}, ${when}${by(operator)}`,
              })),
            },
          ]),
    ],
    evidence: [
      { label: 'Station', text: evidence.stationId },
      { label: 'Station key', text: evidence.stationKey ?? 'none', mono: true },
      {
        label: 'Head',
        text: evidence.head === null ? 'none' : `${evidence.head.seq}:${evidence.head.hash}`,
        mono: true,
      },
    ],
    timeline: units.map((unit) => ({
      at: unit.at,
      what: `${identityLabel(unit.identity)}\n${unit.fingerprint ?? ''}`,
      outcome: `${unit.verdict}${unit.proof === null ? '' : `, proved by ${unit.proof}`}; ${unit.station}${by(unit.operator)}`,
      ms: null,
    })),
    durations: '',
    signatures: [],
    code: `batch ${batch.id}`,
    footer: `Batch ${batch.id}`,
    date: at,
  };
}

function by(operator: string | null): string {
  return operator === null ? '' : ` by ${operator}`;
}
