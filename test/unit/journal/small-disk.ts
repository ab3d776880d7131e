import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Missing } from '../../needs.ts';
import { makeHome } from './fixtures.ts';

/** Root alone may mount, and not in every container. */
export const MOUNTING: Missing = (() => {
  const folder = mkdtempSync(join(tmpdir(), 'station-mount-'));
  try {
    mount(1, '', folder);
    execFileSync('umount', ['-l', folder]);
    return null;
  } catch {
    return 'needs the right to mount a file system';
  } finally {
    rmSync(folder, { recursive: true });
  }
})();

/** A file system of `megabytes`, for one test. */
export function mountSmallDisk(megabytes: number, flags = ''): string {
  const folder = makeHome();
  mount(megabytes, flags, folder);
  onTestFinished(() => {
    execFileSync('umount', ['-l', folder]);
  });
  return folder;
}

function mount(megabytes: number, flags: string, folder: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m${flags}`, 'none', folder], {
    stdio: 'ignore',
  });
}

/** Takes all the room that is left; removing the file whose name is given back gives it free again. */
export function fillDisk(disk: string): string {
  const { bavail, bsize } = statfsSync(disk);
  const ballast = join(disk, 'ballast');
  writeFileSync(ballast, Buffer.alloc(bavail * bsize));
  return ballast;
}
