import type { Page } from '@playwright/test';
import { expect, test } from './app.ts';
import {
  ask,
  bigButton,
  card,
  expectReady,
  expectVerdicts,
  guidance,
  listen,
  rehearse,
  verdict,
} from './bench.ts';

const FOUR = ['Board 1', 'Board 2', 'Board 3', 'Board 4'];

/** Notes every text that the cards' running step shows from now on, however short. */
async function watchSteps(page: Page): Promise<() => Promise<Readonly<Record<string, readonly string[]>>>> {
  await page.evaluate(() => {
    const seen: Record<string, string[] | undefined> = {};
    Object.assign(window, { seenSteps: seen });
    const look = (): void => {
      for (const article of document.querySelectorAll('article')) {
        const label = article.querySelector('h2')?.textContent ?? '';
        for (const { textContent } of article.querySelectorAll('ol li')) {
          const steps = (seen[label] ??= []);
          const name = textContent.replace(/^(running|done|failed)/, '').replace(/[\d:.]+ (s|min)$/, '');
          if (!steps.includes(name)) steps.push(name);
        }
      }
    };
    new MutationObserver(look).observe(document.body, {
      subtree: true,
      childList: true,
      characterData: true,
    });
  });
  return () => page.evaluate(() => (window as unknown as { seenSteps: Record<string, string[]> }).seenSteps);
}

test('the first run offers the rehearsal, and one click provisions four boards at once', async ({ app }) => {
  const { page } = app;
  const told = await listen(page);

  await test.step('the rehearsal is offered and started', async () => {
    await expect(
      page.getByRole('heading', { name: 'See it work before you plug anything in' }),
    ).toBeVisible();
    await page.getByRole('main').getByRole('button', { name: 'Start the rehearsal bench' }).click();
    await expectReady(page, FOUR);
    await expect(bigButton(page)).toContainText('Provision all 4 boards');
    await expect(page.getByText('admin@bench.local')).toBeVisible();
    await expect(page.getByText(/6 d 23 h left/)).toBeVisible();
  });

  const steps = await watchSteps(page);
  await test.step('one click, four verdicts with their proof', async () => {
    await bigButton(page).click();
    await expectVerdicts(page, 'PASS', FOUR);
    for (const [at, label] of FOUR.entries()) {
      await expect(card(page, label)).toContainText(`52:54:00:be:00:0${at + 1}`);
      await expect(card(page, label)).toContainText('The board’s own client was authorized.');
    }
    await expect(guidance(page)).toContainText('All done: 4 good');
  });

  await test.step('they ran side by side, and their steps were seen as they came', async () => {
    const running = new Set<string>();
    let most = 0;
    for (const event of await told()) {
      if (event.type !== 'job') continue;
      if (event.job.state === 'ended') running.delete(event.job.job);
      else running.add(event.job.job);
      most = Math.max(most, running.size);
    }
    expect(most).toBe(4);
    const seen = await steps();
    for (const label of FOUR) {
      expect(seen[label]).toEqual(
        expect.arrayContaining([
          'Log in',
          'Read the board',
          'Look up on server',
          'Stage the key',
          'Put key in use',
        ]),
      );
    }
  });

  await test.step('a PASS is told after its record', async () => {
    const { records } = await ask(page, 'snapshot', {});
    expect(records.map(({ verdict: word }) => word)).toEqual(['pass', 'pass', 'pass', 'pass']);
    const rows = page.getByRole('table').getByRole('row').filter({ hasText: 'PASS' });
    await expect(rows).toHaveCount(4);
    await page.getByRole('button', { name: 'Details of 52:54:00:be:00:03' }).click();
    const panel = page.getByRole('dialog');
    await expect(panel).toContainText('Key fingerprint (SHA-256)');
    await expect(panel).toContainText('rehearsal-3');
    await page.keyboard.press('Escape');
    await expect(panel).toBeHidden();
  });

  await test.step('the verdicts stay while the bench is looked at again', async () => {
    await ask(page, 'port.refresh', {});
    await expectVerdicts(page, 'PASS', FOUR);
    await expect(bigButton(page)).toBeDisabled();
  });

  await test.step('the details have every step with its time', async () => {
    await card(page, 'Board 1').getByRole('button', { name: 'Details' }).click();
    const panel = page.getByRole('dialog');
    await expect(panel).toContainText('The board’s own client was authorized.');
    await panel.getByRole('tab', { name: 'Steps' }).click();
    const rows = panel.getByRole('tabpanel').getByRole('listitem');
    await expect(rows.filter({ hasText: 'Log in' })).toContainText(/\d+\.\d s/);
    for (const name of [
      'Stage the key',
      'Accept on server',
      'Put key in use',
      'Board proves it',
      'Write the record',
    ])
      await expect(rows.filter({ hasText: name }).first()).toContainText(/\d+\.\d s/);
    await page.keyboard.press('Escape');
  });

  await test.step('a second run finds it done and changes nothing', async () => {
    await card(page, 'Board 1').getByRole('button', { name: 'Run again' }).click();
    await expectVerdicts(page, 'ALREADY', ['Board 1']);
    await expect(card(page, 'Board 1')).toContainText('Done before; nothing was changed.');
    await expect(verdict(page, 'Board 2', 'PASS')).toBeVisible();
  });

  await test.step('verdicts are cleared from the bench, not from the record', async () => {
    await page.getByRole('button', { name: 'Clear verdicts' }).click();
    await expectReady(page, FOUR);
    expect((await ask(page, 'snapshot', {})).records).toHaveLength(5);
  });
  expect(app.problems).toEqual([]);
});

test('a transcript shows masked spans where secrets went, and none of them', async ({ app }) => {
  const { page } = app;
  await rehearse(page, { boards: 1 });
  const told = await listen(page);
  await test.step('with a key that crosses the line', async () => {
    await page.getByRole('combobox', { name: 'Key' }).click();
    await page.getByRole('option', { name: /Made at the station/ }).click();
    await bigButton(page).click();
    await expectVerdicts(page, 'PASS', ['Board 1']);
  });
  await test.step('it is read beside the bench', async () => {
    await card(page, 'Board 1').getByRole('button', { name: 'Details' }).click();
    await page.getByRole('tab', { name: 'Transcript' }).click();
    const transcript = page.getByRole('group', { name: 'What went over the line' });
    await expect(transcript).toContainText(/\[password, \d+ bytes\]/);
    await expect(transcript).toContainText(/\[private key, \d+ bytes\]/);
    await expect(transcript).toContainText('board1 login:');
    const text = await transcript.innerText();
    expect(text).not.toMatch(/PRIVATE KEY|MC4CAQAwBQYDK2Vw|eyJhbGciOi/);
  });
  await test.step('nothing that crossed the bridge holds one', async () => {
    const events = JSON.stringify(await told());
    const [job] = (await ask(page, 'snapshot', {})).jobs;
    const lines = await ask(page, 'job.transcript', { job: job?.job ?? '' });
    for (const text of [events, JSON.stringify(lines), await page.content()]) {
      // A key in PEM or in DER's base64, a token, the password of the rehearsal's account, the board's password as typed.
      expect(text).not.toMatch(/PRIVATE KEY|MC4CAQAwBQYDK2Vw|eyJhbGciOi|rehearsal-bench/);
    }
    expect(
      lines.filter((entry) => 'text' in entry && entry.way === 'sent' && /^board[\r\n]*$/.test(entry.text)),
    ).toEqual([]);
  });
});

test('marked boards are started and no other; the key is held, and starts once', async ({ app }) => {
  const { page } = app;
  const labels = await rehearse(page, { boards: 3 });
  await expectReady(page, labels);

  await page.getByRole('checkbox', { name: 'Mark Board 2' }).check();
  await expect(bigButton(page)).toContainText('Provision 1 marked');
  const told = await listen(page);
  // What was clicked still has the focus: the space bar is the bench's all the same. A held key repeats.
  for (let times = 0; times < 8; times += 1) await page.keyboard.down(' ');
  await expectVerdicts(page, 'PASS', ['Board 2']);
  for (let times = 0; times < 4; times += 1) await page.keyboard.down(' ');
  await page.keyboard.up(' ');
  await expectReady(page, ['Board 1', 'Board 3']);
  const jobs = new Set((await told()).flatMap((event) => (event.type === 'job' ? [event.job.job] : [])));
  expect(jobs.size).toBe(1);
});

test('a verdict is heard where the operator wants it', async ({ app }) => {
  const { page } = app;
  const labels = await rehearse(page, { boards: 1 });
  await page.evaluate(() => {
    const heard: string[] = [];
    Object.assign(window, { heard });
    const tone = OscillatorNode.prototype as unknown as {
      start: (this: OscillatorNode, when?: number) => void;
    };
    const { start } = tone;
    tone.start = function (when) {
      heard.push(this.type);
      start.call(this, when);
    };
  });
  const heard = () => page.evaluate(() => (window as unknown as { heard: string[] }).heard);
  await expectReady(page, labels);
  await page.getByRole('button', { name: 'Job settings' }).click();
  await expect(page.getByRole('switch', { name: 'Sound at each verdict' })).not.toBeChecked();
  await page.getByRole('switch', { name: 'Sound at each verdict' }).click();
  await expect(page.getByRole('switch', { name: 'Sound at each verdict' })).toBeChecked();
  await page.keyboard.press('Escape');
  await bigButton(page).click();
  await expectVerdicts(page, 'PASS', labels);
  await expect.poll(heard).toEqual(['sine', 'sine']);
});

test('one job is cancelled, then all the others', async ({ app }) => {
  const { page } = app;
  // Each of the server's answers comes a second late: there is time to cancel.
  const labels = await rehearse(page, { boards: 3, fail: 'server-slow' });
  await expectReady(page, labels);
  await bigButton(page).click();
  await card(page, 'Board 2').getByRole('button', { name: 'Cancel' }).click();
  await expectVerdicts(page, 'STOPPED', ['Board 2']);
  await expect(card(page, 'Board 2')).toContainText('The job was cancelled.');
  await expect(card(page, 'Board 1').getByRole('button', { name: 'Cancel' })).toBeVisible();
  await page.getByRole('button', { name: 'Cancel all' }).click();
  await expectVerdicts(page, 'STOPPED', labels);
  await expect(guidance(page)).toContainText('Done: 0 good, 3 not');
  await expect(bigButton(page)).toContainText('Provision all 3 boards');
});

test('a board is read without being changed', async ({ app }) => {
  const { page } = app;
  const labels = await rehearse(page, { boards: 1 });
  await expectReady(page, labels);
  await card(page, 'Board 1').getByRole('button', { name: 'Identify' }).click();
  const panel = page.getByRole('dialog', { name: 'What is on Board 1' });
  await expect(panel).toContainText('Nothing stands in the way of a provisioning.', { timeout: 20_000 });
  await expect(panel).toContainText('52:54:00:be:00:01');
  await expect(panel).toContainText(/running as mender/);
  await expect(panel).toContainText(/Free in its data directory\s*[\d.]+ (B|kB|MB)/);
  await page.keyboard.press('Escape');
  await expectReady(page, labels);
  expect((await ask(page, 'snapshot', {})).records).toEqual([]);
});
