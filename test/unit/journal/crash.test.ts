import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { openJournal } from '../../../src/journal/index.ts';
import { atOnce } from '../../../src/journal/turns.ts';
import { APPENDER, jobEvents, macOf, makeHome, options, TestClock } from './fixtures.ts';

describe('a station that is killed while it records', () => {
  it('loses no entry that was acknowledged, ten times in a row on one journal', async () => {
    const path = join(makeHome(), 'journal.db');
    for (let round = 0; round < 10; round++) {
      const child = spawn(process.execPath, [APPENDER, path], { stdio: ['ignore', 'pipe', 'inherit'] });
      const ended = once(child, 'exit');
      let acknowledged = 0;
      let lines = 0;
      for await (const line of createInterface({ input: child.stdout })) {
        acknowledged = Number(line);
        // Killed in another place of another page each time; what it still printed before it died counts, too.
        if (++lines === 1 + round * 41) child.kill('SIGKILL');
      }
      expect(await ended).toEqual([null, 'SIGKILL']);
      expect(lines).toBeGreaterThan(round * 41);

      using journal = openJournal(path, options());
      expect(journal.lastSeq()).toBeGreaterThanOrEqual(acknowledged);
      expect(journal.lastSeq()).toBeLessThanOrEqual(acknowledged + 2);
      expect([...journal.entries()].map(({ seq }) => seq)).toEqual(
        Array.from({ length: journal.lastSeq() }, (_, index) => index + 1),
      );
      expect(atOnce(journal.verifying())).toMatchObject({ ok: true, rows: journal.lastSeq() });
    }
  }, 120_000);
});

describe('a journal whose log was cut off', () => {
  it('keeps every entry that lies before the cut, whole, and goes on from there', () => {
    const home = makeHome();
    const path = join(home, 'journal.db');
    const log = `${path}-wal`;
    /** Size of the log after each entry: that entry is in its first so many bytes. */
    const sizes: number[] = [];
    const copies = join(home, 'copies');
    mkdirSync(copies);
    {
      using journal = openJournal(path, options(new TestClock()));
      for (let n = 0; n < 6; n++)
        for (const event of jobEvents({ job: `J${n}`, identity: { mac: macOf(n) } })) {
          journal.append(event);
          sizes.push(statSync(log).size);
        }
      // By another process: to open and close these files here would drop this process's locks.
      execFileSync('cp', [path, log, copies]);
    }
    const start = sizes[0]!;
    const end = sizes.at(-1)!;
    const cuts = sizes.flatMap((size) => [size - 1, size, size + 1, size + 24, size + 2000]);
    for (const cut of [start - 1, ...cuts].filter((bytes) => bytes <= end)) {
      const torn = makeHome();
      const tornPath = join(torn, 'journal.db');
      copyFileSync(join(copies, 'journal.db'), tornPath);
      copyFileSync(join(copies, 'journal.db-wal'), `${tornPath}-wal`);
      truncateSync(`${tornPath}-wal`, cut);
      using journal = openJournal(tornPath, options());
      const whole = sizes.filter((size) => size <= cut).length;
      expect({ cut, entries: journal.lastSeq() }).toEqual({ cut, entries: whole });
      expect(journal.checkProjections()).toBeNull();
      expect(journal.append(jobEvents({ job: 'AFTER' })[0]!).seq).toBe(whole + 1);
    }
  }, 120_000);
});
