/** Boards of every kind at once, each provisioned by the command over its tty; then their own clients have the last word. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MenderServer } from '../../src/rehearsal/server/index.ts';
import type { JobResult } from '../../src/model/job.ts';
import { startBoards, type Bench, type Board, type BoardSpec } from './board.ts';
import { BOARD_PASSWORD, Station, startServer } from './station.ts';
import {
  acceptedKeys,
  boardKey,
  bootstrap,
  deviceOf,
  firstKey,
  leftovers,
  secretsIn,
  shellsLeft,
} from './witness.ts';

const password = BOARD_PASSWORD;
const TODAY: readonly BoardSpec[] = [
  { shell: 'bash' },
  { shell: 'dash', daemon: false },
  { shell: 'ash' },
  { shell: 'ash', openssl: false },
  { shell: 'bash', client: 'mender-5-double' },
  { shell: 'dash', client: 'mender-5-double', daemon: false },
  { shell: 'bash', conf: 'none', openssl: false, daemon: false },
  { shell: 'bash', user: 'sudo' },
  { shell: 'dash', user: 'sudo', openssl: false },
  { shell: 'ash', user: 'sudo', client: 'mender-5-double' },
];
const OF_2023: readonly BoardSpec[] = [
  { shell: 'bash', daemon: false },
  { shell: 'ash', openssl: false },
  { shell: 'dash', client: 'mender-5-double' },
  { shell: 'dash', user: 'sudo' },
];

describe.each([
  { mode: '2026', tls: true, specs: TODAY },
  { mode: '2023', tls: false, specs: OF_2023 },
] as const)('$specs.length boards at once and a server of $mode (https: $tls)', ({ mode, tls, specs }) => {
  let bench: Bench;
  let server: MenderServer;
  let roots: Station;
  let users: Station;
  const results = new Map<Board, JobResult>();
  const boardsOf = (user: 'root' | 'tech') => bench.boards.filter(({ login }) => login.user === user);

  beforeAll(async () => {
    [bench, server] = await Promise.all([
      startBoards(specs.map((spec) => ({ password, ...spec }))),
      startServer({ mode, tls }),
    ]);
    const withDaemon = bench.boards.filter(({ spec }) => spec.daemon !== false);
    [roots, users] = await Promise.all([
      Station.loggedIn(server),
      Station.loggedIn(server),
      ...withDaemon.map(firstKey),
    ]);
  });
  afterAll(async () => {
    await Promise.all([bench.close(), server.close()]);
    await roots[Symbol.asyncDispose]();
    await users[Symbol.asyncDispose]();
  });

  it('pass, over real ttys, from two stations side by side', async () => {
    // One station has the password in its key store, the other is given it by the environment.
    await roots.must(['credential', 'set', 'board', '--password-stdin'], { input: `${password}\n` });
    const [ofRoots, ofUsers] = await Promise.all([
      roots.provision(boardsOf('root'), [], { env: { STATION_BOARD_PASSWORD: '' } }),
      users.provision(boardsOf('tech')),
    ]);
    for (const job of [...ofRoots.jobs, ...ofUsers.jobs]) {
      const board = bench.boards.find(({ port }) => port === job.port)!;
      results.set(board, job);
      expect(job, board.name).toMatchObject({
        verdict: 'pass',
        error: null,
        identity: { mac: board.mac },
        keyType: 'ed25519',
        keyOrigin: board.spec.openssl === false ? 'station' : 'board',
        proof: 'board-client',
      });
    }
    expect([ofRoots.status, ofUsers.status]).toEqual([0, 0]);
    expect(results.size).toBe(specs.length);
  });

  it('hold the key that the command, the record and the server name, and that one alone', async () => {
    const records = [...(await roots.journal()), ...(await users.journal())];
    await Promise.all(
      bench.boards.map(async (board) => {
        const job = results.get(board)!;
        expect(await boardKey(board), board.name).toBe(job.keyFingerprint);
        expect(acceptedKeys(server, board), board.name).toEqual([job.keyFingerprint]);
        expect(deviceOf(server, board)?.sets, board.name).toHaveLength(1);
        expect(records.find((record) => record.job === job.job)).toMatchObject({
          verdict: 'pass',
          keyFingerprint: job.keyFingerprint,
          deviceId: deviceOf(server, board)?.id,
        });
      }),
    );
  });

  it('are authorized by their own clients with that key', async () => {
    const said = await Promise.all(bench.boards.map(bootstrap));
    for (const [index, board] of bench.boards.entries()) {
      expect(said[index], board.name).toMatchObject({ authorized: true });
      expect(await boardKey(board), board.name).toBe(results.get(board)!.keyFingerprint);
      expect(acceptedKeys(server, board), board.name).toEqual([results.get(board)!.keyFingerprint]);
    }
  });

  it('are left logged out, with nothing staged and the client running where it ran', async () => {
    await Promise.all(
      bench.boards.map(async (board) => {
        expect(await shellsLeft(board), board.name).toEqual([]);
        expect(await leftovers(board), board.name).toEqual([]);
        const mode = (await board.run('stat -c %a /var/lib/mender/mender-agent.pem')).stdout;
        expect(mode, board.name).toBe('600\n');
        if (board.spec.daemon === false) return;
        const running = await board.run('/etc/init.d/mender-client status');
        expect(running.status, board.name).toBe(0);
      }),
    );
  });

  it('are found done by a second run, which changes nothing', async () => {
    const before = server.inspect();
    const said = await Promise.all([roots.provision(boardsOf('root')), users.provision(boardsOf('tech'))]);
    expect(said.map(({ error }) => error)).toEqual([null, null]);
    const jobs = said.flatMap(({ jobs: all }) => all);
    expect(jobs.map(({ verdict, error }) => ({ verdict, error }))).toEqual(
      specs.map(() => ({ verdict: 'already', error: null })),
    );
    for (const board of bench.boards) {
      const job = jobs.find(({ port }) => port === board.port)!;
      expect(job.keyFingerprint).toBe(results.get(board)!.keyFingerprint);
      expect(await boardKey(board)).toBe(job.keyFingerprint);
    }
    expect(server.inspect().map(({ sets }) => sets.map(({ id }) => id))).toEqual(
      before.map(({ sets }) => sets.map(({ id }) => id)),
    );
  });

  it('leave no secret in any home, on stdout or on stderr', async () => {
    expect(await secretsIn(roots, boardsOf('root'))).toEqual([]);
    expect(await secretsIn(users, boardsOf('tech'))).toEqual([]);
  });
});
