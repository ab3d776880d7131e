import type { Page } from '@playwright/test';
import { expect } from './app.ts';
import { ask, bigButton, card, expectVerdicts, guidance } from './bench.ts';
import { test, useServer } from './own-bench.ts';

const MAC = '52:54:00:ab:00:01';
const CLIENT = { key: { kind: 'present', type: 'ed25519' }, conf: {} } as const;

test.skip(process.platform !== 'linux', 'puts boards on ttys');

async function provision(page: Page): Promise<void> {
  await card(page, 'left')
    .getByRole('button', { name: /Provision|Try anyway/ })
    .click({ timeout: 20_000 });
}

test('without its server a re-key is staged and waits, is seen to wait, and goes on by itself', async ({
  app,
  bench,
}) => {
  test.slow();
  const { page } = app;
  await bench.plugIn(bench.board({ mac: MAC, client: CLIENT }), 'left');
  await useServer(page, bench.server);
  await provision(page);
  await expectVerdicts(page, 'PASS', ['left']);
  const sets = (): readonly string[] =>
    bench.server.inspect().flatMap((device) => device.sets.map(({ status }) => status));
  const [before] = (await ask(page, 'snapshot', {})).records;

  const down = bench.server.faults.add({ on: 'any', act: { kind: 'drop', when: 'before' } });
  await page.getByRole('navigation').getByRole('button', { name: 'Re-key' }).click();
  await page.getByRole('radio', { name: /^left/ }).check();
  await page.getByRole('button', { name: 'Read the unit' }).click();
  await expect(page.getByRole('region', { name: 'What was found' })).toContainText(
    'The server could not be asked',
    { timeout: 90_000 },
  );
  await expect(guidance(page)).toContainText('the new key can be prepared');
  await page.getByRole('radio', { name: 'Scheduled renewal' }).check();
  await bigButton(page).click();

  await expect(guidance(page)).toContainText('Staged, old key active, nothing sent', { timeout: 90_000 });
  await expect(page.getByRole('main')).toContainText('It waits for the server.');
  await expect(page.getByRole('main')).toContainText(/Until .*left\)/);
  await expect(page.getByRole('banner').getByRole('button', { name: '1 unfinished' })).toBeVisible();
  expect(sets()).toEqual(['accepted']);
  await bigButton(page).click();
  await expect(page.getByRole('region', { name: 'Waiting jobs' })).toContainText(MAC);
  await page.getByRole('navigation').getByRole('button', { name: 'Bench' }).click();
  await expect(card(page, 'left')).toContainText('Waits for the server');

  down.remove();
  await expectVerdicts(page, 'PASS', ['left']);
  const [after] = (await ask(page, 'snapshot', {})).records;
  expect(after).toMatchObject({ verdict: 'pass', identity: MAC });
  expect(after?.keyFingerprint).not.toBe(before?.keyFingerprint);
  expect(sets()).toEqual(['accepted']);
  await card(page, 'left').getByRole('button', { name: 'Re-key' }).click();
  await expect(page.getByText('Old key refused, tested')).toBeVisible();
  expect(app.problems).toEqual([]);
});

test('a job that is cancelled says what it does about its board, and then what the board is left in', async ({
  app,
  bench,
}) => {
  const { page } = app;
  await bench.plugIn(bench.board({ mac: MAC, client: CLIENT }), 'left');
  await useServer(page, bench.server);
  const held = bench.server.faults.add({ on: 'auth-request', act: { kind: 'hang', when: 'before' } });
  await provision(page);
  await expect.poll(() => held.hits, { timeout: 30_000 }).toBe(1);
  await card(page, 'left').getByRole('button', { name: 'Cancel' }).click();
  await expect(card(page, 'left')).toContainText('Stopping…');
  await expect(card(page, 'left')).toContainText('what was staged is taken back; the key in use stays');
  await expectVerdicts(page, 'STOPPED', ['left']);
  held.remove();
  await expect(card(page, 'left')).toContainText('The board now:');
  expect(bench.server.inspect().flatMap((device) => device.sets)).toEqual([]);
  expect(app.problems).toEqual([]);
});
