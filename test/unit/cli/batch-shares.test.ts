import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { BatchMergeReport, BatchShareReport } from '../../../src/contract/batch-shares.ts';
import type { BatchReport, BatchView } from '../../../src/contract/batches.ts';
import type { ProvisionReport } from '../../../src/contract.ts';
import type { ErrorReport } from '../../../src/model/job.ts';
import { createSimulatedBoard } from '../../../src/rehearsal/board/index.ts';
import { DEFAULT_ADMIN, startMenderServer, type MenderServer } from '../../../src/rehearsal/server/index.ts';
import { Settings } from '../../../src/settings/index.ts';
import { makePorts, plugIn } from './board-on-pty.ts';
import { makeHome, station } from './command.ts';

const NAME = 'Order 4711';
const mac = (n: number): string => `52:54:00:ab:00:0${n}`;

interface Answer<T> {
  readonly status: number;
  readonly value: T;
}

/** A home of its own, signed in at the server, and the command in it. */
async function bench(server: MenderServer) {
  const home = makeHome();
  const run = async <T>(...args: readonly string[]): Promise<Answer<T>> => {
    const { status, out } = await station([...args, '--json', '--home', home], {
      env: { STATION_PASSWORD: DEFAULT_ADMIN.password, STATION_BOARD_PASSWORD: 'board' },
    });
    return { status, value: JSON.parse(out) as T };
  };
  for (const args of [
    ['server', 'add', 'bench', '--url', server.url],
    ['server', 'login', 'bench', '--user', DEFAULT_ADMIN.email],
  ])
    expect(await run(...args)).toMatchObject({ status: 0 });
  const ports = makePorts();
  new Settings(home).setPortLinks(ports);
  let plugged = 0;
  const provision = async (n: number): Promise<readonly [number, string]> => {
    await using board = createSimulatedBoard({
      mac: mac(n),
      console: { loginDelay: 0 },
      client: { key: { kind: 'present', type: 'ed25519' }, conf: {} },
    });
    const port = await plugIn(board, ports, `board${(plugged += 1)}`);
    const { status, value } = await run<ProvisionReport>(
      ...['provision', '--server', 'bench', '--profile', 'mender', '--port', port, '--batch', NAME],
    );
    board.unplug();
    const [job] = value.jobs;
    return [status, job?.error?.code ?? job?.verdict ?? 'none'];
  };
  return { home, run, provision };
}

test('two benches on one batch: shared, imported, provisioned, exported, merged, certified', async () => {
  const server = await startMenderServer();
  onTestFinished(() => server.close());
  const [first, second] = [await bench(server), await bench(server)];
  const folder = makeHome();
  const list = join(folder, 'order.csv');
  writeFileSync(list, `mac\n${mac(1)}\n${mac(2)}\n`);
  await first.run('batch', 'import', list, '--name', NAME);

  const shared = await first.run<BatchShareReport>(
    ...['batch', 'share', NAME, '--benches', '2', '--keep', '--out', folder],
  );
  expect(shared).toMatchObject({ status: 0, value: { files: [{ part: 2, parts: 2, rows: 1 }] } });
  const part = shared.value.files[0]?.path ?? '';
  expect(await first.provision(2)).toEqual([1, 'batch/given-away']);

  const unknown = await second.run<{ error: ErrorReport }>('batch', 'import', part);
  expect(unknown).toMatchObject({ status: 2, value: { error: { code: 'batch/unknown-bench' } } });
  expect(unknown.value.error.remedy).toContain(`--trust ${shared.value.key}`);
  const taken = await second.run<BatchReport>('batch', 'import', part, '--trust', shared.value.key);
  expect(taken).toMatchObject({ status: 0, value: { stored: 'stored', batch: { name: NAME, rows: 1 } } });
  expect(await second.provision(2)).toEqual([0, 'pass']);
  const result = join(folder, 'result.json');
  const { value } = await second.run<{ key: string }>(
    ...['batch', 'export', NAME, '--format', 'json', '--out', result],
  );

  const merge = ['batch', 'merge', NAME, result] as const;
  expect(await first.run(...merge)).toMatchObject({ status: 2 });
  expect(await first.run<BatchMergeReport>(...merge, '--dry-run')).toMatchObject({
    status: 0,
    value: { files: [{ added: 1, known: false, key: value.key }], batch: { units: 0 } },
  });
  expect(await first.run<BatchMergeReport>(...merge, '--trust', value.key)).toMatchObject({
    status: 0,
    value: { files: [{ added: 1 }], batch: { units: 1, open: true } },
  });
  expect(await first.run<BatchMergeReport>(...merge)).toMatchObject({
    status: 0,
    value: { files: [{ added: 0 }], batch: { units: 1 } },
  });
  const altered = join(folder, 'altered.json');
  writeFileSync(altered, readFileSync(result, 'utf8').replace('"verdict": "pass"', '"verdict": "already"'));
  expect(await first.run('batch', 'merge', NAME, altered)).toMatchObject({
    status: 1,
    value: { error: { code: 'request/altered' } },
  });
  expect(await first.provision(1)).toEqual([0, 'pass']);
  expect(await first.run<BatchView>('batch', 'status', NAME)).toMatchObject({
    value: { units: 2, closed: { why: 'full' } },
  });

  const certificate = join(folder, 'certificate.json');
  await first.run('batch', 'certificate', NAME, '--format', 'json', '--out', certificate);
  const { body } = JSON.parse(readFileSync(certificate, 'utf8')) as {
    body: { station: string; units: { station: string }[]; benches: { key: string }[] };
  };
  expect(new Set(body.units.map((unit) => unit.station)).size).toBe(2);
  expect(body.benches).toMatchObject([{ key: value.key, part: 2 }]);
  for (const { run } of [first, second]) expect(await run('journal', 'verify')).toMatchObject({ status: 0 });
}, 120_000);

test('a part is taken back; one that is at no other bench cannot be', async () => {
  const server = await startMenderServer();
  onTestFinished(() => server.close());
  const { run } = await bench(server);
  const folder = makeHome();
  const list = join(folder, 'order.csv');
  writeFileSync(list, `mac\n${mac(1)}\n${mac(2)}\n`);
  await run('batch', 'import', list, '--name', NAME);
  await run('batch', 'share', NAME, '--benches', '2', '--out', folder);
  expect(await run('batch', 'return-share', NAME, '--part', '1')).toMatchObject({ status: 0 });
  expect(await run('batch', 'return-share', NAME, '--part', '1')).toMatchObject({
    status: 2,
    value: { error: { code: 'batch/no-share' } },
  });
  expect(await run('batch', 'share', NAME, '--benches', '2', '--out', folder)).toMatchObject({
    status: 2,
    value: { error: { code: 'batch/too-few-rows' } },
  });
});
