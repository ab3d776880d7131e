import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator, Page } from '@playwright/test';
import axeCore from 'axe-core';
import { expect, test } from './app.ts';
import { ask, bigButton, expectReady, expectVerdicts, guidance, listen, rehearse } from './bench.ts';

const ADA = { name: 'Ada Admin', pin: '482913' } as const;
const TOM = { name: 'Tom', pin: '730258' } as const;
const BADGE = 'HID:00417-A9';

async function axe(page: Page): Promise<readonly string[]> {
  await page.evaluate(axeCore.source);
  return page.evaluate<string[]>(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
      .then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ target }) => target.join(' ')).join(', ')))`,
  );
}

/** What does not fit a narrow and a wide window. */
async function misfits(page: Page): Promise<readonly string[]> {
  const found: string[] = [];
  for (const size of [
    { width: 800, height: 560 },
    { width: 1920, height: 1080 },
    { width: 1280, height: 800 },
  ]) {
    await page.setViewportSize(size);
    if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth))
      found.push(`wider than ${size.width}`);
  }
  return found;
}

function operator(page: Page, name: string): Locator {
  return page.getByRole('banner').getByRole('button', { name, exact: true });
}

function lock(page: Page): Locator {
  return page.getByRole('heading', { name: 'The bench is locked' });
}

async function signIn(page: Page, name: string, pin: string): Promise<void> {
  await page.getByRole('combobox', { name: 'Who are you?' }).click();
  await page.getByRole('option', { name, exact: true }).click();
  await page.getByLabel('PIN or badge', { exact: true }).fill(pin);
  await page.keyboard.press('Enter');
}

test('people are defined, sign in and out, and do what they may', async ({ app, home, capture }) => {
  test.slow();
  const { page } = app;
  const look = async (name: string): Promise<void> => {
    expect(await misfits(page), name).toEqual([]);
    expect(await axe(page), name).toEqual([]);
    await capture(`people-${name}`);
  };

  await test.step('the first one is an admin, and is signed in by that', async () => {
    await operator(page, 'Who is working?').click();
    await page.getByRole('button', { name: 'People and lock…' }).click();
    const panel = page.getByRole('dialog', { name: 'People and lock' });
    await expect(panel).toContainText('Nobody is defined');
    await expect(panel.getByRole('combobox', { name: 'Role' })).toBeDisabled();
    await panel.getByRole('textbox', { name: 'Name' }).fill(ADA.name);
    await panel.getByLabel('PIN (6 digits at least)', { exact: true }).fill('123456');
    await look('first');
    await panel.getByRole('button', { name: 'Add', exact: true }).click();
    await expect(panel.getByRole('alert')).toContainText('station/person-invalid');
    await panel.getByLabel('PIN (6 digits at least)', { exact: true }).fill(ADA.pin);
    await panel.getByRole('button', { name: 'Add', exact: true }).click();
    await expect(page.locator('header', { hasText: ADA.name })).toBeVisible();
  });

  await test.step('who adds others; a badge that is scanned into its field sends nothing half filled in', async () => {
    const panel = page.getByRole('dialog', { name: 'People and lock' });
    await panel.getByRole('button', { name: 'Add a person' }).click();
    await panel.getByLabel('Badge (scan it here)', { exact: true }).fill(BADGE);
    await page.keyboard.press('Enter');
    await panel.getByRole('textbox', { name: 'Name' }).fill(TOM.name);
    await panel.getByLabel('PIN (6 digits at least)', { exact: true }).fill(TOM.pin);
    await look('adding');
    await panel.getByRole('button', { name: 'Add', exact: true }).click();
    await expect(panel.getByRole('heading', { name: TOM.name })).toBeVisible();
    await expect(panel).toContainText('Technician, PIN and badge');
    await look('panel');
    await page.keyboard.press('Escape');
  });

  await test.step('the bench is locked by hand, and a badge opens it without a click', async () => {
    await operator(page, ADA.name).click();
    await look('person');
    await page.getByRole('button', { name: 'Lock now' }).click();
    await expect(lock(page)).toBeVisible();
    await expect(page.getByText(`${ADA.name} was here last.`)).toBeVisible();
    await look('locked');
    // As a reader types it, wherever the focus is.
    await page.mouse.click(5, 5);
    await page.keyboard.type(BADGE);
    await page.keyboard.press('Enter');
    await expect(operator(page, TOM.name)).toBeVisible();
    await expect(lock(page)).toBeHidden();
  });

  await test.step('a technician sees what an admin could do, with the reason why not', async () => {
    // Before a click, not after a form is filled in.
    for (const button of await page.getByRole('button', { name: 'Add a server' }).all()) {
      await expect(button).toBeDisabled();
      await expect(button).toHaveAccessibleDescription(/^Tom may not add and remove servers\./);
    }
    await operator(page, TOM.name).click();
    await page.getByRole('button', { name: 'People and lock…' }).click();
    const panel = page.getByRole('dialog', { name: 'People and lock' });
    await expect(panel).toContainText('Only an admin can change this.');
    await expect(panel.getByRole('button', { name: 'Add a person' })).toBeDisabled();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Re-key' }).click();
    await expect(guidance(page)).toContainText('Tom may not re-key returned units');
    await expect(bigButton(page)).toBeDisabled();
    for (const name of ['Approve a request…', 'Finish with an approval…']) {
      const button = page.getByRole('button', { name, exact: false });
      await expect(button).toBeDisabled();
      await expect(button).toHaveAccessibleDescription(/^Tom may not /);
    }
    await look('technician');
    await page.getByRole('button', { name: 'Batches' }).click();
    await expect(bigButton(page)).toBeDisabled();
    await expect(bigButton(page)).toHaveAccessibleDescription(/^Tom may not import, preauthorize and close/);
    await look('technician-batches');
    await page.getByRole('button', { name: 'Bench' }).click();
  });

  await test.step('the operator changes in the middle of a job, which stays in the name of who began it', async () => {
    const boards = await rehearse(page, { boards: 1 });
    await expectReady(page, boards);
    const told = await listen(page);
    await bigButton(page).click();
    await expect(bigButton(page)).toBeDisabled();
    await operator(page, TOM.name).click();
    await signIn(page, ADA.name, ADA.pin);
    await expect(operator(page, ADA.name)).toBeVisible();
    await page.getByRole('banner').getByRole('button', { name: ADA.name }).click();
    await page.getByRole('button', { name: 'Lock now' }).click();
    await expect(lock(page)).toBeVisible();
    await page.getByRole('button', { name: 'Look at the bench' }).click();
    await expectVerdicts(page, 'PASS', boards);
    await expect(guidance(page)).toContainText('The bench is locked');
    await expect(bigButton(page)).toBeDisabled();
    await look('looking');
    expect(JSON.stringify(await told())).not.toContain(ADA.pin);
    await operator(page, 'Sign in').click();
    await expect(lock(page)).toBeVisible();
    await signIn(page, ADA.name, '000000');
    await expect(page.getByRole('alert')).toContainText('station/sign-in-refused');
    await expect(page.getByLabel('PIN or badge', { exact: true })).toHaveValue('');
    await signIn(page, ADA.name, ADA.pin);
    await expect(lock(page)).toBeHidden();
    const file = path.join(home, 'jobs.csv');
    await ask(page, 'journal.export', { format: 'csv', path: file });
    expect(readFileSync(file, 'utf8')).toContain(TOM.name);
    expect(readFileSync(file, 'utf8')).not.toContain(ADA.name);
  });

  await test.step('a locked bench may show nothing, and its station tells nothing then', async () => {
    await operator(page, ADA.name).click();
    await page.getByRole('button', { name: 'People and lock…' }).click();
    await page.getByRole('combobox', { name: 'While it is locked' }).click();
    await page.getByRole('option', { name: 'Nothing is shown' }).click();
    await page.keyboard.press('Escape');
    await operator(page, ADA.name).click();
    await page.getByRole('button', { name: 'Lock now' }).click();
    await expect(lock(page)).toBeVisible();
    await expect(page.getByRole('button', { name: 'Look at the bench' })).toBeHidden();
    await expect(ask(page, 'journal.list', {})).rejects.toThrow('station/locked');
    await expect(ask(page, 'provision', { ports: ['x'], server: 'x', profile: 'x' })).rejects.toThrow(
      'station/locked',
    );
    expect((await ask(page, 'snapshot', {})).records).toEqual([]);
    await signIn(page, ADA.name, ADA.pin);
    await expect(lock(page)).toBeHidden();
    await expect.poll(async () => (await ask(page, 'snapshot', {})).records.length).toBe(1);
  });
  expect(app.problems).toEqual([]);
});
