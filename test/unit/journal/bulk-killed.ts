/** A station that is killed by itself while it stores many events: after so many of them. */
import { openJournal } from '../../../src/journal/index.ts';
import type { BatchId } from '../../../src/model/batch.ts';
import type { JournalEvent } from '../../../src/model/event.ts';
import { systemClock } from '../../../src/model/clock.ts';

const [path = '', rows = '0', killAfter = 'never'] = process.argv.slice(2);
const ROWS_AN_EVENT = 500;
const batch = `BATCH${process.pid}` as BatchId;

function* events(): Generator<JournalEvent> {
  let written = 0;
  const told = <T>(event: T): T => {
    if (written === Number(killAfter)) process.kill(process.pid, 'SIGKILL');
    written += 1;
    return event;
  };
  yield told({
    kind: 'batch-imported',
    batch,
    name: 'spring',
    batchKind: 'expectation',
    file: 'spring.csv',
    sha256: 'a'.repeat(64),
    rows: Number(rows),
    columns: ['serial'],
    identityColumns: ['serial=serial'],
    leftOut: 0,
    operator: null,
  } as const);
  for (let from = 0; from < Number(rows); from += ROWS_AN_EVENT)
    yield told({
      kind: 'batch-rows',
      batch,
      rows: Array.from({ length: ROWS_AN_EVENT }, (_, n) => ({
        line: from + n + 2,
        identity: { serial: `A${from + n}` },
      })),
    } as const);
  // Asked for once more: all is written, and nothing is committed.
  told(null);
}

using journal = openJournal(path, {
  stationId: 'ST-0000000001',
  clock: systemClock,
  holder: { program: 'bulk' },
});
await journal.appendAll(events());
