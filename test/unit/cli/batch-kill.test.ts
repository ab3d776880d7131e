import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { startMenderServer, type Mode } from '../../../src/rehearsal/server/index.ts';
import { named, POSIX } from '../../needs.ts';
import { homeWithBatch, keyRow } from '../station/batch-home.ts';
import { makeHome, station } from './command.ts';

const CLI = new URL('../../../src/cli/cli.ts', import.meta.url).pathname;
const ROWS = 350;

/** At which preauthorization the command is killed, and whether the server has done it by then. */
const KILLS: readonly (readonly [nth: number, when: 'before' | 'after'])[] = [
  [1, 'before'],
  [60, 'after'],
  [170, 'before'],
];

interface Row {
  readonly line: number;
  readonly outcome: string;
  readonly deviceId: string | null;
}

test.skipIf(POSIX !== null).each(['2026', '2023'] as const satisfies readonly Mode[])(
  named(
    'a command that is killed (kill -9) in the middle goes on: no row twice, no row missed, at a server of %s',
    POSIX,
  ),
  async (mode) => {
    await using server = await startMenderServer({ mode });
    const home = makeHome();
    const batch = Array.from({ length: ROWS }, (_, at) => keyRow(at));
    await homeWithBatch(home, batch, { bench: server.url });
    let kill: { left: number; when: 'before' | 'after'; now: () => void } | null = null;
    const handle = server.core.handle.bind(server.core);
    server.core.handle = (request) => {
      const counts = kill !== null && request.method === 'POST' && request.target.endsWith('/devices');
      const isNow = counts && kill !== null && (kill.left -= 1) === 0;
      if (isNow && kill?.when === 'before') kill.now();
      const outcome = handle(request);
      if (isNow && kill?.when === 'after') kill.now();
      return outcome;
    };
    for (const [round, [left, when]] of KILLS.entries()) {
      const args = ['batch', 'preauthorize', 'spring', '--server', 'bench', '--quiet', '--home', home];
      const child = spawn(process.execPath, [CLI, ...args, ...(round > 0 ? ['--resume'] : [])], {
        stdio: 'ignore',
      });
      onTestFinished(() => void child.kill('SIGKILL'));
      kill = { left, when, now: () => void child.kill('SIGKILL') };
      expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
      kill = null;
    }
    const made = server.inspect().length;
    expect(made).toBeGreaterThan(150);
    expect(made).toBeLessThan(ROWS);
    const args = [
      'batch',
      'preauthorize',
      'spring',
      '--server',
      'bench',
      '--resume',
      '--json',
      '--home',
      home,
    ];
    const last = await station(args);
    expect([last.status, last.err]).toEqual([0, expect.any(String)]);
    const { rows, counts } = JSON.parse(last.out) as { rows: readonly Row[]; counts: object };
    expect(counts).toMatchObject({ created: ROWS, already: 0, pending: 0, conflict: 0 });
    const devices = new Map(server.inspect().map((device) => [device.id, device]));
    expect(devices.size).toBe(ROWS);
    // Each row names the one device of its identity, which holds one set.
    for (const [at, { deviceId }] of rows.entries()) {
      const device = devices.get(deviceId ?? '');
      expect(device?.identity).toEqual(batch[at]?.identity);
      expect(device?.sets.map(({ status }) => status)).toEqual(['preauthorized']);
    }
    const verified = await station(['journal', 'verify', '--json', '--home', home]);
    expect(verified.status).toBe(0);
  },
  240_000,
);
