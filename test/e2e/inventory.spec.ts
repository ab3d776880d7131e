import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from '@playwright/test';
import type { MenderServer } from '../../src/rehearsal/server/index.ts';
import { createMenderServer } from '../../src/servers/mender/index.ts';
import { knock, newKey } from '../unit/servers/mender/bench.ts';
import { profileOf } from '../unit/servers/peers.ts';
import { expect } from './app.ts';
import { ask, bigButton, card } from './bench.ts';
import { provisionOn, signIn, test, useServer, type OwnBench } from './own-bench.ts';
import { stationProcess } from './processes.ts';

const MAC = '52:54:00:cd:00:01';
const GROUP = 'plant-7';

async function importList(page: Page, home: string, rows: readonly string[]): Promise<void> {
  const list = path.join(home, 'order.csv');
  writeFileSync(list, rows.map((row) => `${row}\n`).join(''));
  await ask(page, 'batch.import', { path: list, name: 'spring' });
}

/** The batches, or the one that was looked at last. */
async function toBatches(page: Page): Promise<void> {
  await page.getByRole('navigation').getByRole('button', { name: 'Batches' }).click();
}

async function showBatch(page: Page): Promise<void> {
  await toBatches(page);
  await page.getByRole('button', { name: /^spring/ }).click();
}

/** The batch that boards count in from now on; leaves its page open. */
async function putOnBench(page: Page): Promise<void> {
  await showBatch(page);
  await bigButton(page).click();
  await expect(page.getByRole('region', { name: 'Batch on the bench' })).toContainText('0 of 1');
}

const tagCalls = (server: MenderServer): number =>
  server.requests.entries.filter(({ step }) => step === 'tags').length;

/** A unit of the list is brought through at a server that answers every request for its tags with this status. */
async function provisioned(page: Page, home: string, bench: OwnBench, status: 403 | 503): Promise<void> {
  await importList(page, home, ['mac,group,tag.order', `${MAC},${GROUP},4711`]);
  await useServer(page, bench.server);
  await putOnBench(page);
  await bench.plugIn(bench.board({ mac: MAC }), 'left');
  bench.server.faults.add({ on: 'tags', act: { kind: 'status', status } });
  await provisionOn(page, 'left');
}

const described = (server: MenderServer): unknown => server.inspect().map(({ tags, group }) => [tags, group]);

test.skip(process.platform !== 'linux', 'puts boards on ttys, and reads /proc');

test('a unit whose tags the server refuses passes, its batch says why they are not set, and a click sets them', async ({
  app,
  home,
  bench,
}) => {
  const { page } = app;
  const { server } = bench;
  await provisioned(page, home, bench, 403);
  await expect(card(page, 'left')).toContainText('Tags and group not set');

  await toBatches(page);
  const batch = page.getByRole('region', { name: 'spring' });
  await expect(batch).toContainText(/Tags and group\s*1 failed/);
  server.faults.clear();
  await batch.getByRole('button', { name: 'Set tags and groups again' }).click();
  await expect(batch).toContainText(/Tags and group\s*1 set/);
  await expect(batch.getByRole('button', { name: 'Set tags and groups again' })).toBeHidden();
  expect(described(server)).toEqual([[{ order: '4711' }, GROUP]]);
  expect(app.problems).toEqual([]);
});

test('a station killed between a verdict and the tags goes on with them at its next login, and sets them once', async ({
  app,
  home,
  bench,
}) => {
  const { page } = app;
  const { server } = bench;
  await provisioned(page, home, bench, 503);
  await expect(card(page, 'left')).toContainText('Tags and group follow');
  process.kill(stationProcess(app.application.process().pid ?? 0), 'SIGKILL');
  await expect(page.getByText('The station process stopped and was started again.')).toBeVisible();
  const refused = tagCalls(server);
  server.faults.clear();
  await signIn(page, 'field');

  await toBatches(page);
  await expect(page.getByRole('region', { name: 'spring' })).toContainText(/Tags and group\s*1 set/);
  expect(described(server)).toEqual([[{ order: '4711' }, GROUP]]);
  expect(tagCalls(server)).toBe(refused + 1);
  expect(await ask(page, 'journal.verify', {})).toMatchObject({ ok: true });
});

test('devices that were preauthorized are given their tags and groups by a click once they have come', async ({
  app,
  home,
  bench,
}) => {
  const { page } = app;
  const { server } = bench;
  const pair = newKey();
  await importList(page, home, [
    'mac,pubkey,group,tag.order',
    `${MAC},${pair.pem.replaceAll('\n', '\\n')},${GROUP},4711`,
  ]);
  await useServer(page, server);
  await ask(page, 'batch.preauthorize', { name: 'spring', server: 'field' });
  await showBatch(page);
  const batch = page.getByRole('region', { name: 'spring' });
  const apply = batch.getByRole('button', { name: 'Set tags and groups of boards that have come' });
  await apply.click();
  await expect(batch.getByRole('status')).toContainText('0 asked for now, 0 before; 1 have not come yet');

  await using other = createMenderServer(profileOf(server.url));
  await knock(other, { mac: MAC }, pair);
  await apply.click();
  await expect(batch.getByRole('status')).toContainText('1 asked for now, 0 before; 0 have not come yet');
  await expect(batch).toContainText(/Tags and group\s*1 set/);
  expect(described(server)).toEqual([[{ order: '4711' }, GROUP]]);
  expect(app.problems).toEqual([]);
});

test('boards of no list get the name, tags and group of the job settings; nothing begins while these are wrong', async ({
  app,
  bench,
}) => {
  const { page } = app;
  const { server } = bench;
  await useServer(page, server);
  await bench.plugIn(bench.board({ mac: MAC }), 'left');
  const panel = page.getByRole('dialog', { name: 'Job settings' });
  await page.getByRole('button', { name: 'Job settings' }).click();
  await panel.getByRole('textbox', { name: 'Name', exact: true }).fill('gateway {mac:nocolon}');
  await panel.getByRole('textbox', { name: 'Tags' }).fill('order=4711\nline = 3');
  await panel.getByRole('textbox', { name: 'Group' }).fill('plant 7');
  await expect(panel).toContainText('Letters, digits, - and _ only.');
  await page.keyboard.press('Escape');

  await card(page, 'left')
    .getByRole('button', { name: /Provision|Try anyway/ })
    .click({ timeout: 20_000 });
  await expect(panel.getByRole('textbox', { name: 'Group' })).toHaveValue('plant 7');
  expect(server.inspect()).toEqual([]);
  await panel.getByRole('textbox', { name: 'Group' }).fill(GROUP);
  await page.keyboard.press('Escape');

  await provisionOn(page, 'left');
  await expect(card(page, 'left')).toContainText('Tags and group set');
  const tags = { name: 'gateway 525400cd0001', order: '4711', line: '3' };
  expect(described(server)).toEqual([[tags, GROUP]]);
  expect(app.problems).toEqual([]);
});
