import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from './app.ts';
import { ask, bigButton, chooseWhere, expectReady, expectVerdicts, guidance, rehearse } from './bench.ts';

/** A unit that has a key and is accepted with it, as one that comes back from the field. */
async function returnedUnit(page: Page): Promise<string> {
  const labels = await rehearse(page, { boards: 1 });
  await expectReady(page, labels);
  await bigButton(page).click();
  await expectVerdicts(page, 'PASS', labels);
  const [record] = (await ask(page, 'snapshot', {})).records;
  return record?.keyFingerprint ?? '';
}

async function readUnit(page: Page): Promise<void> {
  await page.getByRole('navigation').getByRole('button', { name: 'Re-key' }).click();
  await page.getByRole('radio', { name: /^Board 1/ }).check();
  await page.getByRole('button', { name: 'Read the unit' }).click();
  await expect(page.getByRole('region', { name: 'What was found' })).toBeVisible({ timeout: 60_000 });
}

test('a returned unit: read, said why, re-keyed, the old key refused, and a sheet to hand over', async ({
  app,
  home,
}) => {
  const { page, application } = app;
  const old = await returnedUnit(page);

  await test.step('the unit is shown as it is, and nothing is changed', async () => {
    await readUnit(page);
    const unit = page.getByRole('region', { name: 'Unit', exact: true });
    await expect(unit).toContainText('52:54:00:be:00:01');
    await expect(unit).toContainText('Accepted');
    await expect(unit).toContainText('key of this board');
    await expect(unit).toContainText(old.slice(7, 15));
    await expect(unit.getByRole('listitem').filter({ hasText: 'provisioned' })).toContainText('PASS');
    await expect(page.getByRole('region', { name: 'What was found' })).toContainText(
      'Known: accepted with the key that it holds',
    );
    expect((await ask(page, 'snapshot', {})).records).toHaveLength(1);
  });

  await test.step('without a reason it does not start', async () => {
    await expect(bigButton(page)).toBeDisabled();
    await expect(bigButton(page)).toContainText('Choose the reason');
    await page.getByRole('radio', { name: 'Other', exact: true }).check();
    await expect(bigButton(page)).toContainText('Say the reason in your own words');
    await page.getByLabel('In your own words').fill('Ticket 4711');
    await page.getByLabel('Work order').fill('WO 815');
    await page.getByRole('radio', { name: 'Returned from the field' }).check();
    await expect(bigButton(page)).toBeEnabled();
  });

  await test.step('the verdict stands with what became of the old key', async () => {
    await bigButton(page).click();
    await expect(page.getByText('Old key refused, tested')).toBeVisible({ timeout: 90_000 });
    const result = page.getByRole('region', { name: 'Result' });
    await expect(result).toContainText('PASS');
    await expect(result).toContainText('Returned from the field: Ticket 4711');
    expect((await ask(page, 'journal.list', { limit: 1 }))[0]).toMatchObject({ label: 'WO 815' });
    await expect(guidance(page)).toContainText('Done: the unit has its new key');
  });

  await test.step('the sheet is saved where the engineer says', async () => {
    const file = path.join(home, 'sheet.pdf');
    await chooseWhere(application, file);
    await page.getByRole('button', { name: 'Hand-over sheet…' }).click();
    await expect(page.getByRole('button', { name: 'Sheet saved' })).toBeVisible();
    expect(existsSync(file) && readFileSync(file).subarray(0, 5).toString()).toBe('%PDF-');
  });

  const { records, jobs } = await ask(page, 'snapshot', {});
  expect(records.map(({ verdict }) => verdict)).toEqual(['pass', 'pass']);
  expect(records[0]?.keyFingerprint).not.toBe(old);
  expect(jobs.map(({ flow, result }) => [flow, result?.oldKey])).toEqual([['rekey', 'refused-tested']]);

  await bigButton(page).click();
  await expect(page.getByRole('button', { name: 'Read the unit' })).toBeVisible();
  await page.getByRole('navigation').getByRole('button', { name: 'Bench' }).click();
  await expectReady(page, ['Board 1']);
  expect(app.problems).toEqual([]);
});

test('a unit that the server does not know needs a person’s word first', async ({ app }) => {
  const { page } = app;
  await expectReady(page, await rehearse(page, { boards: 1 }));
  await readUnit(page);
  const found = page.getByRole('region', { name: 'What was found' });
  await expect(found).toContainText('The server does not know it');
  await page.getByRole('radio', { name: 'Key lost' }).check();
  await expect(bigButton(page)).toBeDisabled();
  await expect(bigButton(page)).toContainText('Confirm what was found');
  await found.getByRole('checkbox', { name: 'Register it on this server as a new device' }).check();
  await bigButton(page).click();
  await expect(page.getByRole('region', { name: 'Result' })).toContainText('PASS', { timeout: 90_000 });
  expect(app.problems).toEqual([]);
});

test('the whole flow by keyboard alone, and what is said of another unit is not kept', async ({ app }) => {
  const { page } = app;
  await returnedUnit(page);
  const press = async (key: string, times = 1): Promise<void> => {
    for (let n = 0; n < times; n += 1) await page.keyboard.press(key);
  };
  const tabTo = async (name: RegExp): Promise<void> => {
    const focused = page.locator(':focus');
    for (let steps = 0; steps < 60; steps += 1) {
      await page.keyboard.press('Tab');
      const label = await focused.evaluate(
        (element) =>
          element.getAttribute('aria-label') ??
          (element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : null) ??
          element.textContent,
      );
      if (name.test(label)) return;
    }
    throw new Error(`the tab key does not reach ${String(name)}`);
  };
  await tabTo(/^Re-key$/);
  await press('Enter');
  // The only unit there is stands picked.
  await expect(page.getByRole('radio', { name: /^Board 1/ })).toBeChecked();
  await tabTo(/^Read the unit/);
  await press('Enter');
  await expect(page.getByRole('region', { name: 'What was found' })).toBeVisible({ timeout: 60_000 });
  await tabTo(/^Returned from the field/);
  await press('Space');
  await press('ArrowDown', 2);
  await expect(page.getByRole('radio', { name: 'Key exposed' })).toBeChecked();
  await tabTo(/^Another unit/);
  await press('Enter');
  await tabTo(/^Read the unit/);
  await press('Enter');
  await expect(page.getByRole('radio', { name: 'Key exposed' })).not.toBeChecked({ timeout: 60_000 });
  await tabTo(/^Returned from the field/);
  await press('Space');
  await tabTo(/^Give it a new key/);
  await press('Enter');
  await expect(page.getByText('Old key refused, tested')).toBeVisible({ timeout: 90_000 });
  expect(app.problems).toEqual([]);
});
