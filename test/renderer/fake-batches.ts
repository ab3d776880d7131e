import type { BatchProblem, BatchReport, BatchRowView, BatchView } from '../../src/contract/batches.ts';
import type { BatchId, RowOutcome } from '../../src/model/batch.ts';
import { fingerprintOf, identityOf, report } from './fake-station.ts';

/** Builds what a station says of batches, so that their screens can be looked at without files or servers. */

const NONE: Readonly<Record<RowOutcome, number>> = {
  pending: 0,
  created: 0,
  already: 0,
  conflict: 0,
  limit: 0,
  refused: 0,
};

export function batch(name: string, change: Partial<BatchView> = {}): BatchView {
  const rows = change.rows ?? 10_000;
  return {
    id: `01JNB0Q5T3ZC8V9KX4M2R7${name.replace(/\W/g, '').slice(0, 4)}` as BatchId,
    name,
    kind: 'keys',
    file: `${name}.csv`,
    sha256: fingerprintOf(41).slice(7),
    rows,
    at: '2026-03-02T09:05:07.000Z',
    operator: 'Anna Berg',
    leftOut: 0,
    share: null,
    shares: [],
    closed: null,
    counts: { ...NONE, pending: rows },
    units: 0,
    admitted: 0,
    inventory: { open: 0, done: 0, failed: 0 },
    open: true,
    describes: false,
    server: null,
    run: null,
    ...change,
  };
}

/** One of each kind of standing. */
export const BATCHES: readonly BatchView[] = [
  batch('March gateways', {
    counts: { ...NONE, pending: 6_388, created: 3_600, already: 4, conflict: 8 },
    server: 'Factory Mender',
    run: {
      state: 'running',
      server: 'Factory Mender',
      done: 3_612,
      total: 10_000,
      perSecond: 212.4,
      remainingMs: 30_100,
      waitsMs: 0,
      counts: { ...NONE, created: 3_600, already: 4, conflict: 8 },
    },
  }),
  batch('Order 4711', {
    kind: 'expectation',
    rows: 48,
    units: 31,
    shares: [
      { part: 2, parts: 3, rows: 16, units: 12, at: '2026-03-02T10:00:00.000Z', returnedAt: null },
      {
        part: 3,
        parts: 3,
        rows: 16,
        units: 9,
        at: '2026-03-02T10:00:00.000Z',
        returnedAt: '2026-03-03T08:00:00.000Z',
      },
    ],
  }),
  batch('Order 4690', {
    kind: 'expectation',
    rows: 24,
    units: 24,
    open: false,
    closed: { at: '2026-02-28T15:00:00.000Z', why: 'full' },
  }),
  batch('February gateways', {
    rows: 2_000,
    leftOut: 3,
    counts: { ...NONE, created: 1_988, already: 2, conflict: 6, refused: 4 },
    server: 'Factory Mender',
  }),
  batch('January gateways', {
    rows: 1_000,
    counts: { ...NONE, pending: 400, created: 600 },
    server: 'Factory Mender',
    run: {
      state: 'interrupted',
      server: 'Factory Mender',
      done: 600,
      total: 1_000,
      perSecond: null,
      remainingMs: null,
      waitsMs: 0,
      counts: { ...NONE, created: 600 },
    },
  }),
];

export function batchRow(at: number): BatchRowView {
  const conflict = at % 37 === 5;
  return {
    line: at + 1,
    label: `52:54:00:c1:${hex(at >> 8)}:${hex(at & 255)}`,
    identity: identityOf(at),
    key: null,
    fingerprint: fingerprintOf(at),
    tier: 'standard',
    group: null,
    tags: {},
    outcome: conflict ? 'conflict' : at < 3_612 ? 'created' : 'pending',
    inFlight: false,
    sentAt: null,
    deviceId: at < 3_612 && !conflict ? `4f1c6a2e-9b1d-4a55-8a5e-0c6d3e8f${at}` : null,
    error: conflict
      ? report(
          'batch/conflict',
          'The server has device 9c1f of this identity already: accepted, another key.',
        )
      : null,
    serverUrl: null,
    kept: null,
    share: null,
    unit: null,
  };
}

function hex(value: number): string {
  return value.toString(16).padStart(2, '0');
}

const PROBLEMS: readonly BatchProblem[] = Array.from({ length: 40 }, (_, at) => ({
  line: at * 7 + 3,
  column: at % 3 === 0 ? 'pubkey' : 'mac',
  code: at % 3 === 0 ? 'key-unreadable' : 'identity-twice',
  reason: at % 3 === 0 ? 'This is no public key: it ends in the middle.' : `The identity of line ${at + 2}.`,
}));

/** What was found in a file, some of whose rows are bad. */
export function fileReport(change: Partial<BatchReport> = {}): BatchReport {
  return {
    file: 'April gateways.csv',
    sha256: fingerprintOf(42).slice(7),
    encoding: 'windows-1252',
    delimiter: ';',
    kind: 'keys',
    columns: [
      { name: 'mac', use: 'identity' },
      { name: 'pubkey', use: 'pubkey' },
      { name: 'tag.order', use: 'tag' },
      { name: 'lot', use: 'ignored' },
    ],
    rows: 300,
    good: 260,
    bad: 40,
    problems: PROBLEMS,
    problemCount: PROBLEMS.length,
    notes: [
      { line: 9, column: 'mac', code: 'blanks-removed', reason: 'Blanks around the value were left out.' },
    ],
    noteCount: 1,
    preview: [2, 4, 5].map((line) => ({
      line,
      identityData: `{"mac":"52:54:00:c0:00:0${line}"}`,
      fingerprint: fingerprintOf(line),
      keyType: 'ed25519',
      tier: 'standard',
      group: 'gateways',
      tags: { order: '4711' },
    })),
    server: null,
    share: null,
    stored: 'no',
    batch: null,
    elapsedMs: 120,
    ...change,
  };
}
