/** A board by the command: what its options ask for, on one home. */
import { expect, onTestFinished, test } from 'vitest';
import type { InventoryView } from '../../../src/contract/inventory.ts';
import type { ProvisionReport } from '../../../src/contract.ts';
import { lockHome } from '../../../src/journal/index.ts';
import type { Plan } from '../../../src/model/rekey.ts';
import { createSimulatedBoard } from '../../../src/rehearsal/board/index.ts';
import { DEFAULT_ADMIN, startMenderServer } from '../../../src/rehearsal/server/index.ts';
import { createMenderServer } from '../../../src/servers/mender/index.ts';
import { knock, newKey } from '../servers/mender/bench.ts';
import { profileOf } from '../servers/peers.ts';
import { cell, write } from '../station/batches/files.ts';
import { makePorts, plugIn } from './board-on-pty.ts';
import { makeHome, station, type Ended } from './command.ts';

const MAC = '52:54:00:ab:00:21';
const SECOND = '52:54:00:ab:00:22';

interface Answer<T> {
  readonly status: number;
  readonly value: T;
}

test('dry runs change nothing; name tag, tags and group are set, listed and tried again', async () => {
  const server = await startMenderServer();
  onTestFinished(() => server.close());
  await using board = createSimulatedBoard({
    mac: MAC,
    console: { loginDelay: 0 },
    client: { key: { kind: 'present', type: 'ed25519' }, conf: {} },
  });
  const home = makeHome();
  const run = (...args: readonly string[]): Promise<Ended> =>
    station([...args, '--home', home], {
      env: { STATION_PASSWORD: DEFAULT_ADMIN.password, STATION_BOARD_PASSWORD: 'board' },
    });
  const json = async <T>(...args: readonly string[]): Promise<Answer<T>> => {
    const { status, out, err } = await run(...args, '--json');
    expect(out, err).not.toBe('');
    return { status, value: JSON.parse(out) as T };
  };
  await run('server', 'add', 'bench', '--url', server.url);
  await run('server', 'login', 'bench', '--user', DEFAULT_ADMIN.email);
  const at = ['--server', 'bench', '--port', await plugIn(board, makePorts(), 'one')] as const;

  // A board is read beside a window; what uses a login for it waits for the home.
  {
    using _window = lockHome(home, { program: 'a window' });
    expect((await run('identify', '--port', at[3])).out).toContain(MAC);
    for (const call of [['identify'], ['provision', '--dry-run'], ['provision']])
      expect(await run(...call, ...at), call.join(' ')).toMatchObject({ status: 3 });
  }

  const plan = await json<{ plans: Plan[] }>('provision', ...at, '--dry-run');
  expect(plan).toMatchObject({ status: 0, value: { plans: [{ ends: 'pass', identity: { mac: MAC } }] } });
  const unknown = await json<{ plans: Plan[] }>('rekey', ...at, '--reason', 'returned', '--dry-run');
  expect(unknown).toMatchObject({
    status: 1,
    value: { plans: [{ ends: 'stop', error: { code: 'job/unit-unknown' } }] },
  });
  expect(server.inspect()).toEqual([]);
  expect((await run('journal', 'list')).out).toBe('No records.\n');

  const wish = ['--name-tag', 'gateway {mac:nocolon}', '--tag', 'order=4711', '--group', 'plant-7'] as const;
  expect(await run('provision', ...at, '--tag', 'order')).toMatchObject({ status: 2 });
  server.faults.add({ on: 'group', times: 1, act: { kind: 'status', status: 403 } });
  const done = await json<ProvisionReport>('provision', ...at, ...wish);
  expect(done).toMatchObject({
    status: 0,
    value: { jobs: [{ verdict: 'pass', inventory: { state: 'failed' } }] },
  });
  const failed = await json<InventoryView[]>('inventory', 'list', '--state', 'failed');
  expect(failed).toMatchObject({
    status: 0,
    value: [{ group: 'plant-7', error: { code: 'server/forbidden' } }],
  });
  expect((await run('inventory', 'list')).out).toMatch(/^TIME.*\n.*failed \(.*plant-7 +.*order=4711/);
  expect((await run('inventory', 'list', '--state', 'done')).out).toContain('No name tag');
  expect(await run('inventory', 'list', '--state', 'ready')).toMatchObject({ status: 2 });
  const job = done.value.jobs[0]?.job ?? '';
  expect(await json('inventory', 'retry', job)).toMatchObject({
    status: 0,
    value: { again: 1, counts: { open: 0, done: 1, failed: 0 } },
  });
  expect(server.inspect()).toMatchObject([
    { tags: { name: 'gateway 525400ab0021', order: '4711' }, group: 'plant-7' },
  ]);

  // A preauthorized device is described once it has come, and not before.
  const pair = newKey();
  const list = write(['mac,pubkey,group', `${SECOND},${cell(pair.pem)},plant-8`]);
  await run('batch', 'import', list, '--name', 'keys');
  const apply = ['inventory', 'apply', '--batch', 'keys', '--server', 'bench'] as const;
  expect(await run(...apply)).toMatchObject({ status: 2 });
  await run('batch', 'preauthorize', 'keys', '--server', 'bench');
  expect(await json(...apply)).toMatchObject({ status: 0, value: { wanted: 0, notYet: 1 } });
  await using other = createMenderServer(profileOf(server.url));
  await knock(other, { mac: SECOND }, pair);
  expect(await json(...apply)).toMatchObject({ status: 0, value: { wanted: 1, counts: { done: 1 } } });
  expect(await json('inventory', 'list', '--batch', 'keys')).toMatchObject({ value: [{ group: 'plant-8' }] });
  expect(await run('journal', 'verify')).toMatchObject({ status: 0 });
}, 120_000);
