import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from '@playwright/test';
import axeCore from 'axe-core';
import { expect, launch, test } from './app.ts';
import { bigButton, card, expectReady, expectVerdicts, rehearse } from './bench.ts';

/** What axe finds against WCAG 2.2 AA and its best practices. */
async function axe(page: Page): Promise<readonly string[]> {
  await page.evaluate(axeCore.source);
  return page.evaluate<string[]>(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
      .then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ target }) => target.join(' ')).join(', ')))`,
  );
}

/** What is wider than the window, out of it, or too small for a finger. */
function misfits(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    if (document.documentElement.scrollWidth > innerWidth) found.push('the page is wider than the window');
    const main = document.querySelector('main');
    if (main !== null && main.scrollWidth > main.clientWidth)
      found.push('the bench is wider than the window');
    for (const element of document.querySelectorAll('button, [role=tab], [role=combobox]')) {
      const { left, right, width, height } = element.getBoundingClientRect();
      if (width === 0) continue;
      const name = element.getAttribute('aria-label') ?? element.textContent;
      if (left < 0 || right > innerWidth + 0.5) found.push(`${name} is out of the window`);
      if (height < 47 || width < 44) found.push(`${name} is ${Math.round(width)} x ${Math.round(height)}`);
    }
    return found;
  });
}

const SIZES = [
  { width: 800, height: 560 },
  { width: 1024, height: 768 },
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
] as const;

test('every main state fits every size, by light and by dark, and axe finds nothing', async ({
  app,
  capture,
}) => {
  test.slow();
  const { page } = app;
  const look = async (name: string): Promise<void> => {
    await test.step(name, async () => {
      for (const size of SIZES) {
        await page.setViewportSize(size);
        expect(await misfits(page), `${name} at ${size.width}`).toEqual([]);
      }
      await page.setViewportSize(SIZES[2]);
      expect(await axe(page), name).toEqual([]);
      await capture(name);
    });
  };
  await expect(page.getByRole('button', { name: 'Start the rehearsal bench' })).toBeVisible();
  await look('first-run');
  await page.getByRole('banner').getByRole('button', { name: 'Add a server' }).click();
  await look('add-server');
  await page.keyboard.press('Escape');

  const labels = await rehearse(page, { boards: 4, fail: 'wrong-password' });
  await expectReady(page, labels);
  await look('ready');
  await bigButton(page).click();
  await expectVerdicts(page, 'PASS', labels.slice(0, 3));
  await expectVerdicts(page, 'FAIL', labels.slice(3));
  await look('verdicts');
  await page.getByRole('button', { name: 'Use the dark colours' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark');
  await look('verdicts-dark');
  await card(page, 'Board 4').getByRole('button', { name: 'Details' }).click();
  await expect(page.getByRole('dialog').getByRole('alert')).toBeVisible();
  await look('error-dark');
  await page.getByRole('tab', { name: 'Transcript' }).click();
  await expect(page.getByRole('group', { name: 'What went over the line' })).toContainText('login:');
  await look('transcript-dark');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Job settings' }).click();
  await look('job-settings-dark');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /^Journal head/ }).click();
  await page.getByRole('button', { name: 'Verify now' }).click();
  await expect(page.getByText('all as they were written')).toBeVisible();
  await look('journal-dark');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Find a unit' }).click();
  await page.getByLabel('Its identity begins with').fill('52:54:00:BE:00:01');
  await expect(page.getByRole('dialog').getByRole('row')).toHaveCount(2);
  await look('history-dark');
  expect(app.problems).toEqual([]);
});

test('the re-key screen fits every size at each step, by light and by dark, and axe finds nothing', async ({
  app,
  capture,
}) => {
  test.slow();
  const { page } = app;
  const look = async (name: string): Promise<void> => {
    await test.step(name, async () => {
      for (const scheme of ['light', 'dark'] as const) {
        const change = page.getByRole('button', { name: `Use the ${scheme} colours` });
        if (await change.isVisible()) await change.click();
        await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', scheme);
        for (const size of SIZES) {
          await page.setViewportSize(size);
          expect(await misfits(page), `${name} at ${size.width}`).toEqual([]);
        }
        await page.setViewportSize(SIZES[2]);
        expect(await axe(page), name).toEqual([]);
        await capture(`${name}-${scheme}`);
      }
    });
  };
  const labels = await rehearse(page, { boards: 1 });
  await expectReady(page, labels);
  await bigButton(page).click();
  await expectVerdicts(page, 'PASS', labels);
  await page.getByRole('navigation').getByRole('button', { name: 'Re-key' }).click();
  await look('rekey-choose');
  await bigButton(page).click();
  await expect(page.getByRole('region', { name: 'What was found' })).toBeVisible({ timeout: 60_000 });
  await look('rekey-found');
  await page.getByRole('radio', { name: 'Returned from the field' }).check();
  await bigButton(page).click();
  await expect(page.getByText('Old key refused, tested')).toBeVisible({ timeout: 90_000 });
  await look('rekey-verdict');
  expect(app.problems).toEqual([]);
});

/** Four boards at work, for as long as a slow server makes it last. @returns their labels */
async function atWork(page: Page): Promise<readonly string[]> {
  const labels = await rehearse(page, { boards: 4, fail: 'server-slow' });
  await expectReady(page, labels);
  await bigButton(page).click();
  await expect(page.getByRole('button', { name: 'Cancel', exact: true })).toHaveCount(4);
  return labels;
}

async function cancelAll(page: Page, labels: readonly string[]): Promise<void> {
  await page.getByRole('button', { name: 'Cancel all' }).click();
  await expectVerdicts(page, 'STOPPED', labels);
}

test('a running job fits every size', async ({ app }) => {
  const { page } = app;
  const labels = await atWork(page);
  for (const size of SIZES) {
    await page.setViewportSize(size);
    expect(await misfits(page)).toEqual([]);
  }
  await cancelAll(page, labels);
});

test('a running job moves only for those who like it, and axe finds nothing', async ({ app }) => {
  const { page } = app;
  const labels = await atWork(page);
  const duration = (): Promise<string> =>
    page
      .locator('[data-state=running]')
      .first()
      .evaluate((element) => getComputedStyle(element).animationDuration);
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  await expect.poll(duration).toBe('0.8s');
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await expect.poll(duration).toBe('1e-05s');
  expect(await axe(page)).toEqual([]);
  await cancelAll(page, labels);
});

test('everything is reached without a mouse', async ({ app }) => {
  const { page } = app;
  /** Moves on by the tab key until the focus is on what has this name. */
  const tabTo = async (name: RegExp): Promise<void> => {
    const focused = page.locator(':focus');
    for (let steps = 0; steps < 60; steps += 1) {
      await page.keyboard.press('Tab');
      const label = await focused.evaluate(
        (element) => element.getAttribute('aria-label') ?? element.textContent,
      );
      if (name.test(label)) return;
    }
    throw new Error(`the tab key does not reach ${String(name)}`);
  };
  await expect(page.getByRole('button', { name: 'Start the rehearsal bench' })).toBeVisible();
  await tabTo(/^Start the rehearsal bench/);
  await page.keyboard.press('Enter');
  const labels = ['Board 1', 'Board 2', 'Board 3', 'Board 4'];
  await expectReady(page, labels);
  // What had the focus has gone with the first screen: the space bar is the bench's.
  await page.keyboard.press(' ');
  await expectVerdicts(page, 'PASS', labels);

  await tabTo(/^Details$/);
  await page.keyboard.press('Enter');
  const panel = page.getByRole('dialog');
  await expect(panel).toBeVisible();
  await page.getByRole('tab', { name: 'Result' }).focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('tab', { name: 'Steps' })).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Escape');
  await expect(panel).toBeHidden();
  // The focus is where it was.
  await expect(card(page, 'Board 1').getByRole('button', { name: 'Details' })).toBeFocused();
  await tabTo(/^Clear verdicts$/);
  await page.keyboard.press('Enter');
  await expectReady(page, labels);
});

test('the theme that was chosen is there at the next start', async ({ home }) => {
  const first = await launch({ home });
  await first.page.getByRole('button', { name: 'Use the dark colours' }).click();
  await expect(first.page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark');
  await first.close();
  const file = JSON.parse(readFileSync(path.join(home, 'window.json'), 'utf8')) as { theme: string };
  expect(file.theme).toBe('dark');
  const second = await launch({ home });
  await expect(second.page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark');
  await second.page.getByRole('button', { name: 'Use the light colours' }).click();
  await expect(second.page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'light');
  await second.close();
});
