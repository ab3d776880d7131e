import { expect, test } from './app.ts';
import { ask, bigButton, card, expectReady, expectVerdicts, guidance, rehearse } from './bench.ts';

test('what would be done is told for the marked slots, changes nothing, and is what is done then', async ({
  app,
}) => {
  const { page } = app;
  const labels = await rehearse(page, { boards: 3, fail: 'disk-full' });
  await expectReady(page, labels);
  await card(page, 'Board 1').getByRole('button', { name: 'Provision' }).click();
  await expectVerdicts(page, 'PASS', ['Board 1']);
  for (const label of labels) await page.getByRole('checkbox', { name: `Mark ${label}` }).check();

  await guidance(page).getByRole('button', { name: 'What would be done' }).click();
  const panel = page.getByRole('dialog', { name: 'What would be done' });
  await expect(panel).toContainText('Boards and server were read; nothing was changed.', { timeout: 60_000 });
  const plan = (label: string) => panel.getByRole('article', { name: label });
  await expect(plan('Board 1')).toContainText('Nothing to do');
  await expect(plan('Board 2')).toContainText('Would be provisioned');
  await expect(plan('Board 2')).toContainText('52:54:00:be:00:02');
  const actions = plan('Board 2').getByRole('listitem');
  expect(await actions.count()).toBeGreaterThan(3);
  await expect(actions.filter({ hasText: 'board' })).not.toHaveCount(0);
  await expect(actions.filter({ hasText: 'server' })).not.toHaveCount(0);
  await expect(plan('Board 3')).toContainText('Would stop');
  await expect(plan('Board 3')).toContainText('board/disk-full');
  const { records, jobs } = await ask(page, 'snapshot', {});
  expect(records).toHaveLength(1);
  expect(jobs).toHaveLength(1);
  await page.keyboard.press('Escape');

  await bigButton(page).click();
  await expectVerdicts(page, 'ALREADY', ['Board 1']);
  await expectVerdicts(page, 'PASS', ['Board 2']);
  await expectVerdicts(page, 'FAIL', ['Board 3']);
  expect(app.problems).toEqual([]);
});
