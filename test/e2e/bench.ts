import type { ElectronApplication, Locator, Page } from '@playwright/test';
import type { WindowEvent } from '../../renderer/station.ts';
import type { CallInput, CallName, CallResults } from '../../src/contract.ts';
import { expect } from './app.ts';

/** A place on the bench by its label. */
export function card(page: Page, label: string): Locator {
  return page.getByRole('article', { name: label, exact: true });
}

/** The one big button. */
export function bigButton(page: Page): Locator {
  return page.locator('[data-start]');
}

/** The line under the header. */
export function guidance(page: Page): Locator {
  return page.getByRole('region', { name: 'What to do next' });
}

export function verdict(page: Page, label: string, word: string): Locator {
  return card(page, label).getByText(word, { exact: true });
}

/** Waits until these boards have their verdict. */
export async function expectVerdicts(page: Page, word: string, labels: readonly string[]): Promise<void> {
  for (const label of labels) await expect(verdict(page, label, word)).toBeVisible({ timeout: 90_000 });
}

/** Asks the station by the page's own bridge; throws its refusal. */
export async function ask<N extends CallName>(
  page: Page,
  name: N,
  params: CallInput<N>,
): Promise<CallResults[N]> {
  const answer = await page.evaluate(async ([method, input]) => window.station?.call(method, input), [
    name,
    params,
  ] as const);
  if (answer?.ok !== true) throw new Error(JSON.stringify(answer));
  return answer.value as CallResults[N];
}

/** Starts a rehearsal as `station rehearse` would, and waits until its boards show. The labels of the boards. */
export async function rehearse(page: Page, params: CallInput<'rehearsal.start'>): Promise<readonly string[]> {
  const { rehearsal } = await ask(page, 'rehearsal.start', params);
  const labels = Array.from({ length: rehearsal.boards }, (_, at) => `Board ${at + 1}`);
  for (const label of labels) await expect(card(page, label)).toBeVisible();
  return labels;
}

/** Waits until the bench shows a console on each. */
export async function expectReady(page: Page, labels: readonly string[]): Promise<void> {
  for (const label of labels)
    await expect(card(page, label).getByText('Ready')).toBeVisible({ timeout: 20_000 });
}

/** All that the page is told from now on, as it crosses the bridge. */
export async function listen(page: Page): Promise<() => Promise<readonly WindowEvent[]>> {
  await page.evaluate(() => {
    const told: unknown[] = [];
    Object.assign(window, { told });
    window.station?.subscribe((event) => told.push(event));
  });
  return () => page.evaluate(() => (window as unknown as { told: WindowEvent[] }).told);
}

/** What the system's dialog for files and folders answers from now on. */
export async function choose(application: ElectronApplication, file: string): Promise<void> {
  await application.evaluate(({ dialog }, chosen) => {
    dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [chosen] });
  }, file);
}

/** Where the system's dialog says from now on that a file shall be written. */
export async function chooseWhere(application: ElectronApplication, file: string): Promise<void> {
  await application.evaluate(({ dialog }, filePath) => {
    dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath });
  }, file);
}
