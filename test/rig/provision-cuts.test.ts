/**
 * The cable is pulled in the middle of a provisioning, at random bytes in either direction: the board's key is never half
 * written, and the same call again, with the plug back in, ends well.
 */
import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobResult } from '../../src/model/job.ts';
import type { MenderServer } from '../../src/rehearsal/server/index.ts';
import { startBoards, type Bench, type Board, type BoardSpec } from './board.ts';
import { seeded } from './lane.ts';
import { BOARD_PASSWORD, Station, startServer } from './station.ts';
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

/** Given to repeat a run: RIG_SEED. */
const SEED = Number(process.env['RIG_SEED'] ?? randomInt(1, 2 ** 31));
const password = BOARD_PASSWORD;

/** The first of each kind is provisioned in peace, to know how many bytes there are to cut at. */
const KINDS: readonly BoardSpec[] = [
  { shell: 'bash' },
  { shell: 'ash', openssl: false, client: 'mender-5-double' },
];
const CUTS = 10;

let bench: Bench;
let server: MenderServer;
let station: Station;
const cutAt = new Map<Board, { readonly way: 'toBoard' | 'toStation'; readonly bytes: number }>();
const former = new Map<Board, string | null>();
const first = new Map<Board, JobResult>();
const second = new Map<Board, JobResult>();
const peaceful = () => bench.boards.slice(0, KINDS.length);
const cut = () => bench.boards.slice(KINDS.length);
const named = (board: Board) => `${board.name}, cut ${JSON.stringify(cutAt.get(board))}, seed ${SEED}`;

beforeAll(async () => {
  const specs = Array.from({ length: KINDS.length + CUTS }, (_, at) => ({
    password,
    ...KINDS[at % KINDS.length],
    // Half of them already have a key of their client's own.
    daemon: at % 4 < 2,
  }));
  [bench, server] = await Promise.all([startBoards(specs), startServer({ tls: true })]);
  [station] = await Promise.all([
    Station.loggedIn(server),
    ...bench.boards.filter(({ spec }) => spec.daemon === true).map(firstKey),
  ]);
  for (const board of bench.boards) former.set(board, await boardKey(board));
});
afterAll(async () => {
  await Promise.all([bench.close(), server.close()]);
  await station[Symbol.asyncDispose]();
});

describe(`ten cables pulled at random bytes, seed ${SEED}`, () => {
  it('end the jobs at once, with an error that says what became of the board', async () => {
    const { jobs: whole } = await station.provision(peaceful());
    expect(whole.map(({ verdict }) => verdict)).toEqual(['pass', 'pass']);
    const random = seeded(SEED);
    for (const [at, board] of cut().entries()) {
      const { tx, rx } = whole[at % KINDS.length]!.wire;
      const way = at % 4 < 2 ? 'toBoard' : 'toStation';
      // The last bytes belong to the log-out, whose loss is no fault of the job.
      const bytes = 1 + Math.floor(random() * 0.96 * (way === 'toBoard' ? tx : rx));
      cutAt.set(board, { way, bytes });
      await board.cable.cutAfter(bytes, way);
    }
    console.log(`rig: cuts with seed ${SEED}: ${cut().map(named).join('; ')}`);

    const { jobs, status, ms } = await station.provision(cut());
    for (const job of jobs)
      first.set(
        cut().find(({ port }) => port === job.port)!,
        job,
      );
    expect(status).toBe(1);
    expect(ms).toBeLessThan(60_000);
    for (const board of cut()) {
      const job = first.get(board)!;
      expect(job.error?.code, named(board)).toMatch(/^(port\/lost|board\/switch-unknown)$/);
      expect(job.verdict, named(board)).toBe('fail');
    }
  });

  it('leave each board with a whole key, its former one or the new one, and never more than one accepted', async () => {
    for (const board of cut()) {
      expect(await keyFileIsWhole(board), named(board)).toBe(true);
      const job = first.get(board)!;
      const key = await boardKey(board);
      expect([former.get(board), job.keyFingerprint], named(board)).toContain(key);
      // What the error says of the board is so.
      const kept = /Nothing was changed on the board|key in use on the board is as it was/;
      if (kept.test(job.error?.unchanged ?? '')) expect(key, named(board)).toBe(former.get(board));
      expect(acceptedKeys(server, board).length, named(board)).toBeLessThanOrEqual(1);
    }
  });

  it('end well when the same is run again with the plugs back in', async () => {
    await Promise.all(cut().map((board) => board.cable.plug()));
    const { jobs, status } = await station.provision(cut());
    for (const job of jobs)
      second.set(
        cut().find(({ port }) => port === job.port)!,
        job,
      );
    for (const board of cut()) {
      expect(second.get(board)?.error, named(board)).toBeNull();
      expect(second.get(board)?.verdict, named(board)).toMatch(/^(pass|already)$/);
    }
    expect(status).toBe(0);
  });

  it('have their clients authorized with the one accepted key, and nothing left behind', async () => {
    await Promise.all(
      cut().map(async (board) => {
        const { keyFingerprint } = second.get(board)!;
        expect(await bootstrap(board), named(board)).toMatchObject({ authorized: true });
        expect(await boardKey(board), named(board)).toBe(keyFingerprint);
        expect(acceptedKeys(server, board), named(board)).toEqual([keyFingerprint]);
        expect(deviceOf(server, board)?.sets, named(board)).toHaveLength(1);
        expect(await leftovers(board), named(board)).toEqual([]);
        expect(await shellsLeft(board), named(board)).toEqual([]);
      }),
    );
  });

  it('leave no secret in the home, on stdout or on stderr', async () => {
    expect(await secretsIn(station, bench.boards)).toEqual([]);
  });
});
