import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { howToMayOpen } from '../../../src/serial/index.ts';
import { named, ROOT_ON_LINUX } from '../../needs.ts';

/** A file as a port is: with a group, and rights for it. */
function port(gid: number, mode: number): { path: string; groups: string } {
  const folder = mkdtempSync(join(tmpdir(), 'station-rights-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'ttyUSB0');
  writeFileSync(path, '');
  chownSync(path, 0, gid);
  chmodSync(path, mode);
  writeFileSync(join(folder, 'group'), 'root:x:0:\ndialout:x:20:\n');
  return { path, groups: join(folder, 'group') };
}

const asRoot = test.skipIf(ROOT_ON_LINUX !== null);

asRoot(named('the group that may open a port is offered', ROOT_ON_LINUX), async () => {
  const { path, groups } = port(20, 0o660);
  expect(await howToMayOpen(path, groups)).toContain('sudo usermod -aG dialout');
});

asRoot(
  named('nobody is told to join the group of root, or one that may not open the port', ROOT_ON_LINUX),
  async () => {
    for (const [gid, mode] of [
      [0, 0o660],
      [20, 0o600],
    ] as const) {
      const { path, groups } = port(gid, mode);
      expect(await howToMayOpen(path, groups)).not.toContain('usermod');
      expect(await howToMayOpen(path, groups)).toContain('udev rule');
    }
  },
);

test('of a port that is gone, the usual group is named', async () => {
  expect(await howToMayOpen('/nowhere/ttyUSB0')).toContain('dialout');
});
