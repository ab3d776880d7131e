import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { readJournal } from '../../../src/journal/index.ts';
import { systemClock } from '../../../src/model/clock.ts';
import { LINUX, named, POSIX } from '../../needs.ts';
import { makeHome } from './command.ts';

const CLI = new URL('../../../src/cli/cli.ts', import.meta.url).pathname;

function start(args: readonly string[]) {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: 'pipe' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function exit(child: ChildProcess): Promise<{ status: number | null; signal: string | null }> {
  const [status, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return { status, signal };
}

/** The verdicts that a home's record has, and how many of its jobs have none. */
function record(home: string): { verdicts: string[]; open: number } {
  using journal = readJournal(join(home, 'journal.db'), {
    stationId: 'ST-TEST',
    clock: systemClock,
    holder: { program: 'test' },
  });
  return { verdicts: journal.list().map(({ verdict }) => verdict), open: journal.openJobs().length };
}

test('boards come to their verdicts when nobody reads stdout any more, or stderr', async () => {
  const home = makeHome();
  const child = start(['rehearse', '--boards', '2', '--json=lines', '--home', home]);
  const ended = exit(child);
  await once(child.stdout, 'data');
  child.stdout.destroy();
  child.stderr.destroy();
  expect(await ended).toEqual({ status: 0, signal: null });
  expect(record(home)).toEqual({ verdicts: ['pass', 'pass'], open: 0 });
}, 60_000);

test.skipIf(POSIX !== null).each(['SIGHUP', 'SIGTERM'] as const)(
  named('%s, as often as it may come, brings boards to a safe state, and so to a verdict', POSIX),
  async (signal) => {
    const home = makeHome();
    const child = start(['rehearse', '--boards', '2', '--json=lines', '--home', home]);
    const ended = exit(child);
    const said = text(child.stderr);
    let told = 0;
    createInterface(child.stdout).on('line', (line) => {
      // From the first step of a job on, the signal comes with every line.
      if (!line.includes('"state":"running"')) return;
      told += 1;
      if (told <= 8) child.kill(signal);
    });
    expect(await ended).toEqual({ status: 130, signal: null });
    expect((await said).match(/Stopping: boards/g)).toHaveLength(1);
    const { verdicts, open } = record(home);
    expect([verdicts.length, open]).toEqual([2, 0]);
    expect(told).toBeGreaterThan(4);
  },
  60_000,
);

test.skipIf(LINUX !== null)(
  named('keys in memory stay out of core dumps', LINUX),
  async () => {
    const child = start(['rehearse', '--serve', '0', '--json=lines']);
    await once(child.stdout, 'data');
    expect(readFileSync(`/proc/${child.pid}/coredump_filter`, 'utf8')).toBe('00000000\n');
    const ended = exit(child);
    child.kill('SIGTERM');
    await ended;
  },
  30_000,
);

test.skipIf(POSIX !== null)(
  named('Ctrl-C ends the wait for a password on stdin', POSIX),
  async () => {
    const home = makeHome();
    const child = start(['credential', 'set', 'board', '--password-stdin', '--home', home]);
    const [ended, said] = [exit(child), text(child.stderr)];
    // What was written has been taken when the pipe is empty again: the command is reading.
    child.stdin.write('x'.repeat(1_000_000), () => child.kill('SIGINT'));
    expect(await ended).toEqual({ status: 130, signal: null });
    expect(await said).toContain('error job/cancelled');
  },
  30_000,
);
