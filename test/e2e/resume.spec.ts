import type { Page } from '@playwright/test';
import { expect } from './app.ts';
import { ask, bigButton, card, expectVerdicts, guidance } from './bench.ts';
import { signIn, test, useServer } from './own-bench.ts';
import { stationProcess } from './processes.ts';

const MAC = '52:54:00:ab:00:01';

test.skip(process.platform !== 'linux', 'reads /proc, and puts boards on ttys');

function unfinished(page: Page) {
  return page.getByRole('dialog', { name: 'Unfinished jobs' }).getByRole('article', { name: MAC });
}

test('a station that is killed in mid-job: said with what it left, finished on another port by one button', async ({
  app,
  bench,
}) => {
  const { page } = app;
  const board = bench.board({ mac: MAC, client: { key: { kind: 'present', type: 'ed25519' }, conf: {} } });
  await bench.plugIn(board, 'left');
  await useServer(page, bench.server);

  await test.step('the server has accepted the key, and the station is killed before it knows', async () => {
    const held = bench.server.faults.add({ on: 'accept', act: { kind: 'hang', when: 'after' } });
    await card(page, 'left')
      .getByRole('button', { name: /Provision|Try anyway/ })
      .click({ timeout: 20_000 });
    await expect.poll(() => held.hits, { timeout: 30_000 }).toBe(1);
    process.kill(stationProcess(app.application.process().pid ?? 0), 'SIGKILL');
    held.remove();
  });

  await test.step('the window says what was cut, where, and that the board is not to be unplugged', async () => {
    const job = unfinished(page);
    await expect(job).toBeVisible({ timeout: 20_000 });
    await expect(job).toContainText('Provisioning, cut in the step “Accept on server”');
    await expect(job).toContainText('Not safe to unplug');
    await expect(job).toContainText('may be refused until this is finished');
    await expect(job).toContainText('plug it in, any port');
    await page.keyboard.press('Escape');
    await expect(job).toBeHidden();
    await expect(page.getByRole('banner').getByRole('button', { name: '1 unfinished' })).toBeVisible();
  });

  await test.step('its board was plugged into another port: one button finishes it', async () => {
    await signIn(page, 'field');
    board.unplug();
    await bench.plugIn(board, 'right');
    await expect(card(page, 'right')).toBeVisible({ timeout: 20_000 });
    await guidance(page).getByRole('button', { name: 'Dismiss' }).click();
    await expect(guidance(page)).toContainText(`1 job was interrupted: ${MAC}`);
    await guidance(page).getByRole('button', { name: 'Finish' }).click();
    await expectVerdicts(page, 'PASS', ['right']);
    await expect(page.getByRole('banner').getByRole('button', { name: /unfinished/ })).toHaveCount(0);
  });

  const [device, ...others] = bench.server.inspect();
  expect(others).toEqual([]);
  expect(device?.sets.map(({ status }) => status)).toEqual(['accepted']);
  expect(
    (await ask(page, 'snapshot', {})).records.map(({ verdict, port }) => [verdict, port.split('/').at(-1)]),
  ).toEqual([
    ['pass', 'right'],
    ['fail', 'left'],
  ]);
  expect(app.problems).toEqual([]);
});

test('a job whose board is nowhere stays on the list until a person takes it off, asked twice', async ({
  app,
  bench,
}) => {
  const { page } = app;
  const board = bench.board({ mac: MAC, client: { key: { kind: 'present', type: 'ed25519' }, conf: {} } });
  await bench.plugIn(board, 'left');
  await useServer(page, bench.server);
  const held = bench.server.faults.add({ on: 'auth-request', act: { kind: 'hang', when: 'before' } });
  await card(page, 'left')
    .getByRole('button', { name: /Provision|Try anyway/ })
    .click({ timeout: 20_000 });
  await expect.poll(() => held.hits, { timeout: 30_000 }).toBe(1);
  board.unplug();
  process.kill(stationProcess(app.application.process().pid ?? 0), 'SIGKILL');
  held.remove();

  const job = unfinished(page);
  await expect(job).toContainText('Safe to unplug', { timeout: 20_000 });
  await signIn(page, 'field');
  await job.getByRole('button', { name: 'Look for it and finish' }).click();
  const panel = page.getByRole('dialog', { name: 'Unfinished jobs' });
  await expect(panel.getByRole('alert')).toContainText('job/board-not-here', { timeout: 30_000 });
  await expect(job).toContainText('plug it in, any port, and look again');

  await job.getByRole('button', { name: 'Take off the list' }).click();
  const sure = page.getByRole('alertdialog');
  await expect(sure.getByRole('button', { name: 'Keep it' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(sure).toBeHidden();
  await expect(job).toBeVisible();
  await job.getByRole('button', { name: 'Take off the list' }).click();
  await sure.getByRole('button', { name: 'Take it off' }).click();
  await expect(panel).toContainText('Everything is finished.');
  expect(await ask(page, 'resume.list', {})).toEqual([]);
  await page.keyboard.press('Escape');
  await expect(bigButton(page)).toBeVisible();
  expect(app.problems).toEqual([]);
});
