/** A station that is stopped in the middle: by Ctrl-C, which takes back or finishes, or by kill -9, which can do neither. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fault, MenderServer } from '../../src/rehearsal/server/index.ts';
import { startBoards, type Bench, type Board, type BoardSpec } from './board.ts';
import { BOARD_PASSWORD, Station, startServer, type Provisioned } from './station.ts';
import {
  acceptedKeys,
  boardKey,
  bootstrap,
  deviceOf,
  firstKey,
  keyFileIsWhole,
  leftovers,
  secretsIn,
  shellsLeft,
} from './witness.ts';

interface Case {
  /** The step in which it is stopped. */
  readonly step: 'connect' | 'stage' | 'submit' | 'accept' | 'switch' | 'prove';
  readonly spec: BoardSpec;
  readonly key?: string;
  /** What the server does meanwhile, for the step to be long enough. */
  readonly fault?: Fault['act'];
}

const SLOW = { kind: 'latency', ms: 3000 } as const;

/** Where Ctrl-C comes before the switch, all is taken back; after it, the job is finished. */
const INTERRUPTED: readonly (Case & { readonly ends: 'stopped' | 'pass' })[] = [
  { step: 'connect', ends: 'stopped', spec: { shell: 'bash' } },
  { step: 'stage', ends: 'stopped', spec: { shell: 'dash' }, key: 'board:rsa4096' },
  { step: 'submit', ends: 'stopped', spec: { shell: 'ash', openssl: false }, fault: SLOW },
  { step: 'accept', ends: 'stopped', spec: { client: 'mender-5-double' }, fault: SLOW },
  { step: 'accept', ends: 'stopped', spec: { user: 'sudo' }, fault: { kind: 'hang', when: 'after' } },
  { step: 'switch', ends: 'pass', spec: { client: 'mender-5-double', shell: 'ash' } },
  { step: 'prove', ends: 'pass', spec: { shell: 'bash', daemon: false } },
];
const KILLED: readonly Case[] = [
  { step: 'stage', spec: { shell: 'bash' } },
  { step: 'accept', spec: { shell: 'ash', openssl: false }, fault: SLOW },
  { step: 'switch', spec: { shell: 'dash' } },
  { step: 'prove', spec: { client: 'mender-5-double', user: 'sudo' } },
];
const PLACES = { submit: 'auth-request', accept: 'accept' } as const;

let bench: Bench;
/** The server of the cases in which it has no fault, and a station that is logged in there. */
let common: MenderServer;
let station: Station;
const servers: MenderServer[] = [];
const interruptedBoard = (at: number): Board => bench.boards[at]!;
const killedBoard = (at: number): Board => bench.boards[INTERRUPTED.length + at]!;
const former = new Map<Board, string | null>();

beforeAll(async () => {
  bench = await startBoards(
    [...INTERRUPTED, ...KILLED].map(({ spec }) => ({ password: BOARD_PASSWORD, ...spec })),
  );
  common = await startServer({ tls: true });
  servers.push(common);
  station = await Station.loggedIn(common);
  await Promise.all(bench.boards.filter(({ spec }) => spec.daemon !== false).map(firstKey));
  for (const board of bench.boards) former.set(board, await boardKey(board));
});
afterAll(async () => {
  await Promise.all([bench.close(), ...servers.map((server) => server.close())]);
  await station[Symbol.asyncDispose]();
});

/** A server and a station of a case's own, since a fault of a server is everybody's who uses it. */
async function place({
  step,
  fault,
}: Case): Promise<{ readonly server: MenderServer; readonly own: Station }> {
  const own = await station.twin();
  if (fault === undefined) return { server: common, own };
  const server = await startServer({ tls: true });
  servers.push(server);
  await own.addServer(server);
  await own.logIn();
  if (step === 'submit' || step === 'accept') server.faults.add({ on: PLACES[step], times: 1, act: fault });
  return { server, own };
}

/** Provisions a board and sends the command a signal as soon as it has begun a step; ends with it and the time since. */
async function stoppedIn(
  own: Station,
  board: Board,
  { step, key }: Case,
  signal: 'SIGINT' | 'SIGKILL',
): Promise<{ readonly said: Provisioned; readonly sinceMs: number }> {
  const sent: number[] = [];
  const said = await own.provision([board], key === undefined ? [] : ['--key', key], {
    onLine: (line, kill) => {
      if (sent.length > 0 || !line.includes(`"step":"${step}","state":"running"`)) return;
      sent.push(performance.now());
      kill(signal);
    },
  });
  const [at] = sent;
  if (at === undefined) throw new Error(`it never came to the step ${step}: ${said.stdout.slice(-600)}`);
  return { said, sinceMs: Math.round(performance.now() - at) };
}

async function expectProvisioned(server: MenderServer, board: Board, key: string | null): Promise<void> {
  expect(await bootstrap(board)).toMatchObject({ authorized: true });
  expect(await boardKey(board)).toBe(key);
  expect(acceptedKeys(server, board)).toEqual([key]);
  expect(deviceOf(server, board)?.sets).toHaveLength(1);
  expect(await leftovers(board)).toEqual([]);
  expect(await shellsLeft(board)).toEqual([]);
}

describe('Ctrl-C', () => {
  it.concurrent.each(
    INTERRUPTED.map((each, at) => ({ ...each, at, meanwhile: each.fault?.kind ?? 'as usual' })),
  )(
    'in the step $step (server: $meanwhile) ends within ten seconds: $ends',
    async ({ at, ends, ...each }) => {
      const board = interruptedBoard(at);
      const { server, own } = await place(each);
      await using _own = own;
      const { said, sinceMs } = await stoppedIn(own, board, each, 'SIGINT');
      expect(said.status).toBe(130);
      expect(sinceMs).toBeLessThan(10_000);
      expect(said.job.verdict).toBe(ends);
      if (ends === 'pass') {
        expect(said.job.error).toBeNull();
        await expectProvisioned(server, board, said.job.keyFingerprint);
      } else {
        expect(said.job.error?.code).toBe('job/cancelled');
        expect(await boardKey(board)).toBe(former.get(board));
        expect(await leftovers(board)).toEqual([]);
        expect(await shellsLeft(board)).toEqual([]);
        // Only the client itself may have knocked; nothing that this job brought is left.
        expect(deviceOf(server, board)?.sets ?? []).toEqual([]);
        const running = await board.run('/etc/init.d/mender-client status');
        expect(running.status).toBe(0);
      }
      expect(await secretsIn(own, [board])).toEqual([]);
    },
  );
});

describe('kill -9', () => {
  it.concurrent.each(KILLED.map((each, at) => ({ ...each, at })))(
    'in the step $step leaves a board with a whole key, and the same call again ends well',
    async ({ at, ...each }) => {
      const board = killedBoard(at);
      const { server, own } = await place(each);
      await using _own = own;
      const { said } = await stoppedIn(own, board, each, 'SIGKILL');
      expect(said.status).toBeNull();
      expect(await keyFileIsWhole(board)).toBe(true);
      expect(acceptedKeys(server, board).length).toBeLessThanOrEqual(1);

      const again = await own.provision([board]);
      expect(again.job.error).toBeNull();
      expect(again.job.verdict).toMatch(/^(pass|already)$/);
      expect(again.status).toBe(0);
      await expectProvisioned(server, board, again.job.keyFingerprint);
      expect(await secretsIn(own, [board])).toEqual([]);
    },
  );
});
