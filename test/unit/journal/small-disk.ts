import { execFileSync } from 'node:child_process';
import { statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { onTestFinished } from 'vitest';
import { makeHome } from './fixtures.ts';

/** A file system of `megabytes`; null where this user may not make one, which under CI is a failure: it was not tested. */
export function mountSmallDisk(megabytes: number, flags = ''): string | null {
  const folder = makeHome();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m${flags}`, 'none', folder], {
      stdio: 'ignore',
    });
  } catch (thrown) {
    if (process.env['CI'] === 'true') throw thrown;
    return null;
  }
  onTestFinished(() => {
    execFileSync('umount', ['-l', folder]);
  });
  return folder;
}

/** Takes all the room that is left; removing the file whose name is given back gives it free again. */
export function fillDisk(disk: string): string {
  const { bavail, bsize } = statfsSync(disk);
  const ballast = join(disk, 'ballast');
  writeFileSync(ballast, Buffer.alloc(bavail * bsize));
  return ballast;
}
