/** A batch at a server by the command: what its options lead to, what it prints, and how it exits. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { DEFAULT_ADMIN, startMenderServer, type ServerOptions } from '../../../src/rehearsal/server/index.ts';
import { createMenderServer } from '../../../src/servers/mender/index.ts';
import { ADMIN, knock, never, newKey as newPair } from '../servers/mender/bench.ts';
import { profileOf } from '../servers/peers.ts';
import { mac, newKey, write } from '../station/batches/files.ts';
import { makeHome, station, type Ended } from './command.ts';

const NAME = 'Order 4711';
const AT = ['--server', 'bench'] as const;

async function place(options: ServerOptions = {}) {
  const server = await startMenderServer({ decommissionMs: 10, ...options });
  onTestFinished(() => server.close());
  const home = makeHome();
  const printed = { text: '' };
  const run = (...args: readonly string[]): Promise<Ended> =>
    station([...args, '--home', home], {
      env: { STATION_PASSWORD: DEFAULT_ADMIN.password },
      onOutput: (text) => (printed.text = text),
    });
  const other = createMenderServer(profileOf(server.url));
  onTestFinished(() => other[Symbol.asyncDispose]());
  await other.login(ADMIN, never);
  await run('server', 'add', 'bench', '--url', server.url);
  const login = ['server', 'login', 'bench', '--user', DEFAULT_ADMIN.email] as const;
  /** Takes a device away at the server; its id. */
  const remove = async (n: number): Promise<string> => {
    const device = server.inspect().find(({ identity }) => identity['mac'] === mac(n));
    await other.decommission(device?.id ?? '', never);
    server.finishDecommissions();
    return device?.id ?? '';
  };
  return { server, home, run, printed, other, login, remove };
}

const lines = ({ out }: Ended): readonly Record<string, unknown>[] =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const list = (rows: number): string =>
  write(['mac,pubkey', ...Array.from({ length: rows }, (_, n) => `${mac(n)},${newKey().base64}`)]);

test('an account is tried without a login that is kept; one is kept for the calls that come', async () => {
  const { server, home, run, login } = await place({ tenant: { token: 'canary-organization' } });
  const before = server.requests.count({ step: 'logout' });
  const tried = await run(...login, '--no-keep');
  expect(tried).toMatchObject({ status: 0 });
  expect(tried.out).toMatch(/^Logged in at bench as admin@bench\.local.*\n.*no login is kept/);
  expect(server.requests.count({ step: 'logout' })).toBe(before + 1);
  expect(await run('reconcile', ...AT)).toMatchObject({ status: 3 });
  expect(await run(...login)).toMatchObject({ status: 0 });
  // The one that was kept is not left at the server, nor on the disk.
  expect(JSON.parse((await run(...login, '--no-keep', '--json')).out)).toMatchObject({ session: null });
  expect(await run('reconcile', ...AT)).toMatchObject({ status: 3 });
  await run(...login);

  const read = await run('server', 'tenant-token', 'bench', '--read');
  expect(read).toMatchObject({ status: 0, out: 'Read from the server and stored.\n' });
  expect(await run('server', 'tenant-token', 'bench', '--read', '--remove')).toMatchObject({ status: 2 });
  expect(JSON.parse((await run('server', 'list', '--json')).out)).toMatchObject([{ hasTenantToken: true }]);
  expect(readFileSync(join(home, 'settings.json'), 'utf8')).not.toContain('canary');
}, 60_000);

test('rows are sent, tried again, forced, and taken back, each by its option', async () => {
  const { server, run, other, login } = await place();
  await run(...login);
  await knock(other, { mac: mac(1) }, newPair());
  server.setLimit(2);
  const told = lines(await run('batch', 'import', list(3), '--name', NAME, '--json=lines'));
  expect(told).toContainEqual(expect.objectContaining({ type: 'batch-progress' }));
  expect(told.at(-1)).toMatchObject({ type: 'result', result: { stored: 'stored' } });

  const send = (...args: readonly string[]): Promise<Ended> =>
    run('batch', 'preauthorize', NAME, ...AT, ...args);
  expect(await send()).toMatchObject({
    status: 1,
    err: expect.stringContaining('batch/over-limit') as string,
  });
  expect(server.inspect()).toHaveLength(1);
  const sent = await send('--ignore-limit', '--json');
  expect(sent.status).toBe(1);
  expect(JSON.parse(sent.out)).toMatchObject({ counts: { created: 2, conflict: 1 } });
  expect(await send('--retry')).toMatchObject({ status: 1 });
  const forced = await send('--retry', '--force-rekey', '--json');
  expect([forced.status, forced.err]).toEqual([0, expect.any(String)]);
  expect(JSON.parse(forced.out)).toMatchObject({ counts: { conflict: 0 } });

  const back = (...args: readonly string[]): Promise<Ended> =>
    run('batch', 'take-back', NAME, ...AT, ...args);
  const dry = await back('--dry-run', '--json');
  expect(JSON.parse(dry.out)).toMatchObject({ dryRun: true, counts: { removed: 2 } });
  expect(server.inspect()).toHaveLength(3);
  // What the batch did not make stays, and is told.
  const taken = await back();
  expect(taken.out).toContain('2 removed; 1 are in use or changed, and stay');
  expect([dry.status, taken.status]).toEqual([1, 1]);
  expect(server.inspect().map(({ identity }) => identity['mac'])).toEqual([mac(1)]);
  expect(await run('batch', 'take-back', NAME, '--server', 'elsewhere')).toMatchObject({ status: 2 });
}, 60_000);

test('a server is compared: each difference is a line when it is found, exits 1, and is mended by its name', async () => {
  const { server, run, printed, login, remove } = await place();
  await run(...login);
  await run('batch', 'import', list(3), '--name', NAME);
  await run('batch', 'preauthorize', NAME, ...AT);
  const compare = (...args: readonly string[]): Promise<Ended> => run('reconcile', ...AT, ...args);
  const same = await compare('--batch', NAME);
  expect([same.status, same.out]).toEqual([0, expect.stringContaining('Nothing differs.')]);

  await remove(0);
  const found = await compare('--batch', NAME, '--json=lines');
  expect(found.status).toBe(1);
  expect(lines(found)).toMatchObject([
    { type: 'finding', kind: 'missing', line: 2, fixed: null },
    { type: 'result', result: { counts: { missing: 1 } } },
  ]);
  expect((await compare()).out).toContain('missing 1');
  const text = await compare('--batch', NAME);
  expect(text.out).toContain(`Mend: station reconcile --server bench --batch "${NAME}" --fix missing`);
  expect(await compare('--batch', NAME, '--fix', 'all')).toMatchObject({ status: 2 });
  expect(await compare('--batch', 'Order 1')).toMatchObject({ status: 2 });
  expect(server.inspect()).toHaveLength(2);

  const second = await remove(2);
  const whenSecondIsLookedFor: string[] = [];
  const handle = server.core.handle.bind(server.core);
  server.core.handle = (request) => {
    if (request.target.endsWith(second)) whenSecondIsLookedFor.push(printed.text);
    return handle(request);
  };
  printed.text = '';
  const mended = await compare('--batch', NAME, '--fix', 'missing', '--json=lines');
  expect(mended.status).toBe(0);
  expect(lines(mended).slice(0, 2)).toMatchObject([2, 4].map((line) => ({ line, fixed: true })));
  expect(whenSecondIsLookedFor[0]).toMatch(/^\{"type":"finding".*"line":2/);
  expect(await run('batch', 'preauthorize', NAME, ...AT)).toMatchObject({ status: 0 });
  expect(server.inspect()).toHaveLength(3);
  expect((await compare('--batch', NAME)).status).toBe(0);
  const taken = await run('batch', 'take-back', NAME, ...AT);
  expect([taken.status, taken.out]).toEqual([0, expect.stringContaining('3 removed')]);
}, 60_000);
