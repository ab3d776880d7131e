/** A station that does nothing but record: prints the number of every entry that the journal acknowledged. */
import { writeSync } from 'node:fs';
import { openJournal } from '../../../src/journal/index.ts';
import { MemoryKeyStore, openStationKey } from '../../../src/settings/index.ts';
import { systemClock } from '../../../src/model/clock.ts';
import type { JobId } from '../../../src/model/job.ts';

const [path = '', count = 'endless'] = process.argv.slice(2);
using journal = openJournal(path, {
  stationId: 'ST-0000000001',
  clock: systemClock,
  holder: { program: 'appender' },
  signer: () => openStationKey(new MemoryKeyStore()),
});
const limit = count === 'endless' ? Infinity : Number(count);
for (let n = 0; n < limit; n++) {
  const { seq } = journal.append({
    kind: 'step-intent',
    job: `JOB${process.pid}` as JobId,
    step: 'stage',
    action: 'stage',
    detail: { n, filler: 'x'.repeat((n * 37) % 900) },
  });
  print(`${seq}\n`);
}

/** Waits while the reader has no room in the pipe: it may be busy, and does not have to be quick. */
function print(text: string): void {
  for (;;) {
    try {
      writeSync(1, text);
      return;
    } catch (thrown) {
      if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EAGAIN')) throw thrown;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
