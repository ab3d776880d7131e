/**
 * Loaded into a real station process (`--import`): counts the points that it passes and kills it, as kill -9 does, at one of
 * them. The product knows nothing of it.
 *
 * CRASH_POINTS names a file that takes a line a point, `ack N` when the row N of the journal is on the disk, and `early call`
 * for a call before the job.
 * CRASH_KILL is the number of the point, from 0; or a kind of point and which of it, from 1 (`before journal#3`).
 */
import fs from 'node:fs';
import { subscribe } from 'node:diagnostics_channel';
import { syncBuiltinESMExports } from 'node:module';
import { DatabaseSync } from 'node:sqlite';
import { isMainThread } from 'node:worker_threads';

const file = process.env['CRASH_POINTS'];
const at = process.env['CRASH_KILL'];
delete process.env['CRASH_POINTS'];
delete process.env['CRASH_KILL'];
delete process.env['NODE_OPTIONS'];

if (file !== undefined && isMainThread) {
  const log = fs.openSync(file, 'a');
  let count = 0;
  let begun = false;
  const kinds = new Map<string, number>();
  const reach = (label: string): void => {
    // What comes before the first row of a job is the opening of a home, which is not what is cut here.
    if (!begun) {
      if (label === 'call sent') fs.writeSync(log, 'early call\n');
      return;
    }
    fs.writeSync(log, `${label}\n`);
    const kind = label.replace(/ \d+$/, '');
    const ofKind = (kinds.get(kind) ?? 0) + 1;
    kinds.set(kind, ofKind);
    if (at === String(count) || at === `${kind}#${ofKind}`) process.kill(process.pid, 'SIGKILL');
    count += 1;
  };

  const exec: (this: DatabaseSync, sql: string) => void = Reflect.get(DatabaseSync.prototype, 'exec');
  const seqs = new WeakMap<DatabaseSync, number>();
  const lastSeq = (database: DatabaseSync): number | null => {
    if (database.location()?.endsWith('journal.db') !== true) return null;
    const row = database.prepare('SELECT max(seq) AS seq FROM event').get();
    return Number(row?.['seq'] ?? 0);
  };
  DatabaseSync.prototype.exec = function (this: DatabaseSync, sql: string): void {
    const seq = sql === 'COMMIT' ? lastSeq(this) : null;
    if (seq === null || seq === seqs.get(this)) {
      exec.call(this, sql);
      return;
    }
    seqs.set(this, seq);
    const row = this.prepare('SELECT body FROM event WHERE seq = ?').get(seq);
    const body = typeof row?.['body'] === 'string' ? row['body'] : '';
    begun ||= body.includes('"job-started"');
    reach(`before journal ${seq}`);
    exec.call(this, sql);
    fs.writeSync(log, `ack ${seq}\n`);
    reach(`after journal ${seq}`);
  };

  const { write } = fs;
  const watched = (fd: number, ...rest: unknown[]): void => {
    if (isTerminal(fd)) reach('line');
    Reflect.apply(write, fs, [fd, ...rest]);
  };
  fs.write = Object.assign(watched, write) as typeof write;
  syncBuiltinESMExports();
  subscribe('undici:client:sendHeaders', () => reach('call sent'));
  subscribe('undici:request:headers', () => reach('call answered'));
}

function isTerminal(fd: number): boolean {
  try {
    return fs.readlinkSync(`/proc/self/fd/${fd}`).startsWith('/dev/pts/');
  } catch {
    return false;
  }
}
