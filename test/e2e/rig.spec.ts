import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { startMenderServer, type MenderServer } from '../../src/rehearsal/server/index.ts';
import { startBoards, type Bench, type Board } from '../rig/board.ts';
import { rigObstacle } from '../rig/packages.ts';
import { bootstrap, boardKey, shellsLeft } from '../rig/witness.ts';
import { expect, test } from './app.ts';
import { ask, card, choose, expectReady, expectVerdicts, guidance } from './bench.ts';
import { stationProcess } from './processes.ts';

const ADMIN = { email: 'admin@factory.example', password: 'canary-password-of-the-admin' } as const;
const PASSWORD = 'canary-password-of-the-board';

const obstacle = rigObstacle();
test.skip(
  obstacle !== undefined && process.env['CI'] !== 'true',
  `needs boards on real ttys (${obstacle ?? ''})`,
);

let bench: Bench;
let server: MenderServer;
test.beforeAll(async () => {
  test.setTimeout(300_000);
  [bench, server] = await Promise.all([
    startBoards([
      { password: PASSWORD, daemon: false },
      { password: PASSWORD, shell: 'ash', daemon: false },
    ]),
    startMenderServer({ tls: true, admin: ADMIN }),
  ]);
});
test.afterAll(async () => {
  await bench.close();
  await server.close();
});

/** What a test's home holds before its first start: where the ports are, and a profile that brings the server's CA along. */
test.use({
  home: async ({ home }, use) => {
    mkdirSync(path.join(home, 'board-profiles'));
    writeFileSync(path.join(home, 'board-profiles', 'rig.json'), JSON.stringify({ installServerCa: true }));
    writeFileSync(
      path.join(home, 'settings.json'),
      JSON.stringify({
        portLinks: bench.ports,
        preferences: { server: null, profile: 'rig', operator: null },
      }),
    );
    writeFileSync(path.join(home, 'ca.pem'), server.ca ?? '');
    await use(home);
  },
});

/** Does with the mouse what a newcomer does before the first real board. */
async function setUp(page: Page): Promise<void> {
  await page.getByRole('banner').getByRole('button', { name: 'Add a server' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('factory');
  await page.getByRole('textbox', { name: 'URL', exact: true }).fill(server.url);
  await page.getByRole('textbox', { name: 'URL for boards' }).fill(`https://10.0.2.2:${server.port}`);
  await page.getByRole('radio', { name: 'By a CA certificate from a file' }).check();
  await page.getByRole('button', { name: 'Choose the certificate file (PEM)' }).click();
  await expect(page.getByText('Chosen: ca.pem')).toBeVisible();
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('textbox', { name: 'E-mail' }).fill(ADMIN.email);
  await page.getByLabel('Password', { exact: true }).fill(ADMIN.password);
  await page.getByRole('dialog').getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByRole('banner')).toContainText(ADMIN.email);
  await page.getByRole('button', { name: 'Job settings' }).click();
  await page.getByLabel('Password “board”').fill(PASSWORD);
  await page.getByRole('button', { name: 'Store' }).first().click();
  await expect(page.getByText('A password is stored.')).toBeVisible();
  await page.keyboard.press('Escape');
}

/** What the board and the server say themselves, with the key that the record names. */
async function expectInUse(page: Page, board: Board): Promise<void> {
  const [record] = (await ask(page, 'snapshot', {})).records;
  expect(record).toMatchObject({ verdict: 'pass', proof: 'board-client', identity: board.mac });
  expect(await boardKey(board)).toBe(record?.keyFingerprint);
  expect(await bootstrap(board)).toMatchObject({ authorized: true });
  expect(await shellsLeft(board)).toEqual([]);
}

test('a real board gets its key through the window, and its own client is authorized with it', async ({
  app,
  home,
}) => {
  test.slow();
  const { page, application } = app;
  const [board] = bench.boards;
  if (board === undefined) throw new Error('no board');
  await choose(application, path.join(home, 'ca.pem'));
  await setUp(page);
  await expectReady(page, ['slot-1', 'slot-2']);

  await card(page, 'slot-1').getByRole('button', { name: 'Identify' }).click();
  await expect(page.getByRole('dialog')).toContainText(board.mac, { timeout: 20_000 });
  await expect(page.getByRole('dialog')).toContainText('3.4.0');
  await page.keyboard.press('Escape');

  await card(page, 'slot-1').getByRole('button', { name: 'Provision' }).click();
  await expectVerdicts(page, 'PASS', ['slot-1']);
  await expect(card(page, 'slot-1')).toContainText('The board’s own client was authorized.');
  await expect(card(page, 'slot-1')).toContainText(board.mac);
  await expectInUse(page, board);

  await card(page, 'slot-1').getByRole('button', { name: 'Run again' }).click();
  await expectVerdicts(page, 'ALREADY', ['slot-1']);
  expect(app.problems).toEqual([]);
  expect(app.output()).not.toContain('canary');
});

test('a station that is killed in the middle of a real board finishes it by one button', async ({
  app,
  home,
}) => {
  test.slow();
  const { page, application } = app;
  const board = bench.boards[1];
  if (board === undefined) throw new Error('no board');
  await choose(application, path.join(home, 'ca.pem'));
  await setUp(page);
  await expectReady(page, ['slot-2']);
  // The server has accepted the key, and the station does not know it: nothing is in use yet.
  const held = server.faults.add({ on: 'accept', act: { kind: 'hang', when: 'after' } });
  await card(page, 'slot-2').getByRole('button', { name: 'Provision' }).click();
  await expect.poll(() => held.hits, { timeout: 30_000 }).toBe(1);
  process.kill(stationProcess(application.process().pid ?? 0), 'SIGKILL');
  held.remove();
  const unfinished = page.getByRole('dialog', { name: 'Unfinished jobs' });
  await expect(unfinished.getByRole('article', { name: board.mac })).toContainText('Not safe to unplug');
  await page.keyboard.press('Escape');
  await expect(guidance(page)).toContainText('The station process stopped and was started again.');
  await guidance(page).getByRole('button', { name: 'Dismiss' }).click();
  const row = page.getByRole('table').getByRole('row').filter({ hasText: 'The station ended in the middle' });
  await expect(row).toContainText('FAIL');

  // The login was not kept: what was in memory alone has gone with the process.
  await guidance(page).getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('textbox', { name: 'E-mail' }).fill(ADMIN.email);
  await page.getByLabel('Password', { exact: true }).fill(ADMIN.password);
  await page.getByRole('dialog').getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(guidance(page)).toContainText(`1 job was interrupted: ${board.mac}`);
  await guidance(page).getByRole('button', { name: 'Finish' }).click();
  await expectVerdicts(page, 'PASS', ['slot-2']);
  await expectInUse(page, board);
});
