import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { homeWithBatch, keyRow } from '../unit/station/batch-home.ts';
import type { RecordedRow } from '../../src/model/batch-event.ts';
import { DEFAULT_ADMIN, startMenderServer, type MenderServer } from '../../src/rehearsal/server/index.ts';
import { expect, launch, test, type Opened } from './app.ts';
import { ask, bigButton, choose, chooseWhere, guidance, listen } from './bench.ts';
import { adminCall, signIn } from './own-bench.ts';
import { stationProcess } from './processes.ts';

/** The window on a home that has a batch already, signed in at a server. */
async function withBatch(
  home: string,
  rows: readonly RecordedRow[],
  work: (app: Opened, server: MenderServer) => Promise<void>,
): Promise<void> {
  await using server = await startMenderServer();
  mkdirSync(path.join(home, 'ttys'));
  writeFileSync(path.join(home, 'settings.json'), JSON.stringify({ portLinks: path.join(home, 'ttys') }));
  await homeWithBatch(home, rows, {});
  const app = await launch({ home });
  try {
    const { page } = app;
    await ask(page, 'server.add', { name: 'bench', url: server.url });
    await signIn(page, 'bench');
    await ask(page, 'preferences.set', { server: 'bench' });
    await page.getByRole('navigation').getByRole('button', { name: 'Batches' }).click();
    await page.getByRole('button', { name: /^spring/ }).click();
    await work(app, server);
    expect(app.problems).toEqual([]);
  } finally {
    await app.close();
  }
}

function batch(page: Page) {
  return page.getByRole('region', { name: 'spring' });
}

function rowsOf(page: Page) {
  return page.getByRole('table', { name: 'Rows' });
}

async function start(page: Page): Promise<void> {
  await bigButton(page).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Start' }).click();
}

test('a station that has no batch says what one is for', async ({ app }) => {
  const { page } = app;
  await page.getByRole('navigation').getByRole('button', { name: 'Batches' }).click();
  await expect(page.getByRole('region', { name: 'No batch yet' })).toContainText('technicians provision');
  expect(app.problems).toEqual([]);
});

test('a spreadsheet becomes a batch: every bad row is named, nothing is stored before it is said, the rest is mended', async ({
  app,
  home,
}) => {
  const { page, application } = app;
  const file = path.join(home, 'April gateways.csv');
  const key = (): string =>
    generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  const twice = key();
  // As a German spreadsheet writes it: a byte order mark, semicolons, line ends of Windows.
  const lines = [
    'mac;pubkey;tag.order',
    `52:54:00:c1:00:01;${twice};4711`,
    `52:54:00:c1:00:02;${key()};4711`,
    '52:54:00:c1:00:03;no key at all;4711',
    `52:54:00:c1:00:04;${twice};4711`,
  ];
  writeFileSync(file, `\uFEFF${lines.join('\r\n')}\r\n`);
  await choose(application, file);
  await page.getByRole('navigation').getByRole('button', { name: 'Batches' }).click();
  await bigButton(page).click();
  const panel = page.getByRole('dialog', { name: 'Import a file' });
  await panel.getByRole('button', { name: 'Choose a file…' }).click();

  await test.step('it is told how the file was read, which rows are bad and why, and what the server will see', async () => {
    await expect(panel).toContainText('cells divided by semicolons', { timeout: 30_000 });
    const problems = panel.getByRole('region', { name: 'What is wrong' });
    await expect(problems.getByRole('row').filter({ hasText: /^4\s*pubkey/ })).toHaveCount(1);
    await expect(problems.getByRole('row').filter({ hasText: /^5.*Line 2 has the same key/ })).toHaveCount(1);
    await expect(panel.getByRole('region', { name: 'What the server will see' })).toContainText(
      '52:54:00:c1:00:02',
    );
    await expect(panel.getByLabel('Name of the batch')).toHaveValue('April gateways');
    await expect(panel.getByRole('button', { name: /^Store \d/ })).toBeDisabled();
    expect(await ask(page, 'batch.list', {})).toEqual([]);
  });

  await test.step('the good rows are stored on a person’s word; those left out are saved to be mended', async () => {
    await panel.getByRole('checkbox', { name: /^Store the \d good rows?/ }).check();
    await panel.getByRole('button', { name: /^Store \d/ }).click();
    await expect(panel).toBeHidden({ timeout: 30_000 });
    const shown = page.getByRole('region', { name: 'April gateways' });
    await expect(shown).toContainText('Bad rows left out');
    await expect(page.getByRole('table', { name: 'Rows' }).getByRole('row').nth(1)).toContainText(
      '52:54:00:c1:00:02',
    );
    const failed = path.join(home, 'failed.csv');
    await chooseWhere(application, failed);
    await page.getByRole('button', { name: 'Save failed rows…' }).click();
    await expect(page.getByRole('button', { name: 'Saved' })).toBeVisible();
    const mend = readFileSync(failed, 'utf8');
    expect(mend).toContain('52:54:00:c1:00:01,,4711,Line 5 has the same key.');
    expect(mend).toContain('52:54:00:c1:00:03,,4711,pubkey: It is no public key.');
    expect(mend).toContain('52:54:00:c1:00:04,,4711,Line 2 has the same key.');
    // What was refused as a public key may be a private one: nothing of it is kept.
    expect(mend).not.toContain('no key at all');
    expect(mend).not.toContain(twice);
  });
  const [batch] = await ask(page, 'batch.list', {});
  expect(batch).toMatchObject({ name: 'April gateways', kind: 'keys', rows: 1, leftOut: 3 });
  expect(app.problems).toEqual([]);
});

test('columns that nobody knows are said what they are, and rows are held against a server’s devices', async ({
  app,
  home,
}) => {
  const { page, application } = app;
  await using server = await startMenderServer();
  await ask(page, 'server.add', { name: 'bench', url: server.url });
  await signIn(page, 'bench');
  await adminCall(server, 'POST', '/devices', {
    identity_data: { serial: 'SN2' },
    pubkey: generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }),
  });
  const file = path.join(home, 'Lieferung.csv');
  writeFileSync(file, 'Seriennummer,Lieferant,Lager\nSN1,Acme,7\nSN2,Acme,8\nSN3,Acme,9\n');
  await choose(application, file);
  await page.getByRole('navigation').getByRole('button', { name: 'Batches' }).click();
  await bigButton(page).click();
  const panel = page.getByRole('dialog', { name: 'Import a file' });
  await panel.getByRole('button', { name: 'Choose a file…' }).click();
  await expect(panel.getByRole('region', { name: 'What is wrong' })).toContainText('Seriennummer');
  await expect(panel.getByRole('button', { name: /^Store/ })).toHaveCount(1);

  await pick(panel, 'Column Seriennummer', 'A part of the identity');
  await panel.getByLabel('What boards call Seriennummer').fill('serial');
  await panel.getByRole('button', { name: 'Look at none of the 2 unknown columns' }).click();
  await pick(panel, 'Tier of rows that name none', 'micro');
  await pick(panel, 'Hold it against the devices of', 'bench');
  await panel.getByRole('button', { name: 'Look at it so' }).click();

  const problems = panel.getByRole('region', { name: 'What is wrong' });
  await expect(
    problems.getByRole('row').filter({ hasText: /^3.*The server has a device of this identity/ }),
  ).toHaveCount(1);
  await expect(panel.getByRole('region', { name: 'What the server will see' })).toContainText(
    '{"serial":"SN1"}',
  );
  await panel.getByRole('checkbox', { name: /^Store the 2 good rows/ }).check();

  await test.step('what was changed since the look is looked at before anything is stored', async () => {
    await pick(panel, 'Tier of rows that name none', 'system');
    await expect(panel.getByRole('button', { name: /^Store 2/ })).toBeDisabled();
    await panel.getByRole('button', { name: 'Look at it so' }).click();
    await panel.getByRole('checkbox', { name: /^Store the 2 good rows/ }).check();
    await panel.getByRole('button', { name: /^Store 2/ }).click();
    await expect(panel).toBeHidden({ timeout: 30_000 });
  });
  expect(await ask(page, 'batch.rows', { name: 'Lieferung' })).toMatchObject([
    { identity: { serial: 'SN1' }, tier: 'system' },
    { identity: { serial: 'SN3' }, tier: 'system' },
  ]);
  expect(app.problems).toEqual([]);
});

/** Picks an option of a list in a panel. */
async function pick(panel: Locator, label: string, option: string): Promise<void> {
  await panel.getByRole('combobox', { name: label }).click();
  await panel.getByRole('option', { name: option, exact: true }).click();
}

test('a batch is preauthorized, what was refused is seen, and what nobody used is taken back', async ({
  home,
}) => {
  const rows = Array.from({ length: 60 }, (_, n) => keyRow(n));
  await withBatch(home, rows, async ({ page }, server) => {
    await test.step('its rows are shown before anything is sent', async () => {
      await expect(guidance(page)).toContainText('60 rows to send');
      await expect(batch(page)).toContainText('0 of 60');
      await expect(rowsOf(page)).toHaveAttribute('aria-rowcount', '61');
      await expect(rowsOf(page).getByRole('row').nth(1)).toContainText('SN0');
      expect(server.inspect()).toEqual([]);
    });

    const told = await listen(page);
    await test.step('sent: each row has its answer, and the count is whole', async () => {
      await start(page);
      await expect(batch(page)).toContainText('60 of 60', { timeout: 60_000 });
      await expect(batch(page)).toContainText('The run has come to its end');
      await expect(batch(page)).toContainText(/Created\s*60/);
      await expect(guidance(page)).toContainText('Every row is on the server');
      await expect(rowsOf(page).getByRole('row').nth(1)).toContainText('Created');
      expect(server.inspect().map(({ status }) => status)).toEqual(Array(60).fill('preauthorized'));
      // Of its rows only the page in sight crosses to the window.
      expect((await told()).filter(({ type }) => type === 'batch-outcomes')).toEqual([]);
    });

    await test.step('compared: a device that is gone is found, and its row sent again once that is asked for', async () => {
      const [gone] = server.inspect();
      await adminCall(server, 'DELETE', `/devices/${gone?.id}`);
      server.finishDecommissions();
      await page.getByRole('button', { name: 'Compare with the server…' }).click();
      const panel = page.getByRole('dialog', { name: 'spring and its server' });
      await expect(panel.getByRole('row').filter({ hasText: /^Missing/ })).toContainText('SN0', {
        timeout: 60_000,
      });
      await panel.getByRole('button', { name: 'Have 1 missing row sent again' }).click();
      await expect(panel.getByRole('button', { name: 'Leave it' })).toBeFocused();
      await panel.getByRole('button', { name: 'Do it' }).click();
      await expect(batch(page)).toContainText('59 of 60', { timeout: 60_000 });
      await page.keyboard.press('Escape');
      await start(page);
      await expect(batch(page)).toContainText('60 of 60', { timeout: 60_000 });
      expect(server.inspect()).toHaveLength(60);
    });

    await test.step('all of the record is compared with the server from its place among the servers', async () => {
      await adminCall(server, 'POST', '/devices', {
        identity_data: { serial: 'stranger' },
        pubkey: generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }),
      });
      const [gone, stranger] = [server.inspect()[0], server.inspect().at(-1)];
      await adminCall(server, 'DELETE', `/devices/${gone?.id}`);
      server.finishDecommissions();
      await page.getByRole('banner').getByRole('button', { name: DEFAULT_ADMIN.email }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Compare with the record…' }).click();
      const panel = page.getByRole('dialog', { name: 'bench and the record' });
      await expect(panel.getByRole('row').filter({ hasText: /^Extra/ })).toContainText('stranger', {
        timeout: 60_000,
      });
      await expect(panel.getByRole('row').filter({ hasText: /^Missing/ })).toHaveCount(1);
      await expect(panel).toContainText('mended where that batch is compared');
      await expect(panel.getByRole('button', { name: /sent again/ })).toHaveCount(0);
      await page.keyboard.press('Escape');
      await adminCall(server, 'DELETE', `/devices/${stranger?.id}`);
      server.finishDecommissions();
      expect(server.inspect()).toHaveLength(59);
    });

    await test.step('taken back: first what would go, then, asked once more, the deed', async () => {
      await page.getByRole('button', { name: 'Take back…' }).click();
      const panel = page.getByRole('dialog', { name: 'Take back spring' });
      await panel.getByRole('button', { name: 'Look what would be removed' }).click();
      const sure = panel.getByRole('alertdialog');
      await expect(sure).toContainText('Remove 59 devices from bench?', { timeout: 60_000 });
      await expect(sure.getByRole('button', { name: 'Leave them' })).toBeFocused();
      expect(server.inspect()).toHaveLength(59);
      await sure.getByRole('button', { name: 'Remove them' }).click();
      await expect(panel).toContainText('Taken back', { timeout: 60_000 });
      await expect.poll(() => server.inspect().length).toBe(0);
    });
  });
});

test('a run that is paused goes on; one whose station is killed is resumed, and no row is sent twice', async ({
  home,
}) => {
  test.skip(process.platform !== 'linux', 'reads /proc');
  const rows = Array.from({ length: 400 }, (_, n) => keyRow(n));
  await withBatch(home, rows, async ({ page, application }, server) => {
    // Each answer takes a while, so that there is something to see and to stop.
    const slow = server.faults.add({ on: 'preauthorize', act: { kind: 'latency', ms: 60 } });
    await start(page);
    await expect(guidance(page)).toContainText('Preauthorizing spring', { timeout: 30_000 });
    await expect(batch(page)).toContainText(/rows\/s/, { timeout: 30_000 });
    await bigButton(page).click();
    await expect(guidance(page)).toContainText('spring is paused', { timeout: 30_000 });
    const sent = server.inspect().length;
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(400);

    await expect(bigButton(page)).toContainText('Resume');
    await bigButton(page).click();
    await expect(guidance(page)).toContainText('Preauthorizing spring');
    await expect.poll(() => server.inspect().length, { timeout: 30_000 }).toBeGreaterThan(sent);
    process.kill(stationProcess(application.process().pid ?? 0), 'SIGKILL');
    await expect(guidance(page).getByRole('button', { name: 'Dismiss' })).toBeVisible({ timeout: 30_000 });
    await guidance(page).getByRole('button', { name: 'Dismiss' }).click();
    await expect(guidance(page)).toContainText('spring was cut off', { timeout: 30_000 });
    await signIn(page, 'bench');
    slow.remove();
    await bigButton(page).click();
    await expect(batch(page)).toContainText('400 of 400', { timeout: 90_000 });
    expect(server.inspect()).toHaveLength(400);
    expect(new Set(server.inspect().map(({ identity }) => JSON.stringify(identity))).size).toBe(400);
    const { counts } = await ask(page, 'batch.show', { name: 'spring' });
    expect(counts).toMatchObject({ pending: 0, conflict: 0, limit: 0, refused: 0, created: 400 });
  });
});

test('a server without room says so before a row is sent, and takes what it can on a person’s word', async ({
  home,
}) => {
  const rows = Array.from({ length: 20 }, (_, n) => keyRow(n));
  await withBatch(home, rows, async ({ page }, server) => {
    Object.assign(server.environment, { limit: 5 });
    await start(page);
    const panel = page.getByRole('dialog', { name: 'Preauthorize spring' });
    await expect(panel.getByRole('alert')).toContainText('has room for 5 more devices', { timeout: 30_000 });
    expect(server.inspect()).toEqual([]);
    await panel.getByRole('button', { name: 'Send as many as there is room for' }).click();
    await expect(batch(page)).toContainText('20 of 20', { timeout: 60_000 });
  });
});

test('a hundred thousand rows: scrolled without all of them in the page, or ever asked for', async ({
  home,
}) => {
  test.slow();
  const rows = Array.from({ length: 100_000 }, (_, n) => ({ line: n + 2, identity: { serial: `SN${n}` } }));
  await withBatch(home, rows, async ({ page }) => {
    await expect(batch(page)).toContainText('0 of 100,000');
    await expect(rowsOf(page).getByRole('row').nth(1)).toContainText('SN0');
    const body = rowsOf(page).getByRole('rowgroup').nth(1);
    await body.focus();
    for (let pages = 0; pages < 5; pages += 1) {
      const before = await body.evaluate((element) => element.scrollHeight);
      await body.evaluate((element) => (element.scrollTop = element.scrollHeight));
      await expect.poll(() => body.evaluate((element) => element.scrollHeight)).toBeGreaterThan(before);
    }
    await body.evaluate((element) => (element.scrollTop = 900 * 48));
    await expect(rowsOf(page).getByText('SN900', { exact: true })).toBeVisible();
    expect(await rowsOf(page).getByRole('row').count()).toBeLessThan(80);
  });
});
