import { mkdtemp, rm, symlink, unlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { PortEntry } from '../../../src/serial/list.ts';
import { watchPorts } from '../../../src/serial/watch.ts';

/** Watches, and gives the next list that fits. */
function watching(options: Parameters<typeof watchPorts>[1]) {
  const lists: (readonly string[])[] = [];
  let told = Promise.withResolvers<undefined>();
  const watch = watchPorts((ports) => {
    lists.push(ports.map((port) => port.slot));
    told.resolve(undefined);
    told = Promise.withResolvers();
  }, options);
  return {
    [Symbol.dispose]: () => watch[Symbol.dispose](),
    lists,
    until: async (wanted: readonly string[]) => {
      while (JSON.stringify(lists.at(-1)) !== JSON.stringify(wanted)) await told.promise;
    },
  };
}

test.each([
  ['at once by notice', 60_000],
  ['by comparing where there is no notice', 30],
])('a link that comes and goes is told %s', async (_, intervalMs) => {
  const root = await mkdtemp(path.join(os.tmpdir(), 'watch-'));
  try {
    using watch = watching({ root, links: root, platform: 'linux', intervalMs });
    await watch.until([]);
    await symlink('/dev/null', path.join(root, 'slot-1'));
    await watch.until(['slot-1']);
    await unlink(path.join(root, 'slot-1'));
    await watch.until([]);
    expect(watch.lists).toEqual([[], ['slot-1'], []]);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});

test('a list that fails is told, and watching goes on', async () => {
  let turn = 0;
  const failures: unknown[] = [];
  const port = { slot: 'a' } as PortEntry;
  using watch = watching({
    root: '/nonexistent',
    platform: 'linux',
    intervalMs: 5,
    failed: (error) => failures.push(error),
    list: () => (++turn === 1 ? Promise.reject(new Error('EIO')) : Promise.resolve([port])),
  });
  await watch.until(['a']);
  expect(failures).toHaveLength(1);
});
