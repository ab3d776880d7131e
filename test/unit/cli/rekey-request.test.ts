/** The files of a re-key that is approved elsewhere, as the commands of both stations write and read them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createSimulatedBoard } from '../../../src/rehearsal/board/index.ts';
import { DEFAULT_ADMIN, startMenderServer } from '../../../src/rehearsal/server/index.ts';
import { makePorts, plugIn } from './board-on-pty.ts';
import { makeHome, station, type Ended } from './command.ts';

const ENV = { STATION_BOARD_PASSWORD: 'board' };

test('approver, request, approve, finish and tidy up, by files alone', async () => {
  const server = await startMenderServer();
  onTestFinished(() => server.close());
  const board = createSimulatedBoard({
    mac: '52:54:00:ab:00:07',
    console: { loginDelay: 0 },
    client: { key: { kind: 'present', type: 'ed25519' }, conf: {} },
  });
  onTestFinished(() => board[Symbol.asyncDispose]());
  const [admin, laptop, files] = [makeHome(), makeHome(), makeHome()];
  const port = await plugIn(board, makePorts(), 'unit');
  const run = async (home: string, ...args: readonly string[]): Promise<Ended> =>
    station([...args, '--home', home], { stdin: `${DEFAULT_ADMIN.password}\n`, env: { ...ENV } });
  const must = async (home: string, ...args: readonly string[]): Promise<string> => {
    const ended = await run(home, ...args);
    expect(ended.status, `${args.join(' ')}: ${ended.out}${ended.err}`).toBe(0);
    return ended.out;
  };
  const file = (name: string): string => join(files, name);
  for (const home of [admin, laptop]) await must(home, 'server', 'add', 'plant', '--url', server.url);
  const login = ['server', 'login', 'plant', '--user', DEFAULT_ADMIN.email, '--password-stdin'];
  await must(admin, ...login);
  await must(admin, 'provision', '--server', 'plant', '--port', port);

  const unit = ['--server', 'plant', '--port', port, '--reason'];
  expect(await run(laptop, 'rekey', 'request', ...unit, 'returned', '--out', file('r'))).toMatchObject({
    status: 1,
    err: expect.stringContaining('request/no-approver') as string,
  });
  await must(admin, 'rekey', 'approver', '--out', file('approver.json'));
  await must(laptop, 'rekey', 'approver', 'add', file('approver.json'));
  expect(await must(laptop, 'rekey', 'approver', 'list')).toMatch(/ST-[0-9A-Z]{10} +sha256:/);

  const asked = await must(
    laptop,
    'rekey',
    'request',
    ...unit,
    'fell off a truck',
    '--out',
    file('request.json'),
  );
  expect(asked).toContain('the old one active, nothing was sent');
  expect(await must(laptop, 'resume', '--list')).toContain('An admin elsewhere was asked');

  const approve = ['rekey', 'approve', file('request.json'), '--server', 'plant'];
  // Without a terminal nobody can say yes, and nothing is changed.
  const unasked = await run(admin, ...approve, '--out', file('approval.json'));
  expect(unasked).toMatchObject({ status: 2 });
  expect(unasked.err).toContain('other: fell off a truck');
  expect(server.inspect()[0]?.sets).toHaveLength(1);
  expect((await run(admin, ...approve, '--yes')).err).toContain('--out FILE');
  expect((await run(admin, ...approve, '--yes', '--tidy')).err).toContain('nothing to tidy');
  const approved = await must(admin, ...approve, '--out', file('approval.json'), '--yes', '--json');
  expect(JSON.parse(approved)).toMatchObject({ how: 'preauthorized', tidied: false });

  const text = readFileSync(file('approval.json'), 'utf8');
  writeFileSync(file('forged.json'), text.replace('preauthorized', 'accepted'));
  expect((await run(laptop, 'rekey', 'finish', file('forged.json'))).err).toContain('request/altered');
  const done = JSON.parse(await must(laptop, 'rekey', 'finish', file('approval.json'), '--json')) as unknown;
  expect(done).toMatchObject({
    jobs: [{ verdict: 'pass', oldKey: 'refused-tested', proof: 'board-client' }],
  });

  await must(admin, ...approve, '--yes', '--tidy');
  expect(server.inspect().map(({ sets }) => sets.map(({ status }) => status))).toEqual([['accepted']]);
  expect(await must(laptop, 'resume', '--list')).toContain('Nothing was interrupted.');
  for (const home of [admin, laptop]) expect((await run(home, 'journal', 'verify')).status).toBe(0);
}, 120_000);

test('rekey still asks for what it needs', async () => {
  const { status, err } = await station(['rekey', '--home', makeHome()]);
  expect([status, err]).toEqual([2, expect.stringContaining('--server, --port and --reason')]);
});
