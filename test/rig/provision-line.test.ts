/**
 * A line as it is in a workshop: 115200 baud behind an adapter of 16 ms latency, with a chatty kernel. And what of it is
 * written down: the transcript holds no secret.
 */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobResult } from '../../src/model/job.ts';
import { secret } from '../../src/model/secret.ts';
import type { MenderServer } from '../../src/rehearsal/server/index.ts';
import { NO_SECRETS } from '../../src/settings/index.ts';
import { openStation } from '../../src/station.ts';
import { startBoards, type Bench, type Board, type BoardSpec } from './board.ts';
import { BOARD_PASSWORD, SERVER, Station, startServer } from './station.ts';
import {
  acceptedKeys,
  boardKey,
  bootstrap,
  leftovers,
  privateNumberOf,
  secretsIn,
  shellsLeft,
} from './witness.ts';

const WORKSHOP = { baud: 115_200, latencyMs: 16 };
const NOISY = { ...WORKSHOP, noiseEveryMs: 200 };
const BOARDS: readonly BoardSpec[] = [
  { shell: 'bash', cable: NOISY },
  { shell: 'dash', cable: NOISY, client: 'mender-5-double' },
  { shell: 'ash', cable: NOISY, openssl: false },
  { shell: 'bash', cable: NOISY, user: 'sudo' },
  { shell: 'bash', cable: WORKSHOP },
  { shell: 'bash' },
  { shell: 'ash' },
];
const [QUIET, NATIVE, SPARE] = [4, 5, 6] as const;

let bench: Bench;
let server: MenderServer;
let station: Station;
const board = (at: number): Board => bench.boards[at]!;

beforeAll(async () => {
  [bench, server] = await Promise.all([
    startBoards(BOARDS.map((spec) => ({ password: BOARD_PASSWORD, daemon: false, ...spec }))),
    startServer({ tls: true }),
  ]);
  station = await Station.loggedIn(server);
});
afterAll(async () => {
  await Promise.all([bench.close(), server.close()]);
  await station[Symbol.asyncDispose]();
});

async function expectDone(each: Board, job: JobResult | undefined): Promise<void> {
  expect(job, each.name).toMatchObject({ verdict: 'pass', error: null, proof: 'board-client' });
  expect(await bootstrap(each), each.name).toMatchObject({ authorized: true });
  expect(await boardKey(each), each.name).toBe(job?.keyFingerprint);
  expect(acceptedKeys(server, each), each.name).toEqual([job?.keyFingerprint]);
  expect(await leftovers(each), each.name).toEqual([]);
  expect(await shellsLeft(each), each.name).toEqual([]);
}

function figures(what: string, { steps, wire }: JobResult): void {
  const ms = steps.reduce((sum, step) => sum + step.ms, 0);
  const proof = steps.find(({ step }) => step === 'prove')?.ms ?? 0;
  console.log(
    `rig: ${what}: ${ms} ms, ${ms - proof} ms without the client's own bootstrap; ` +
      `${wire.roundTrips} round trips, ${wire.tx} bytes sent, ${wire.rx} received`,
  );
}

describe('a paced line with a kernel message every 200 ms', () => {
  it('takes four boards at once to a pass', async () => {
    await using other = await station.twin();
    const [roots, users] = await Promise.all([
      station.provision([board(0), board(1), board(2)]),
      other.provision([board(3)], ['--key', 'generate:rsa2048']),
    ]);
    for (const each of bench.boards.slice(0, 4))
      expect((await each.cable.carried()).noises).toBeGreaterThan(10);
    // Quiet again, so that what is looked at now is not disturbed.
    await Promise.all(bench.boards.slice(0, 4).map(({ cable }) => cable.shape(WORKSHOP)));
    await Promise.all([
      ...roots.jobs.map((job, at) => expectDone(board(at), job)),
      expectDone(board(3), users.job),
    ]);
    expect(roots.jobs).toHaveLength(3);
    for (const job of roots.jobs) figures(`noisy, 115200 baud, ${job.keyType ?? ''}`, job);
    figures(`noisy, 115200 baud, sudo, ${users.job.keyType ?? ''}`, users.job);
    expect(await secretsIn(station, bench.boards.slice(0, 3))).toEqual([]);
    expect(await secretsIn(other, [board(3)])).toEqual([]);
  });
});

describe('a board alone', () => {
  it.each([
    { what: 'at 115200 baud and 16 ms', at: QUIET },
    { what: 'on a bare pseudo-terminal', at: NATIVE },
  ])('$what is provisioned in few round trips', async ({ what, at }) => {
    const { job } = await station.provision([board(at)], ['--key', 'generate:ed25519']);
    await expectDone(board(at), job);
    figures(what, job);
    // Login, the loop, stage, switch, the client's own bootstrap and the log-out.
    expect(job.wire.roundTrips).toBeLessThanOrEqual(9);
    expect(job.wire.tx).toBeLessThan(12_000);
  });
});

describe('the transcript of the line', () => {
  it('shows the dialogue, and masks password, key and configuration', async () => {
    await using own = await openStation({
      home: station.home,
      access: 'write',
      probing: false,
      program: 'rig',
      secrets: {
        ...NO_SECRETS,
        boardPassword: secret(BOARD_PASSWORD),
        tenantToken: secret('canary-tenant-2b6e'),
      },
    });
    const told: string[] = [];
    own.subscribe((event) => told.push(JSON.stringify(event)));
    const each = board(SPARE);
    const { jobs } = await own.call('provision', {
      ports: [each.port],
      server: SERVER,
      profile: 'root',
      keySource: 'generate:p256',
    });
    await expectDone(each, jobs[0]);
    const transcript = await own.call('job.transcript', { job: jobs[0]?.job ?? '' });
    const masked = new Set(transcript.flatMap((entry) => ('masked' in entry ? [entry.masked] : [])));
    expect([...masked].sort()).toEqual(expect.arrayContaining(['configuration', 'password', 'private key']));

    const written = `${JSON.stringify(transcript)}\n${told.join('\n')}`;
    expect(written).toContain('login: ');
    expect(written).toContain(each.mac);
    const conf = await readConfiguration(each);
    expect(conf).toContain('canary-tenant-2b6e');
    const scalar = await privateNumberOf(each);
    for (const hidden of [
      BOARD_PASSWORD,
      'canary-tenant-2b6e',
      'PRIVATE KEY',
      scalar.toString('base64').slice(2, -4),
      scalar.toString('hex'),
      Buffer.from(conf).toString('base64').slice(0, 60),
    ])
      expect(written.includes(hidden), hidden).toBe(false);
    expect(written).not.toMatch(/eyJ[\w-]{10,}\.eyJ/);
  });

  it('leaves the home as free of them', async () => {
    expect(await secretsIn(station, bench.boards, ['canary-tenant-2b6e'])).toEqual([]);
    const settings = await readFile(`${station.home}/settings.json`, 'utf8');
    expect(settings).not.toContain('canary');
  });
});

async function readConfiguration(each: Board): Promise<string> {
  return (await each.run('cat /var/lib/mender/mender.conf')).stdout;
}
