/** A station process that is killed in the middle of a job, and what finishes it: on another port, by identity. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import type { ProvisionReport } from '../../../src/contract.ts';
import { readJournal } from '../../../src/journal/index.ts';
import { systemClock } from '../../../src/model/clock.ts';
import type { ErrorReport, StepName } from '../../../src/model/job.ts';
import type { InterruptedJob } from '../../../src/model/rekey.ts';
import { createSimulatedBoard, type SimulatedBoard } from '../../../src/rehearsal/board/index.ts';
import { DEFAULT_ADMIN, startMenderServer, type MenderServer } from '../../../src/rehearsal/server/index.ts';
import { Settings } from '../../../src/settings/index.ts';
import { makePorts, plugIn } from './board-on-pty.ts';
import { makeHome, station } from './command.ts';

const CLI = new URL('../../../src/cli/cli.ts', import.meta.url).pathname;
const PASSWORD = 'board';

interface World {
  readonly home: string;
  /** The folder of its ports. */
  readonly ports: string;
  readonly server: MenderServer;
  readonly board: SimulatedBoard;
}

async function world(): Promise<World> {
  const home = makeHome();
  const server = await startMenderServer();
  onTestFinished(() => server.close());
  const board = createSimulatedBoard({
    mac: '52:54:00:ab:00:01',
    console: { loginDelay: 0 },
    client: { key: { kind: 'present', type: 'ed25519' }, conf: {} },
  });
  onTestFinished(() => board[Symbol.asyncDispose]());
  for (const args of [
    ['server', 'add', 'bench', '--url', server.url],
    ['server', 'login', 'bench', '--user', DEFAULT_ADMIN.email, '--password-stdin'],
  ])
    expect(await station([...args, '--home', home], { stdin: `${DEFAULT_ADMIN.password}\n` })).toMatchObject({
      status: 0,
    });
  const ports = makePorts();
  new Settings(home).setPortLinks(ports);
  return { home, ports, server, board };
}

/** Runs `provision`, or another such command, as a process and kills it as soon as it is in a step. */
async function killedIn(
  step: StepName,
  { home }: World,
  port: string,
  command: readonly string[] = ['provision'],
): Promise<void> {
  const args = [...command, '--server', 'bench', '--port', port, '--json=lines', '--home', home];
  const child = spawn(process.execPath, [CLI, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], STATION_BOARD_PASSWORD: PASSWORD },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  createInterface(child.stdout).on('line', (line) => {
    if (line.includes(`"step":"${step}","state":"running"`)) child.kill('SIGKILL');
  });
  expect(await ended).toEqual([null, 'SIGKILL']);
}

/** Runs a command in this process; what it prints is `value`. */
async function call(args: readonly string[], { home }: World): Promise<Called> {
  const { status, out, err } = await station([...args, '--json', '--home', home], {
    env: { STATION_BOARD_PASSWORD: PASSWORD },
  });
  expect(out, err).not.toBe('');
  return { status, value: JSON.parse(out) as Value };
}

type Report = ProvisionReport & { readonly waiting: readonly InterruptedJob[] };
/** What the commands of this file print: a report, a list of interrupted jobs, or an error. */
type Value = Report & readonly InterruptedJob[] & { readonly error?: ErrorReport };
interface Called {
  readonly status: number;
  readonly value: Value;
}

test.each([
  { step: 'stage', safe: true, left: /nothing was sent/, ends: 'pass' },
  { step: 'accept', safe: false, left: /may be refused until this is finished/, ends: 'pass' },
  { step: 'switch', safe: false, left: /old or its new key, whole/, ends: 'pass' },
  { step: 'prove', safe: true, left: /The new key is in use/, ends: 'already' },
] as const)(
  'killed in the step $step, a job is listed with what it left, and finished on another port',
  async ({ step, safe, left, ends }) => {
    const place = await world();
    const port = await plugIn(place.board, place.ports, 'left');
    await killedIn(step, place, port);

    // Nobody has opened the home since: the list reads the record as the killed process left it.
    const before = await call(['resume', '--list'], place);
    expect(before.value).toMatchObject([
      {
        flow: 'provision',
        port,
        identity: { mac: '52:54:00:ab:00:01' },
        server: 'bench',
        safe,
        state: 'interrupted',
      },
    ]);
    expect(before.value[0]?.left).toMatch(left);
    const job = before.value[0]?.job ?? '';

    place.board.unplug();
    const other = await plugIn(place.board, place.ports, 'right');
    const { status, value: done } = await call(['resume'], place);
    expect(done).toMatchObject({ jobs: [{ verdict: ends, port: other, error: null }], waiting: [] });
    expect(status).toBe(0);

    expect((await call(['resume', '--list'], place)).value).toEqual([]);
    const [device, ...others] = place.server.inspect();
    expect(others).toEqual([]);
    expect(device?.sets.map(({ status }) => status)).toEqual(['accepted']);
    using journal = readJournal(join(place.home, 'journal.db'), {
      stationId: 'ST-TEST',
      clock: systemClock,
      holder: { program: 'test' },
    });
    expect(journal.list().map(({ verdict, error }) => [verdict, error?.code ?? null])).toEqual([
      [ends, null],
      ['fail', 'job/interrupted'],
    ]);
    expect(journal.record(job)?.error?.unchanged).toBe(before.value[0]?.left);
    expect(journal.events(done.jobs[0]?.job ?? '')[0]?.event).toMatchObject({
      kind: 'job-started',
      resumes: job,
    });
    expect(journal.checkProjections()).toBeNull();
  },
  60_000,
);

test('a job whose board is nowhere waits for it, and is not doubled; a person may dismiss it', async () => {
  const place = await world();
  await killedIn('submit', place, await plugIn(place.board, place.ports, 'left'));
  place.board.unplug();
  const absent = await call(['resume'], place);
  expect(absent).toMatchObject({ status: 1, value: { jobs: [], waiting: [{ safe: true, boardAt: null }] } });
  const job = absent.value.waiting[0]?.job ?? '';
  const named = await call(['resume', job], place);
  expect(named).toMatchObject({ status: 1, value: { error: { code: 'job/board-not-here' } } });
  expect(named.value.error?.message).toContain('52:54:00:ab:00:01');

  expect(await call(['resume', '--dismiss', job], place)).toMatchObject({ status: 0 });
  expect((await call(['resume', '--list'], place)).value).toEqual([]);
  expect(await call(['resume', job], place)).toMatchObject({
    status: 2,
    value: { error: { code: 'job/not-interrupted' } },
  });
}, 60_000);

test('killed when it had switched, a re-key is finished on another port: the old key is refused, tested', async () => {
  const place = await world();
  const port = await plugIn(place.board, place.ports, 'left');
  const first = await call(['provision', '--server', 'bench', '--port', port], place);
  expect(first.value.jobs).toMatchObject([{ verdict: 'pass' }]);
  await killedIn('tidy', place, port, ['rekey', '--reason', 'returned']);
  const before = await call(['resume', '--list'], place);
  expect(before.value).toMatchObject([{ flow: 'rekey', state: 'interrupted', safe: true }]);
  expect(before.value[0]?.left).toMatch(/new key is in use.*old key may still be accepted/);

  place.board.unplug();
  const other = await plugIn(place.board, place.ports, 'right');
  const { status, value } = await call(['resume'], place);
  expect(value).toMatchObject({
    jobs: [{ verdict: 'pass', port: other, oldKey: 'refused-tested', error: null }],
    waiting: [],
  });
  expect(status).toBe(0);
  // The key that was staged before the kill is the one in use: none was made twice.
  expect(value.jobs[0]?.keyFingerprint).not.toBe(first.value.jobs[0]?.keyFingerprint);
  expect(place.server.inspect().map(({ sets }) => sets.map((set) => set.status))).toEqual([['accepted']]);
  using journal = readJournal(join(place.home, 'journal.db'), {
    stationId: 'ST-TEST',
    clock: systemClock,
    holder: { program: 'test' },
  });
  expect(
    journal.events(before.value[0]?.job ?? '').filter(({ event }) => event.kind === 'key-staged'),
  ).toMatchObject([{ event: { fingerprint: value.jobs[0]?.keyFingerprint } }]);
}, 90_000);
