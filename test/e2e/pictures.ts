/**
 * Takes the pictures of the documentation, of the app as it is: `node test/e2e/pictures.ts`. What they show is a rehearsal:
 * four boards that passed, one of four that failed, what went over a line, a unit that was re-keyed, a batch, and one of
 * which other benches have parts.
 */
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { bundleIfChanged } from '../../tools/bundle.ts';
import { expect, launch } from './app.ts';
import { DEFAULT_ADMIN, startMenderServer } from '../../src/rehearsal/server/index.ts';
import { ask, bigButton, card, expectReady, expectVerdicts, rehearse } from './bench.ts';

const folder = path.join(import.meta.dirname, '..', '..', 'docs', 'images');

/** Opens the app on a new home, at the size of the pictures. */
async function onNewHome(take: (page: Page, home: string) => Promise<void>): Promise<void> {
  const home = mkdtempSync(path.join(tmpdir(), 'station-screens-'));
  const app = await launch({ home });
  try {
    await app.page.setViewportSize({ width: 1280, height: 800 });
    await ask(app.page, 'preferences.set', { operator: 'Anna Berg' });
    await take(app.page, home);
  } finally {
    await app.close();
    rmSync(home, { recursive: true, force: true });
  }
}

async function picture(page: Page, name: string): Promise<void> {
  await page.mouse.move(0, 0);
  const file = path.join(folder, `${name}.png`);
  await page.screenshot({ path: file });
  console.log(path.relative(process.cwd(), file));
}

mkdirSync(folder, { recursive: true });
await bundleIfChanged();
await onNewHome(async (page) => {
  const labels = await rehearse(page, { boards: 4 });
  await expectReady(page, labels);
  await bigButton(page).click();
  await expectVerdicts(page, 'PASS', labels);
  await picture(page, 'bench');
  await card(page, 'Board 1').getByRole('button', { name: 'Details' }).click();
  await page.getByRole('tab', { name: 'Transcript' }).click();
  const lines = page.getByRole('group', { name: 'What went over the line' });
  await lines.getByText(/\[password, \d+ bytes\]/).waitFor();
  await page.getByRole('switch', { name: 'Follow the end' }).uncheck();
  await lines.evaluate((box) => (box.scrollTop = 0));
  await picture(page, 'transcript');
});
await onNewHome(async (page) => {
  const labels = await rehearse(page, { boards: 1 });
  await expectReady(page, labels);
  await bigButton(page).click();
  await expectVerdicts(page, 'PASS', labels);
  await page.getByRole('navigation').getByRole('button', { name: 'Re-key' }).click();
  await bigButton(page).click();
  await page.getByRole('radio', { name: 'Returned from the field' }).check({ timeout: 60_000 });
  await page.getByLabel('In your own words').fill('Ticket 4711: no contact since Monday.');
  await bigButton(page).click();
  await expect(page.getByText('Old key refused, tested')).toBeVisible({ timeout: 90_000 });
  await picture(page, 'rekey');
});
await onNewHome(async (page) => {
  const labels = await rehearse(page, { boards: 4, fail: 'disk-full' });
  await expectReady(page, labels);
  await card(page, 'Board 1').getByRole('button', { name: 'Provision' }).click();
  await expectVerdicts(page, 'PASS', ['Board 1']);
  await bigButton(page).click();
  await expectVerdicts(page, 'PASS', ['Board 2', 'Board 3']);
  await expectVerdicts(page, 'FAIL', ['Board 4']);
  await card(page, 'Board 1').getByRole('button', { name: 'Run again' }).click();
  await expectVerdicts(page, 'ALREADY', ['Board 1']);
  await expect(bigButton(page)).toBeEnabled();
  await picture(page, 'error');
});
await onNewHome(async (page, home) => {
  const file = path.join(home, 'March gateways.csv');
  const rows = Array.from({ length: 480 }, (_, n) => {
    const key = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' });
    return `52:54:00:c1:${hex(n >> 8)}:${hex(n & 255)},${key.toString('base64')}`;
  });
  writeFileSync(file, ['mac,pubkey', ...rows, ''].join('\n'));
  await ask(page, 'batch.import', { path: file, name: 'March gateways' });
  await using server = await startMenderServer();
  await ask(page, 'server.add', { name: 'plant', url: server.url });
  const { email: user, password } = DEFAULT_ADMIN;
  await ask(page, 'server.login', { name: 'plant', user, password });
  await ask(page, 'batch.preauthorize', { name: 'March gateways', server: 'plant' });
  await page.getByRole('navigation').getByRole('button', { name: 'Batches' }).click();
  await page.getByRole('button', { name: /^March gateways/ }).click();
  await expect(page.getByRole('table', { name: 'Rows' }).getByText('Created').first()).toBeVisible();
  await picture(page, 'batch');
});
await onNewHome(async (page, home) => {
  const file = path.join(home, 'Order 4711.csv');
  const rows = Array.from({ length: 480 }, (_, n) => `52:54:00:c2:${hex(n >> 8)}:${hex(n & 255)}`);
  writeFileSync(file, ['mac', ...rows, ''].join('\n'));
  await ask(page, 'batch.import', { path: file, name: 'Order 4711' });
  const stick = path.join(home, 'stick');
  mkdirSync(stick);
  await ask(page, 'batch.share', { name: 'Order 4711', benches: 3, keep: true, folder: stick });
  await page.getByRole('navigation').getByRole('button', { name: 'Batches' }).click();
  await page.getByRole('button', { name: /^Order 4711/ }).click();
  await expect(page.getByRole('table', { name: 'Rows' })).toContainText('52:54:00:c2:00:00');
  await page.getByRole('button', { name: 'Several benches…' }).click();
  await expect(page.getByRole('region', { name: 'Parts', exact: true })).toContainText('0 of 160');
  await picture(page, 'benches');
});

function hex(value: number): string {
  return value.toString(16).padStart(2, '0');
}
