import type { JournalEntry } from '../model/event.ts';
import { hex, type Head } from './chain.ts';
import { csvLine, type CsvCell } from './csv.ts';
import type { Database } from './database.ts';
import type { Exported } from './export-json.ts';

const COLUMNS = [
  'seq',
  'hash',
  'ended_at',
  'started_at',
  'ms',
  'station',
  'operator',
  'work_order',
  'batch',
  'flow',
  'reason',
  'verdict',
  'proof',
  'identity',
  'server',
  'server_url',
  'device_id',
  'auth_set_id',
  'key_fingerprint',
  'key_type',
  'key_origin',
  'old_key',
  'profile',
  'profile_sha256',
  'port',
  'slot',
  'job',
  'steps',
  'notes',
  'error_code',
  'error_message',
] as const;

/** How such a file begins. */
export const CSV_START = 'seq,hash,ended_at,';

/** The ended jobs as CSV (RFC 4180), oldest first, a line a piece. `hash` is the row's place in the chain. */
export function* exportingCsv(
  database: Database,
  { since }: { readonly since?: string | undefined },
): Generator<string, Exported, undefined> {
  database.exec('BEGIN');
  try {
    yield csvLine(COLUMNS);
    const from = since === undefined ? '' : new Date(since).toISOString();
    const sql = `SELECT j.*, v.body AS verdict_body, v.hash, v.station, s.body AS start_body
      FROM p_job AS j JOIN event AS v ON v.seq = j.ended_seq JOIN event AS s ON s.seq = j.seq
      WHERE j.ended_seq IS NOT NULL AND j.ended_at >= ? ORDER BY j.ended_seq`;
    let rows = 0;
    for (const row of database.walk(sql, from)) {
      rows += 1;
      yield csvLine(cells(row));
    }
    const last = database.first('SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1');
    const head: Head | null =
      last?.['hash'] instanceof Uint8Array ? { seq: Number(last['seq']), hash: hex(last['hash']) } : null;
    return { rows, head, key: null };
  } finally {
    database.exec('ROLLBACK');
  }
}

function cells(row: Readonly<Record<string, unknown>>): readonly CsvCell[] {
  const verdict = (JSON.parse(String(row['verdict_body'])) as JournalEntry).event;
  const start = (JSON.parse(String(row['start_body'])) as JournalEntry).event;
  if (verdict.kind !== 'verdict') throw new TypeError('a job ends in a verdict');
  const { result } = verdict;
  const started = start.kind === 'job-started' ? start : null;
  const reason = started?.rekey?.reason;
  const values: Readonly<Record<(typeof COLUMNS)[number], CsvCell>> = {
    seq: Number(row['ended_seq']),
    hash: row['hash'] instanceof Uint8Array ? hex(row['hash']) : null,
    ended_at: String(row['ended_at']),
    started_at: String(row['started_at']),
    ms: Number(row['ms']),
    station: String(row['station']),
    operator: started?.operator ?? null,
    work_order: started?.label ?? null,
    batch: typeof row['batch_name'] === 'string' ? row['batch_name'] : null,
    flow: started?.flow ?? null,
    reason: reason === undefined ? null : [reason.code, reason.text].filter((text) => text !== '').join(': '),
    verdict: result.verdict,
    proof: result.proof,
    identity: result.identity === null ? null : JSON.stringify(result.identity),
    server: started?.server ?? null,
    server_url: started?.serverUrl ?? null,
    device_id: result.deviceId,
    auth_set_id: result.authSetId,
    key_fingerprint: result.keyFingerprint,
    key_type: result.keyType,
    key_origin: result.keyOrigin,
    old_key: result.oldKey,
    profile: started?.profile ?? null,
    profile_sha256: started?.profileSha256 ?? null,
    port: result.port,
    slot: result.slot,
    job: result.job,
    steps: result.steps.map(({ step, ms }) => `${step} ${ms}`).join('; '),
    notes: result.notes.join(' '),
    error_code: result.error?.code ?? null,
    error_message: result.error?.message ?? null,
  };
  return COLUMNS.map((column) => values[column]);
}
