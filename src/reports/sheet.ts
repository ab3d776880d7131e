import { identityLabel, type Identity } from '../model/identity.ts';
import type { JournalEntry, JournalEvent } from '../model/event.ts';
import { stepLabel, type KeyMaker } from '../model/step-labels.ts';
import type { SheetSubject } from './subject.ts';
import { CONFIRMED, KEY_TYPE_NAMES, OLD_KEYS, ORIGINS, PROOFS, REASONS, VERDICTS } from './words.ts';

/** What stands on a sheet, before anything is set in type. A text may hold several lines. */
export interface Sheet {
  readonly title: string;
  /** Stands above all else, where the sheet is not what it looks like. */
  readonly warning: string | null;
  readonly verdict: {
    readonly word: string;
    readonly sentences: readonly string[];
    readonly good: boolean;
  };
  readonly sections: readonly SheetSection[];
  /** What ties the sheet to the record. */
  readonly evidence: readonly SheetRow[];
  readonly timeline: readonly TimelineRow[];
  /** How long each step took, in words. */
  readonly durations: string;
  /** Lines to sign on, by who signs. */
  readonly signatures: readonly string[];
  /** What the matrix code holds. */
  readonly code: string;
  readonly footer: string;
  /** When the job ended: the document's only date. */
  readonly date: Date;
}

export interface SheetSection {
  readonly heading: string;
  readonly rows: readonly SheetRow[];
}

export interface SheetRow {
  readonly label: string;
  readonly text: string;
  /** Set where digits have to be told apart. */
  readonly mono?: boolean;
}

export interface TimelineRow {
  /** UTC, to the millisecond. */
  readonly at: string;
  readonly what: string;
  readonly outcome: string;
  readonly ms: number | null;
}

const UNKNOWN = 'not known from this job';

/** Puts what is known of an ended job into words. The same subject gives the same sheet. */
export function sheetOf(subject: SheetSubject): Sheet {
  const { job, result, flow, evidence, simulated } = subject;
  const good = result.verdict === 'pass' || result.verdict === 'already';
  const handOver = flow === 'rekey' && good;
  const by = result.keyOrigin === 'server' ? 'server' : 'station';
  return {
    title: handOver
      ? 'Hand-over sheet'
      : good
        ? 'Provisioning certificate'
        : 'Report of a job that did not pass',
    warning: simulated ? 'REHEARSAL: a simulated board on a simulated server. This is no unit.' : null,
    verdict: verdictOf(subject, good),
    sections: [
      { heading: 'Unit', rows: unitRows(subject) },
      { heading: 'Key', rows: keyRows(subject) },
      { heading: 'Server', rows: serverRows(subject) },
      { heading: 'Work', rows: workRows(subject) },
      ...(result.notes.length === 0
        ? []
        : [{ heading: 'Notes', rows: result.notes.map((text) => ({ label: '', text })) }]),
    ],
    evidence: evidenceRows(subject),
    timeline: timelineOf(subject.events, by),
    durations: result.steps.map(({ step, ms }) => `${stepLabel(step, by)} ${seconds(ms)}`).join(' · '),
    signatures: handOver ? ['Handed over by', 'Received by'] : [],
    code: [`record ${job.job}`, ...(result.deviceId === null ? [] : [`device ${result.deviceId}`])].join(
      '\n',
    ),
    footer: `Record ${job.job} · station ${evidence.stationId}`,
    date: new Date(job.endedAt ?? job.startedAt),
  };
}

function verdictOf({ result, flow }: SheetSubject, good: boolean): Sheet['verdict'] {
  const { verdict, proof, oldKey, error } = result;
  const old = OLD_KEYS[oldKey];
  const sentences = [
    ...(good && proof !== null ? [PROOFS[proof]] : []),
    ...(good && flow === 'rekey' && old !== null ? [`Former key: ${old.word}. ${old.sentence}`] : []),
    ...(good ? [] : ['This sheet certifies nothing. Do not hand the unit over on it.']),
    ...(error === null
      ? []
      : [`${error.message} ${error.unchanged}`, `To do: ${error.remedy} (${error.code})`]),
  ];
  return { word: VERDICTS[verdict], sentences, good };
}

function unitRows({ result, job }: SheetSubject): readonly SheetRow[] {
  return [
    { label: 'Identity', text: identityText(result.identity) },
    ...optional('Label, work order', job.label),
  ];
}

function identityText(identity: Identity | null): string {
  if (identity === null) return 'was not read';
  return Object.entries(identity)
    .map(([key, value]) => `${key} = ${typeof value === 'string' ? value : value.join(', ')}`)
    .join('\n');
}

function keyRows({ result, flow, formerKey, origin }: SheetSubject): readonly SheetRow[] {
  const { keyFingerprint, keyType, oldKey, verdict } = result;
  const noFate = verdict === 'pass' || verdict === 'already' ? 'there was none' : UNKNOWN;
  const rekeyed = flow === 'rekey';
  return [
    ...(rekeyed
      ? [
          {
            label: 'Former key',
            text: formerKey ?? 'none, or none that could be read',
            mono: formerKey !== null,
          },
        ]
      : []),
    { label: rekeyed ? 'New key' : 'Key', text: keyFingerprint ?? UNKNOWN, mono: keyFingerprint !== null },
    ...optional('Type', keyType === null ? null : KEY_TYPE_NAMES[keyType]),
    ...optional('Origin', origin === null ? null : ORIGINS[origin]),
    ...(rekeyed ? [{ label: 'Former key’s fate', text: OLD_KEYS[oldKey]?.word ?? noFate }] : []),
  ];
}

function serverRows({ job, result }: SheetSubject): readonly SheetRow[] {
  return [
    ...optional('Server', [job.server, job.serverUrl].filter((part) => part !== null).join(', ')),
    { label: 'Device', text: result.deviceId ?? UNKNOWN, mono: result.deviceId !== null },
    { label: 'Auth set', text: result.authSetId ?? UNKNOWN, mono: result.authSetId !== null },
  ];
}

function workRows({ job, rekey, finished, evidence }: SheetSubject): readonly SheetRow[] {
  return [
    ...(rekey === null ? [] : rekeyRows(rekey)),
    ...optional(
      'Finishes',
      finished.length === 0 ? null : `the cut-off job ${finished.join(', which finishes ')}`,
    ),
    { label: 'Operator', text: job.operator ?? 'not given' },
    { label: 'Station', text: evidence.stationId },
    { label: 'Slot, port', text: job.slot === job.port ? job.slot : `${job.slot}, ${job.port}` },
    ...optional('Board profile', job.profile),
    { label: 'Time', text: `${utc(job.startedAt)} to ${job.endedAt === null ? '?' : utc(job.endedAt)}` },
  ];
}

function rekeyRows({ reason, confirmed }: NonNullable<SheetSubject['rekey']>): readonly SheetRow[] {
  const { code, text } = reason;
  const inWords = code === 'other' ? text : [REASONS[code], text].filter((part) => part !== '').join('\n');
  const cases = confirmed.map((name) => CONFIRMED[name]).join('\n');
  return [{ label: 'Reason', text: inWords }, ...optional('Confirmed', cases)];
}

/** Each action once, at the time when it was begun; one without an outcome was cut off. */
function timelineOf(entries: readonly JournalEntry[], by: KeyMaker): readonly TimelineRow[] {
  const rows: TimelineRow[] = [];
  const open: { readonly row: number; readonly of: Intent }[] = [];
  for (const { at, event } of entries) {
    switch (event.kind) {
      case 'job-started':
        rows.push({ at: utc(at), what: 'job started', outcome: '', ms: null });
        break;
      case 'board-identified':
        rows.push({
          at: utc(at),
          what: `board identified: ${identityLabel(event.identity)}`,
          outcome: '',
          ms: null,
        });
        break;
      case 'step-intent':
        open.push({ row: rows.length, of: event });
        rows.push({
          at: utc(at),
          what: `${stepLabel(event.step, by)} (${event.action})`,
          outcome: 'cut off: unknown',
          ms: null,
        });
        break;
      case 'step-outcome': {
        const begun = open.findLastIndex(({ of }) => of.step === event.step && of.action === event.action);
        const [found] = begun < 0 ? [] : open.splice(begun, 1);
        const row = found === undefined ? undefined : rows[found.row];
        if (found === undefined || row === undefined) break;
        const outcome = event.error === null ? event.outcome : `${event.outcome}: ${event.error.code}`;
        rows[found.row] = { ...row, outcome, ms: event.ms };
        break;
      }
      case 'job-waiting':
        rows.push({
          at: utc(at),
          what: `waiting for the ${event.for}, until ${utc(event.deadline)}`,
          outcome: '',
          ms: null,
        });
        break;
      case 'verdict':
        rows.push({ at: utc(at), what: `verdict recorded: ${event.result.verdict}`, outcome: '', ms: null });
        break;
      case 'job-waiting':
        rows.push({ at: utc(at), what: `waits for the ${event.for}`, outcome: '', ms: null });
        break;
      default:
        // What else is recorded of a job is on the sheet in other words.
        break;
    }
  }
  return rows;
}

type Intent = Extract<JournalEvent, { kind: 'step-intent' }>;

function evidenceRows({ events, evidence }: SheetSubject): readonly SheetRow[] {
  const [first, last] = [events[0]?.seq, events.at(-1)?.seq];
  const { stationId, stationKey, head } = evidence;
  return [
    ...(first === undefined || last === undefined
      ? []
      : [{ label: 'Journal entries', text: `${first} to ${last} of station ${stationId}` }]),
    ...(head === null ? [] : [{ label: 'Journal head', text: `${head.seq}:${head.hash}`, mono: true }]),
    ...(stationKey === null ? [] : [{ label: 'Station key', text: stationKey, mono: true }]),
    ...(head === null
      ? []
      : [
          {
            label: 'To check',
            text: 'station journal verify FILE --head HEAD --key KEY, with a copy or an export of the journal; both values are of the moment when this sheet was made.',
          },
        ]),
  ];
}

function optional(label: string, text: string | null): readonly SheetRow[] {
  return text === null || text === '' ? [] : [{ label, text }];
}

/** `2026-11-27 21:04:01.903 UTC`. */
function utc(at: string): string {
  return new Date(at).toISOString().replace('T', ' ').replace('Z', ' UTC');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
