import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openStation } from '../../src/station.ts';
import { appendTo } from '../unit/station/batch-home.ts';
import { expect, launch, test } from './app.ts';
import { ask, choose, chooseWhere } from './bench.ts';
import type { Page } from '@playwright/test';

const NAME = 'Order 4711';
const mac = (n: number): string => `52:54:00:ab:00:0${n}`;

async function toBatches(page: Page): Promise<void> {
  await page.getByRole('navigation').getByRole('button', { name: 'Batches' }).click();
}

/** A second bench: imports its part, has one board through, closes its part, and writes what came of it. */
async function secondBench(file: string, trust: string): Promise<string> {
  const home = mkdtempSync(path.join(tmpdir(), 'station-second-'));
  const open = () => openStation({ home, env: {}, access: 'write', probing: false, program: 'test' });
  try {
    let id;
    {
      await using station = await open();
      const { batch } = await station.call('batch.import', { path: file, trust });
      id = batch?.id;
    }
    if (id === undefined) throw new Error('the part was not stored');
    const unit = {
      job: '01JOBOFSECOND',
      at: '2026-03-02T10:00:00.000Z',
      verdict: 'pass',
      fingerprint: null,
      deviceId: null,
      proof: null,
      operator: null,
    } as const;
    appendTo(home, Date.parse(unit.at), [
      {
        kind: 'batch-merged',
        batch: id,
        file: 'board.json',
        station: 'ST-SECOND',
        stationKey: `sha256:${'0'.repeat(64)}` as never,
        units: [{ ...unit, line: 3 }],
        operator: null,
      },
    ]);
    await using station = await open();
    await station.call('batch.close', { name: NAME });
    const result = path.join(path.dirname(file), 'result.json');
    await station.call('batch.export', { name: NAME, format: 'json', path: result });
    return result;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

test('one batch over two benches: a part goes out as a file, its result is merged once the key was compared, and a certificate is saved', async ({
  app,
  home,
}) => {
  const { page, application } = app;
  const folder = path.join(home, 'stick');
  mkdirSync(folder);
  const list = path.join(home, 'order.csv');
  writeFileSync(list, `mac\n${mac(1)}\n${mac(2)}\n`);
  await ask(page, 'batch.import', { path: list, name: NAME });
  await toBatches(page);
  await page.getByRole('button', { name: /^Order 4711/ }).click();
  await page.getByRole('button', { name: 'Several benches…' }).click();
  const panel = page.getByRole('dialog', { name: `${NAME} over several benches` });
  await expect(panel).toContainText('No part of it is at another bench.');

  await choose(application, folder);
  await panel.getByRole('button', { name: /write the parts/ }).click();
  await expect(panel.getByRole('status')).toContainText('part 2 of 2.json: 1 row', { timeout: 30_000 });
  await expect(panel.getByRole('region', { name: 'Parts', exact: true })).toContainText('0 of 1 board');
  const [file = ''] = readdirSync(folder);
  const { body } = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as { body: { rows: unknown[] } };
  expect(body.rows).toEqual([{ line: 3, identity: { mac: mac(2) } }]);
  const [key = ''] = /sha256:[0-9a-f]{64}/.exec(await panel.getByRole('status').innerText()) ?? [];

  const result = await secondBench(path.join(folder, file), key);
  await choose(application, result);
  await panel.getByRole('button', { name: 'Choose a file…' }).click();
  const unknown = panel.getByRole('alertdialog', { name: /^The key of / });
  await expect(unknown).toContainText(/sha256:[0-9a-f]{64}/, { timeout: 30_000 });
  expect(await ask(page, 'batch.show', { name: NAME })).toMatchObject({ units: 0 });
  await unknown.getByRole('button', { name: 'It is the same: go on' }).click();
  await expect(panel).toContainText('1 new of 1 board; it has closed its part', { timeout: 30_000 });
  await panel.getByRole('button', { name: 'Choose a file…' }).click();
  await expect(panel).toContainText('0 new of 1 board', { timeout: 30_000 });
  expect(await ask(page, 'batch.show', { name: NAME })).toMatchObject({ units: 1 });
  await page.keyboard.press('Escape');
  await expect(panel).toHaveCount(0);

  const certificate = page.getByRole('region', { name: 'Certificate' });
  for (const format of ['pdf', 'csv', 'json'] as const) {
    const saved = path.join(folder, `certificate.${format}`);
    await chooseWhere(application, saved);
    await certificate.getByRole('button', { name: new RegExp(`^Save as .*${format}…$`, 'i') }).click();
    await expect.poll(() => readdirSync(folder)).toContain(`certificate.${format}`);
  }
  expect(readFileSync(path.join(folder, 'certificate.csv'), 'utf8')).toContain('ST-SECOND');
  await page.getByRole('button', { name: 'Remove…' }).click();
  await page.getByRole('button', { name: `Remove ${NAME} from the list` }).click();
  await expect(page.getByText('1 board(s) were provisioned against it')).toBeVisible();
  expect(app.problems).toEqual([]);
});

test('the batch on the bench is remembered across a start, and gone once it is removed', async ({ home }) => {
  const list = path.join(home, 'order.csv');
  writeFileSync(list, `mac\n${mac(1)}\n`);
  const first = await launch({ home });
  await ask(first.page, 'batch.import', { path: list, name: NAME });
  await toBatches(first.page);
  await first.page.getByRole('button', { name: /^Order 4711/ }).click();
  await first.page.getByRole('button', { name: 'Use on the bench' }).click();
  const strip = (page: Page) => page.getByRole('region', { name: 'Batch on the bench' });
  await expect(strip(first.page)).toContainText('0 of 1');
  await first.close();

  const again = await launch({ home });
  await expect(strip(again.page)).toContainText('0 of 1', { timeout: 30_000 });
  await toBatches(again.page);
  await again.page.getByRole('button', { name: /^Order 4711/ }).click();
  await again.page.getByRole('button', { name: 'Remove…' }).click();
  await expect(again.page.getByRole('button', { name: 'Keep it', exact: true })).toBeFocused();
  await again.page.getByRole('button', { name: `Remove ${NAME} from the list` }).click();
  await expect(again.page.getByRole('region', { name: 'No batch yet' })).toBeVisible();
  expect(await ask(again.page, 'snapshot', {})).toMatchObject({ preferences: { batch: null } });
  await again.close();
  expect([...first.problems, ...again.problems]).toEqual([]);
});
