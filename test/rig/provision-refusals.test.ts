/** What stands in the way: each board, port or server that is not as it should be is named, and nothing is half done. */
import { spawn } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobResult } from '../../src/model/job.ts';
import type { MenderServer } from '../../src/rehearsal/server/index.ts';
import { startBoards, type Bench, type Board, type BoardSpec } from './board.ts';
import { end, run } from './proc.ts';
import { BOARD_PASSWORD, SERVER, Station, startServer, type Provisioned } from './station.ts';
import {
  acceptedKeys,
  boardFiles,
  boardKey,
  bootstrap,
  deviceOf,
  leftovers,
  secretsIn,
  shellsLeft,
} from './witness.ts';

const IDENTITY = '/usr/share/mender/identity/mender-device-identity';
const OPENSSL = '/opt/mender-double/bin/openssl';

interface Defect {
  readonly what: string;
  readonly spec: BoardSpec;
  /** Spoils the board once it runs. */
  readonly spoil?: string;
  readonly code: string;
  readonly verdict: 'fail' | 'stopped';
}

const DEFECTS: readonly Defect[] = [
  {
    what: 'a data directory that is read-only',
    spec: {},
    spoil: 'mount -t tmpfs -o ro tmpfs /data/mender',
    code: 'board/read-only',
    verdict: 'fail',
  },
  {
    what: 'a data directory that is full',
    spec: { shell: 'ash' },
    spoil: 'mount -t tmpfs -o size=64k tmpfs /data/mender; cat /dev/zero > /data/mender/filler',
    code: 'board/disk-full',
    verdict: 'fail',
  },
  {
    what: 'no data directory',
    spec: { shell: 'dash' },
    spoil: 'rm -rf /data/mender',
    code: 'board/data-directory-missing',
    verdict: 'fail',
  },
  {
    what: 'no identity script',
    spec: { setup: `rm ${IDENTITY}` },
    code: 'board/identity-missing',
    verdict: 'fail',
  },
  {
    what: 'an identity script that may not be executed',
    spec: { shell: 'ash', setup: `chmod 644 ${IDENTITY}` },
    code: 'board/identity-not-executable',
    verdict: 'fail',
  },
  {
    what: 'an identity script that fails',
    spec: { identityScript: '#!/bin/sh\necho no card >&2\nexit 3\n' },
    code: 'board/identity-failed',
    verdict: 'fail',
  },
  {
    what: 'an identity script that prints nonsense',
    spec: { shell: 'dash', identityScript: '#!/bin/sh\necho hello world\n' },
    code: 'board/identity-nonsense',
    verdict: 'fail',
  },
  {
    what: 'no client',
    spec: { setup: 'rm /usr/bin/mender' },
    code: 'board/client-missing',
    verdict: 'fail',
  },
  {
    what: 'a configuration that is not JSON',
    spec: { setup: 'echo \'{ "ServerURL": \' > /etc/mender/mender.conf' },
    code: 'board/configuration-unreadable',
    verdict: 'fail',
  },
  {
    what: 'a key behind a passphrase',
    spec: {},
    spoil: `${OPENSSL} genrsa -aes256 -passout pass:canary-phrase 2048 > /data/mender/mender-agent.pem; chmod 600 /data/mender/mender-agent.pem`,
    code: 'board/key-passphrase',
    verdict: 'stopped',
  },
];

const HEALTHY: readonly BoardSpec[] = [
  { setup: 'touch /var/log/btmp' },
  {
    conf: { Security: { AuthPrivateKey: '/data/static.pem' } },
    setup: `${OPENSSL} genrsa -out /data/static.pem 2048`,
  },
  { mac: '52:54:00:aa:aa:aa' },
  { mac: '52:54:00:aa:aa:aa', shell: 'ash' },
  {},
  { shell: 'dash' },
];

let bench: Bench;
let server: MenderServer;
let station: Station;
const defective = () => bench.boards.slice(0, DEFECTS.length);
const healthy = (number: number): Board => bench.boards[DEFECTS.length + number]!;
const before = new Map<Board, string>();

beforeAll(async () => {
  const specs = [...DEFECTS.map(({ spec }) => spec), ...HEALTHY];
  [bench, server] = await Promise.all([
    startBoards(specs.map((spec) => ({ password: BOARD_PASSWORD, daemon: false, ...spec }))),
    startServer({ tls: true }),
  ]);
  station = await Station.loggedIn(server, { 'without-ca': {} });
  await Promise.all(
    DEFECTS.map(async ({ spoil }, at) => {
      const board = defective()[at]!;
      // /data/mender is made by the board's first script: nothing is spoilt before that has run.
      await board.run('while [ ! -d /data/mender ]; do sleep 0.1; done');
      if (spoil !== undefined) await board.run(spoil);
    }),
  );
  for (const board of bench.boards) before.set(board, await boardFiles(board));
});
afterAll(async () => {
  await Promise.all([bench.close(), server.close()]);
  await station[Symbol.asyncDispose]();
});

/** Expects that nothing became of a board: as it was, logged out, unknown to the server. */
async function expectUntouched(board: Board): Promise<void> {
  expect(await boardFiles(board)).toBe(before.get(board));
  expect(await leftovers(board)).toEqual([]);
  expect(await shellsLeft(board)).toEqual([]);
  expect(deviceOf(server, board)).toBeNull();
}

/** Runs a call that must not send a byte to any of these boards. */
async function withoutAByte(
  boards: readonly Board[],
  call: () => Promise<Provisioned>,
): Promise<Provisioned> {
  const count = () => Promise.all(boards.map(async ({ cable }) => (await cable.carried()).toBoard));
  const sent = await count();
  const said = await call();
  expect(await count()).toEqual(sent);
  return said;
}

describe('a board that is not as it should be', () => {
  let said: Provisioned;
  const jobs = new Map<string, JobResult>();

  beforeAll(async () => {
    said = await station.provision(defective());
    for (const job of said.jobs) jobs.set(job.port, job);
  });

  it.each(DEFECTS.map((defect, at) => ({ ...defect, at })))(
    '$what: $code, and it is left as it was',
    async ({ at, code, verdict }) => {
      const board = defective()[at]!;
      const job = jobs.get(board.port)!;
      expect(job.error).toMatchObject({
        code,
        unchanged: expect.stringContaining('Nothing was changed on the board') as string,
      });
      expect(job.error?.remedy).not.toBe('');
      expect(job.error?.message).not.toMatch(/[{}]|undefined|null/);
      expect(job.verdict).toBe(verdict);
      await expectUntouched(board);
    },
  );

  it('makes the exit status 1, and is in the record', async () => {
    expect(said.status).toBe(1);
    const records = await station.journal();
    for (const [at, { verdict }] of DEFECTS.entries())
      expect(records.find(({ job }) => job === said.jobs[at]?.job)?.verdict).toBe(verdict);
  });
});

describe('a login', () => {
  it('with a wrong password is tried once and refused', async () => {
    const board = healthy(0);
    const said = await station.provision([board], [], { env: { STATION_BOARD_PASSWORD: 'canary-wrong' } });
    expect(said).toMatchObject({
      status: 1,
      job: { verdict: 'fail', error: { code: 'board/login-refused' } },
    });
    // login(1) writes a record of 384 bytes for each failure.
    expect((await board.run('stat -c %s /var/log/btmp')).stdout).toBe('384\n');
    await expectUntouched(board);
  });

  it('without any password is not tried', async () => {
    const board = healthy(0);
    const said = await station.provision([board], [], { env: { STATION_BOARD_PASSWORD: '' } });
    expect(said).toMatchObject({ status: 1, job: { error: { code: 'board/password-needed' } } });
    expect((await board.run('stat -c %s /var/log/btmp')).stdout).toBe('384\n');
    await expectUntouched(board);
  });
});

// None of these sends a byte to a board; each has a home of its own, so that they need not wait for each other.
describe.concurrent('a port', () => {
  it('that is not there: port/not-found', async () => {
    await using own = await station.twin();
    const said = await own.provision([{ ...healthy(0), port: '/dev/ttyUSB77' }]);
    expect(said).toMatchObject({ status: 1, job: { verdict: 'fail', error: { code: 'port/not-found' } } });
    const unnamed = await own.provision([{ ...healthy(0), port: 'slot-of-nobody' }]);
    expect(unnamed).toMatchObject({ status: 1, jobs: [], error: { code: 'port/not-found' } });
  });

  it('that another program has: port/busy, and who it is', async () => {
    const board = healthy(0);
    await using own = await station.twin();
    const tty = await realpath(board.port);
    const holder = spawn('flock', ['--exclusive', tty, 'sleep', '60'], { stdio: 'ignore', detached: true });
    try {
      // Until it has it: whoever tries at once is refused.
      while ((await run('flock', ['--nonblock', tty, 'true'])).status === 0);
      const said = await withoutAByte([board], () => own.provision([board]));
      expect(said).toMatchObject({ status: 1, job: { verdict: 'fail', error: { code: 'port/busy' } } });
      expect(said.job.error?.message).toContain(`flock (pid ${holder.pid})`);
      await expectUntouched(board);
    } finally {
      if (holder.pid !== undefined) process.kill(-holder.pid, 'SIGKILL');
      await end(holder);
    }
  });

  it('that is named twice, even by another name: exit status 2, and no board is touched', async () => {
    const board = healthy(0);
    await using own = await station.twin();
    for (const other of [board.port, await realpath(board.port)]) {
      const said = await withoutAByte([board], () => own.provision([board, { ...board, port: other }]));
      expect(said).toMatchObject({ status: 2, jobs: [], error: { code: 'port/twice' } });
    }
  });
});

describe.concurrent('a server', () => {
  it('that is down: exit status 3, and no board is touched', async () => {
    const gone = await startServer({});
    await using own = await Station.loggedIn(gone);
    await gone.close();
    const said = await withoutAByte([healthy(0)], () => own.provision([healthy(0)]));
    expect(said).toMatchObject({ status: 3, jobs: [], error: { code: 'server/unreachable' } });
    expect(said.error?.unchanged).toMatch(/Nothing was changed/);
  });

  it('at which nobody is logged in: exit status 3, and no board is touched', async () => {
    await using own = await Station.make();
    await own.addServer(server);
    const said = await withoutAByte([healthy(0)], () => own.provision([healthy(0)]));
    expect(said).toMatchObject({ status: 3, jobs: [], error: { code: 'server/not-logged-in' } });
  });

  it('that is not known, or a profile that is not: exit status 2', async () => {
    await using own = await station.twin();
    const call = ['provision', '--json', '--port', healthy(0).port];
    expect((await own.run([...call, '--server', 'other'])).status).toBe(2);
    expect((await own.run([...call, '--server', SERVER, '--profile', 'other'])).status).toBe(2);
  });
});

describe.concurrent('a board', () => {
  it('without the server’s CA: the client’s refusal is told, and giving it is all that is left', async () => {
    const board = healthy(4);
    await using own = await station.twin();
    const refused = await own.provision([board], ['--profile', 'without-ca']);
    expect(refused).toMatchObject({
      status: 1,
      job: { verdict: 'fail', proof: 'board-key', error: { code: 'board/client-refused' } },
    });
    expect(refused.job.error?.message).toMatch(/certificate/);
    expect(refused.job.error?.unchanged).toContain('The key is in place and accepted');
    expect(await boardKey(board)).toBe(refused.job.keyFingerprint);
    expect(acceptedKeys(server, board)).toEqual([refused.job.keyFingerprint]);

    const again = await own.provision([board]);
    expect(again).toMatchObject({
      status: 0,
      job: { verdict: 'pass', keyFingerprint: refused.job.keyFingerprint },
    });
    expect(await bootstrap(board)).toMatchObject({ authorized: true });

    // A board that lost its storage: another key, which must not take the place of the accepted one unasked.
    await board.run(`${OPENSSL} genrsa -out /data/mender/mender-agent.pem 2048`);
    const other = await boardFiles(board);
    const stopped = await own.provision([board]);
    expect(stopped).toMatchObject({
      status: 1,
      job: { verdict: 'stopped', error: { code: 'server/accepted-other-key' } },
    });
    expect(await boardFiles(board)).toBe(other);
    expect(acceptedKeys(server, board)).toEqual([refused.job.keyFingerprint]);
  });

  it('with a key at a path of its configuration’s own: it is replaced there', async () => {
    const board = healthy(1);
    await using own = await station.twin();
    const { job, status } = await own.provision([board], ['--key', 'generate:p256']);
    expect(job).toMatchObject({ verdict: 'pass', error: null });
    expect(status).toBe(0);
    expect(await boardKey(board, '/data/static.pem')).toBe(job.keyFingerprint);
    expect(await boardKey(board)).toBeNull();
    expect(await bootstrap(board)).toMatchObject({ authorized: true });
    expect(acceptedKeys(server, board)).toEqual([job.keyFingerprint]);
  });

  it('with the identity of another one at the same time: the second is refused by name', async () => {
    const boards = [healthy(2), healthy(3)];
    await using own = await station.twin();
    const { jobs, status } = await own.provision(boards);
    expect(status).toBe(1);
    const passed = jobs.find(({ verdict }) => verdict === 'pass')!;
    const refused = jobs.find(({ verdict }) => verdict !== 'pass')!;
    expect(passed.error).toBeNull();
    expect(refused.error?.code).toBe('job/same-identity');
    expect(refused.error?.message).toContain(passed.port);
    const board = boards.find(({ port }) => port === refused.port)!;
    expect(await boardFiles(board)).toBe(before.get(board));
    expect(acceptedKeys(server, board)).toEqual([passed.keyFingerprint]);
  });

  it('that a station is at work on: a second station on that home is told who has it, exit status 3', async () => {
    await using busy = await startServer({ faults: [{ on: 'auth-request', act: { kind: 'hang' } }] });
    await using own = await Station.loggedIn(busy);
    const second: Promise<Provisioned>[] = [];
    const first = await own.provision([healthy(5)], [], {
      onLine: (_line, kill) => {
        // The first waits for its server for as long as the second takes.
        if (second.length === 0) second.push(own.provision([healthy(0)]).finally(() => kill('SIGINT')));
      },
    });
    expect(first.status).toBe(130);
    const refused = (await second[0])!;
    expect(refused).toMatchObject({ status: 3, jobs: [], error: { code: 'station/home-locked' } });
    expect(refused.error?.message).toContain('station command');
  });
});

describe('after all this', () => {
  it('no secret is in the home, on stdout or on stderr', async () => {
    expect(await secretsIn(station, bench.boards, ['canary-wrong', 'canary-phrase'])).toEqual([]);
  });
});
