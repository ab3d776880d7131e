import { execFileSync } from 'node:child_process';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openJournal, readJournal } from '../../../src/journal/index.ts';
import type { Journal } from '../../../src/journal/index.ts';
import { jobEvents, macOf, makeHome, options, refusal } from './fixtures.ts';

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

/** A file system of `megabytes`, where this user may make one. */
function mountSmallDisk(megabytes: number, flags = ''): string | null {
  const folder = makeHome();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m${flags}`, 'none', folder], {
      stdio: 'ignore',
    });
  } catch {
    return null;
  }
  onTestFinished(() => {
    execFileSync('umount', ['-l', folder]);
  });
  return folder;
}

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

  it('the same on a file system that is really full, in one process', (context) => {
    const disk = mountSmallDisk(2);
    if (disk === null) return context.skip('this user may not mount a file system');
    const path = join(disk, 'journal.db');
    const ballast = join(disk, 'ballast');
    using journal = openJournal(path, options());
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(ballast, Buffer.alloc(Math.floor((bavail * bsize) / 3)));
    const { acknowledged, refused } = fill(journal);
    expect(refused).toMatch(FULL);
    expect(refusal(() => journal.append(jobEvents({ job: 'AGAIN' })[0]!))).toMatch(FULL);
    expect(journal.lastSeq()).toBe(acknowledged);
    using reader = readJournal(path, options());
    expect(reader.lastSeq()).toBe(acknowledged);
    rmSync(ballast);
    expect(journal.append(jobEvents({ job: 'AFTER' })[0]!).seq).toBe(acknowledged + 1);
    expect(journal.checkProjections()).toBeNull();
  });

  it('is told at the opening of a new journal, too', (context) => {
    const disk = mountSmallDisk(1);
    if (disk === null) return context.skip('this user may not mount a file system');
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(bavail * bsize));
    expect(refusal(() => openJournal(join(disk, 'journal.db'), options()))).toMatch(
      /^station\/home-unusable: .*its disk is full/,
    );
  });
});

describe('a disk that became read-only', () => {
  it('refuses to write and says so; what was recorded can be read before and after', (context) => {
    const disk = mountSmallDisk(4);
    if (disk === null) return context.skip('this user may not mount a file system');
    const path = join(disk, 'journal.db');
    {
      using journal = openJournal(path, options());
      for (const event of jobEvents({ job: 'J1' })) journal.append(event);
    }
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    expect(refusal(() => openJournal(path, options()))).toMatch(/^station\/home-unusable: .*read-only/);
    using reader = readJournal(path, options());
    expect(reader.list().map(({ job }) => job)).toEqual(['J1']);
  });
});
