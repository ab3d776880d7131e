import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { openJournal, readJournal } from '../../../src/journal/index.ts';
import type { Journal } from '../../../src/journal/index.ts';
import { named } from '../../needs.ts';
import { MOUNTING, mountSmallDisk } from './small-disk.ts';
import { APPENDER, jobEvents, macOf, makeHome, options, refusal } from './fixtures.ts';

/** Records jobs until it throws; the numbers that were acknowledged, and what was thrown. */
function fill(journal: Journal): { acknowledged: number; refused: string } {
  let acknowledged = journal.lastSeq();
  const refused = refusal(() => {
    for (let n = 0; n < 100_000; n++)
      for (const event of jobEvents({ job: `J${acknowledged}`, identity: { mac: macOf(n) } }))
        acknowledged = journal.append(event).seq;
  });
  return { acknowledged, refused };
}

const mounting = it.skipIf(MOUNTING !== null);
const FULL = /^journal\/full: /;

describe('a full disk', () => {
  it('ends in journal/full, keeps what was acknowledged, and lets go on once there is room (page limit)', () => {
    const path = join(makeHome(), 'journal.db');
    let kept: number;
    {
      using journal = openJournal(path, { ...options(), maxPages: 80 });
      const { acknowledged, refused } = fill(journal);
      expect(refused).toMatch(FULL);
      expect(journal.lastSeq()).toBe(acknowledged);
      expect(journal.checkProjections()).toBeNull();
      kept = acknowledged;
    }
    using journal = openJournal(path, options());
    expect(journal.lastSeq()).toBe(kept);
    expect(journal.append(jobEvents({ job: 'AFTER' })[0]!).seq).toBe(kept + 1);
  });

  mounting(named('the same on a file system that is really full, in one process', MOUNTING), () => {
    const disk = mountSmallDisk(2);
    const path = join(disk, 'journal.db');
    const ballast = join(disk, 'ballast');
    using journal = openJournal(path, options());
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(ballast, Buffer.alloc(Math.floor((bavail * bsize) / 3)));
    expect(fill(journal).refused).toMatch(FULL);
    const { acknowledged, refused } = fill(journal);
    expect(refused).toMatch(FULL);
    expect(journal.lastSeq()).toBe(acknowledged);
    using reader = readJournal(path, options());
    expect(reader.lastSeq()).toBe(acknowledged);
    rmSync(ballast);
    expect(journal.append(jobEvents({ job: 'AFTER' })[0]!).seq).toBe(acknowledged + 1);
    expect(journal.checkProjections()).toBeNull();
  });

  mounting.for([['was closed', false] as const, ['was killed, which leaves its log', true] as const])(
    named('does not hinder reading what a station recorded that %s', MOUNTING),
    async ([, killed]) => {
      const disk = mountSmallDisk(4);
      const path = join(disk, 'journal.db');
      openJournal(path, options()).close();
      const child = spawn(process.execPath, [APPENDER, path, killed ? 'endless' : '40'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = once(child, 'exit');
      let acknowledged = 0;
      let lines = 0;
      for await (const line of createInterface({ input: child.stdout })) {
        acknowledged = Number(line);
        if (++lines === 40 && killed) child.kill('SIGKILL');
      }
      await ended;
      if (killed) rmSync(`${path}-shm`);
      expect(existsSync(`${path}-wal`)).toBe(killed);
      const { bavail, bsize } = statfsSync(disk);
      writeFileSync(join(disk, 'ballast'), Buffer.alloc(bavail * bsize));
      for (let time = 0; time < 2; time++) {
        using reader = readJournal(path, options());
        expect(reader.lastSeq()).toBeGreaterThanOrEqual(acknowledged);
        expect(reader.checkProjections()).toBeNull();
      }
      rmSync(join(disk, 'ballast'));
      using journal = openJournal(path, options());
      expect(journal.lastSeq()).toBeGreaterThanOrEqual(acknowledged);
      expect(journal.checkProjections()).toBeNull();
    },
  );

  mounting(named('is told at the opening of a new journal, too', MOUNTING), () => {
    const disk = mountSmallDisk(1);
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(bavail * bsize));
    expect(refusal(() => openJournal(join(disk, 'journal.db'), options()))).toMatch(/^station\/home-full: /);
  });
});

describe('a disk that became read-only', () => {
  mounting(
    named('refuses to write and says so; what was recorded can be read before and after', MOUNTING),
    () => {
      const disk = mountSmallDisk(4);
      const path = join(disk, 'journal.db');
      {
        using journal = openJournal(path, options());
        for (const event of jobEvents({ job: 'J1' })) journal.append(event);
      }
      execFileSync('mount', ['-o', 'remount,ro', disk]);
      expect(refusal(() => openJournal(path, options()))).toMatch(/^station\/home-unusable: .*read-only/);
      using reader = readJournal(path, options());
      expect(reader.list().map(({ job }) => job)).toEqual(['J1']);
    },
  );
});
