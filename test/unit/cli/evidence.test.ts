/** A unit's way through the record: provisioned twice, dropped, noticed, exported, verified. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { IdentifyReport, ProvisionReport } from '../../../src/contract.ts';
import type { RecordDocument } from '../../../src/journal/index.ts';
import { createSimulatedBoard } from '../../../src/rehearsal/board/index.ts';
import { DEFAULT_ADMIN, startMenderServer } from '../../../src/rehearsal/server/index.ts';
import { Settings } from '../../../src/settings/index.ts';
import { makePorts, plugIn } from './board-on-pty.ts';
import { makeHome, station } from './command.ts';

test('what a job did is on record, signed, in the drop folder, and told to whoever has the unit next', async () => {
  const [home, folder] = [makeHome(), makeHome()];
  const server = await startMenderServer();
  onTestFinished(() => server.close());
  const board = createSimulatedBoard({
    mac: '52:54:00:ab:00:01',
    console: { loginDelay: 0 },
    client: { key: { kind: 'present', type: 'ed25519' }, conf: {} },
  });
  onTestFinished(() => board[Symbol.asyncDispose]());
  const call = async (...args: string[]): Promise<unknown> => {
    const { out, err } = await station([...args, '--json', '--home', home], {
      stdin: `${DEFAULT_ADMIN.password}\n`,
      env: { STATION_BOARD_PASSWORD: 'board' },
    });
    expect(out, err).not.toBe('');
    return JSON.parse(out) as unknown;
  };
  await call('server', 'add', 'bench', '--url', server.url);
  await call('server', 'login', 'bench', '--user', DEFAULT_ADMIN.email, '--password-stdin');
  await call('journal', 'drop', '--dir', folder);
  const ports = makePorts();
  new Settings(home).setPortLinks(ports);
  const port = await plugIn(board, ports, 'left');

  const provision = async (): Promise<ProvisionReport['jobs'][number]> => {
    const args = ['provision', '--server', 'bench', '--port', port, '--label', 'WO-1'];
    return ((await call(...args)) as ProvisionReport).jobs[0]!;
  };
  const first = await provision();
  expect(first.verdict).toBe('pass');
  expect(first.notes.join()).not.toMatch(/here/);

  const dropped = JSON.parse(readFileSync(join(folder, `${first.job}.json`), 'utf8')) as RecordDocument;
  expect(dropped).toMatchObject({
    job: first.job,
    label: 'WO-1',
    profile: 'mender',
    profileSha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    result: { deviceId: first.deviceId, keyFingerprint: first.keyFingerprint },
  });
  const { warnings } = (await call('identify', '--port', port)) as IdentifyReport;
  expect(warnings.join()).toMatch(/ended well here within a day/);

  const second = await provision();
  expect(second.verdict).toBe('already');
  expect(second.notes.join()).toMatch(/ended well here within a day/);
  const recorded = JSON.parse(readFileSync(join(folder, `${second.job}.json`), 'utf8')) as RecordDocument;
  expect(recorded.result.notes).toEqual(second.notes);

  expect(await call('stats')).toMatchObject({
    jobs: { pass: 1, already: 1, fail: 0 },
    units: { total: 1, good: 1 },
    firstPass: { total: 1, good: 1 },
  });
  const out = join(folder, 'journal.json');
  const { key } = (await call('journal', 'export', '--format', 'json', '--out', out)) as { key: string };
  expect(await call('journal', 'verify', out, '--key', key)).toMatchObject({
    files: [{ ok: true, notes: [] }],
  });
}, 60_000);
