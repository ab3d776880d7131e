import { describe, expect, test } from 'vitest';
import type * as z from 'zod';
import { FAILURES, type FailureKind } from '../../../src/rehearsal/failures.ts';
import { virtualTime } from '../virtual-time.ts';
import { makeHome, station } from './command.ts';
import { reportShape } from './report-shape.ts';

/** What the last board of a rehearsal ends in, and the words that say so. */
const EXPECTED: Readonly<Record<FailureKind, readonly ['pass' | 'fail' | 'stopped', string | null]>> = {
  'device-limit': ['fail', 'server/device-limit'],
  'server-slow': ['pass', null],
  'server-down': ['fail', 'server/unreachable'],
  'half-accepted': ['pass', null],
  'lost-reply': ['pass', null],
  'rate-limit': ['pass', null],
  'login-ends': ['pass', null],
  'no-rights': ['fail', 'server/forbidden'],
  'disk-full': ['fail', 'board/disk-full'],
  'read-only': ['fail', 'board/read-only'],
  'no-identity': ['fail', 'board/identity-missing'],
  update: ['fail', 'board/update-in-progress'],
  clock: ['pass', null],
  'wrong-password': ['fail', 'board/login-refused'],
  silent: ['fail', 'board/silent'],
  noise: ['pass', null],
};

const onTheServer = (kind: FailureKind): boolean => 'faults' in FAILURES[kind] || 'short' in FAILURES[kind];
/** Its delays are real ones: it has a file of its own, which waits beside this one. */
const CASES = (Object.keys(FAILURES) as FailureKind[])
  .filter((kind) => kind !== 'server-slow')
  .flatMap((kind) =>
    onTheServer(kind)
      ? ([
          [kind, '2026'],
          [kind, '2023'],
        ] as const)
      : ([[kind, '2026']] as const),
  );

test.each(CASES)('rehearse --fail %s --mode %s ends as it should, and says why', async (kind, mode) => {
  const boards = kind === 'device-limit' ? '2' : '1';
  const { status, out, err } = await station(
    ['rehearse', '--boards', boards, '--fail', kind, '--mode', mode, '--json'],
    { clock: virtualTime() },
  );
  const { jobs } = reportShape.parse(JSON.parse(out));
  const [verdict, code] = EXPECTED[kind];
  const last = jobs.find((job) => job.verdict === verdict);
  expect(jobs.map((job) => [job.verdict, job.error?.code ?? null])).toContainEqual([verdict, code]);
  expect(status).toBe(verdict === 'pass' ? 0 : 1);
  expect(err).not.toMatch(/undefined|\[object|NaN|\{\w+\}|station\/internal/);
  if (last?.error != null) {
    expect(err).toContain(last.error.message);
    expect(err).toContain(last.error.unchanged);
    expect(err).toContain(last.error.remedy);
  }
});

test.each([
  ['4', '2026'],
  ['4', '2023'],
  ['1', '2026'],
])('of %s boards, a server of %s with --fail device-limit takes one less', async (boards, mode) => {
  const { status, out } = await station(
    ['rehearse', '--boards', boards, '--fail', 'device-limit', '--mode', mode, '--json'],
    { clock: virtualTime() },
  );
  const { jobs } = reportShape.parse(JSON.parse(out));
  expect(jobs.filter(({ verdict }) => verdict === 'pass')).toHaveLength(Number(boards) - 1);
  expect(jobs.flatMap(({ error }) => error?.code ?? [])).toEqual(['server/device-limit']);
  expect(status).toBe(1);
});

test('a limit that a server of 2023 cannot have is refused', async () => {
  const { status, err } = await station([
    'rehearse',
    '--boards',
    '1',
    '--fail',
    'device-limit',
    '--mode',
    '2023',
  ]);
  expect(status).toBe(2);
  expect(err).toContain('cannot be limited to no device at all');
});

describe('a rehearsal', () => {
  test('is a table on stdout and progress on stderr, or nothing of the latter with --quiet', async () => {
    const loud = await station(['rehearse', '--boards', '2'], { clock: virtualTime() });
    expect(loud.status).toBe(0);
    expect(loud.out).toMatch(/^SLOT\s+VERDICT\s+IDENTITY\s+DEVICE\s+KEY\s+FINGERPRINT\s+PROOF\s+SECONDS\n/);
    expect(loud.out).toMatch(/rehearsal-1\s+PASS\s+52:54:00:be:00:01 .* board-client/);
    expect(loud.out).toMatch(/\n2 of 2 done in [\d.]+ s\n$/);
    expect(loud.err).toMatch(/rehearsal-2\s+switch to the key: \d+ ms/);
    const quiet = await station(['rehearse', '--boards', '1', '--quiet'], { clock: virtualTime() });
    expect(quiet.err).toBe('');
    expect(quiet.status).toBe(0);
  });

  test('with --json=lines tells jobs as they go and the result in the last line', async () => {
    const { out, status } = await station(['rehearse', '--boards', '1', '--json=lines'], {
      clock: virtualTime(),
    });
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; job?: unknown; result?: unknown });
    expect(status).toBe(0);
    expect(lines.length).toBeGreaterThan(10);
    for (const line of lines.slice(0, -1)) expect(line.type).toBe('job');
    expect(lines.at(-1)?.type).toBe('result');
    reportShape.parse(lines.at(-1)?.result);
  });

  test('is kept in the home that is given, and nowhere else', async () => {
    const home = makeHome();
    const { out } = await station(['rehearse', '--boards', '1', '--home', home, '--json'], {
      clock: virtualTime(),
    });
    const [job] = reportShape.parse(JSON.parse(out)).jobs;
    const list = await station(['journal', 'list', '--home', home, '--json']);
    expect(JSON.parse(list.out)).toMatchObject([
      { job: job?.job, verdict: 'pass', identity: '52:54:00:be:00:01' },
    ]);
    const servers = await station(['server', 'list', '--home', home, '--json']);
    expect(JSON.parse(servers.out)).toEqual([]);
  });

  test('that is interrupted brings its boards to a safe state and exits 130', async () => {
    const interrupt = new AbortController();
    const { status, out, err } = await station(['rehearse', '--boards', '2', '--json=lines'], {
      clock: virtualTime(),
      interrupted: interrupt.signal,
      onOutput: (text) => {
        if (text.includes('"step":"stage","state":"running"')) interrupt.abort();
      },
    });
    expect(status).toBe(130);
    const last = JSON.parse(out.trimEnd().split('\n').at(-1) ?? '') as {
      result: z.infer<typeof reportShape>;
    };
    expect(last.result.jobs.map(({ verdict }) => verdict)).toContain('stopped');
    expect(err).toContain('The job was cancelled.');
  });

  test.each([
    ['--boards', '0'],
    ['--boards', 'many'],
    ['--mode', '1999'],
    ['--fail', 'everything'],
    ['--serve', '70000'],
  ])('refuses %s %s', async (option, value) => {
    const { status, err } = await station(['rehearse', option, value]);
    expect(status).toBe(2);
    expect(err).toContain(value);
  });
});
