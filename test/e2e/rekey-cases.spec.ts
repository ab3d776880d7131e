import { generateKeyPairSync } from 'node:crypto';
import type { Page } from '@playwright/test';
import { expect } from './app.ts';
import { bigButton, card, guidance } from './bench.ts';
import { adminCall, provisionOn, test, useServer } from './own-bench.ts';

const MAC = '52:54:00:ab:00:01';
const NEW_MAC = '52:54:00:ab:00:02';
const CLIENT = { key: { kind: 'present', type: 'ed25519' }, conf: {} } as const;

test.skip(process.platform !== 'linux', 'puts boards on ttys');

async function readOn(page: Page, port: string): Promise<void> {
  await page.getByRole('navigation').getByRole('button', { name: 'Re-key' }).click();
  await page.getByRole('radio', { name: new RegExp(`^${port}`) }).check({ timeout: 20_000 });
  await bigButton(page).click();
  await expect(found(page)).toBeVisible({ timeout: 60_000 });
}

function found(page: Page) {
  return page.getByRole('region', { name: 'What was found' });
}

/** Says why and confirms; before each word the big button is held back. */
async function confirmAndStart(page: Page, words: readonly string[]): Promise<void> {
  await page.getByRole('radio', { name: 'Returned from the field' }).check();
  for (const word of words) {
    await expect(bigButton(page)).toBeDisabled();
    await expect(bigButton(page)).toContainText('Confirm what was found');
    await found(page).getByRole('checkbox', { name: word }).check();
  }
  await bigButton(page).click();
  await expect(page.getByRole('region', { name: 'Result' })).toContainText('PASS', { timeout: 90_000 });
}

test('a unit that somebody has rejected is let in again only on a person’s word, and dry-run first', async ({
  app,
  bench,
}) => {
  const { page } = app;
  await bench.plugIn(bench.board({ mac: MAC, client: CLIENT }), 'left');
  await useServer(page, bench.server);
  await provisionOn(page, 'left');
  const [device] = bench.server.inspect();
  const [set] = device?.sets ?? [];
  await adminCall(bench.server, 'PUT', `/devices/${device?.id}/auth/${set?.id}/status`, {
    status: 'rejected',
  });

  await readOn(page, 'left');
  await expect(found(page)).toContainText('Rejected on the server');
  await expect(found(page)).toContainText('somebody shut it out');
  await page.getByRole('radio', { name: 'Returned from the field' }).check();
  await expect(guidance(page).getByRole('button', { name: 'What would be done' })).toHaveCount(0);
  const word = found(page).getByRole('checkbox', { name: 'Accept it although somebody has rejected it' });
  await word.check();

  await test.step('what would be done is told, and nothing of it is done', async () => {
    await guidance(page).getByRole('button', { name: 'What would be done' }).click();
    const plan = page.getByRole('dialog', { name: 'What would be done' }).getByRole('article');
    await expect(plan).toContainText('Would get its new key', { timeout: 60_000 });
    await expect(plan).toContainText(MAC);
    expect(await plan.getByRole('listitem').count()).toBeGreaterThan(4);
    expect(bench.server.inspect().flatMap(({ sets }) => sets.map(({ status }) => status))).toEqual([
      'rejected',
    ]);
    await page.keyboard.press('Escape');
  });
  await word.uncheck();
  await confirmAndStart(page, ['Accept it although somebody has rejected it']);
  expect(bench.server.inspect().flatMap(({ sets }) => sets.map(({ status }) => status))).toEqual([
    'accepted',
  ]);
  expect(app.problems).toEqual([]);
});

test('a unit that is set to another server is taken over only on a person’s word', async ({ app, bench }) => {
  const { page } = app;
  const conf = { ServerURL: 'https://mender.elsewhere.example' };
  await bench.plugIn(bench.board({ mac: MAC, client: { ...CLIENT, conf } }), 'left');
  await useServer(page, bench.server);
  await readOn(page, 'left');
  await expect(found(page)).toContainText('It is set to another server or organization');
  await expect(found(page)).toContainText('https://mender.elsewhere.example');
  await expect(page.getByRole('region', { name: 'Unit', exact: true })).toContainText(
    'https://mender.elsewhere.example',
  );
  await confirmAndStart(page, [
    'Take it over from the server or organization that it is set to now',
    'Register it on this server as a new device',
  ]);
  await expect(page.getByRole('region', { name: 'Result' })).toContainText(MAC);
  expect(bench.server.inspect().flatMap(({ sets }) => sets.map(({ status }) => status))).toEqual([
    'accepted',
  ]);
  expect(app.problems).toEqual([]);
});

test('a replaced network board: the former identity is shown, and its device decommissioned on request', async ({
  app,
  bench,
}) => {
  const { page } = app;
  const pem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  const client = { key: { kind: 'present', pem }, conf: {} } as const;
  const unit = bench.board({ mac: MAC, client });
  await bench.plugIn(unit, 'left');
  await useServer(page, bench.server);
  await page.getByRole('combobox', { name: 'Key' }).click();
  await page.getByRole('option', { name: /^The one that is there/ }).click();
  await provisionOn(page, 'left');
  unit.unplug();
  await bench.plugIn(bench.board({ mac: NEW_MAC, client }), 'right');
  await expect(card(page, 'right')).toBeVisible({ timeout: 20_000 });

  await readOn(page, 'right');
  await expect(found(page)).toContainText('Its identity has changed');
  await expect(found(page)).toContainText(/Was.*52:54:00:ab:00:01.*Is now.*52:54:00:ab:00:02/);
  await expect(found(page)).toContainText(/Former device.*Accepted/);
  await found(page)
    .getByRole('checkbox', { name: 'Decommission the former device once the new one is proved' })
    .check();
  await confirmAndStart(page, [
    'It is the same unit with a replaced part; register it under its new identity',
  ]);
  await expect
    .poll(() =>
      bench.server.inspect().map(({ identity, sets }) => [identity, sets.map(({ status }) => status)]),
    )
    .toEqual([[{ mac: NEW_MAC }, ['accepted']]]);
  expect(app.problems).toEqual([]);
});
