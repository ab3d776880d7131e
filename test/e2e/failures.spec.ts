import { expect, test } from './app.ts';
import { ask, bigButton, card, expectReady, expectVerdicts, rehearse } from './bench.ts';

/** What is shown of a board on which something goes wrong. The last board of a rehearsal is the one with the failure. */
interface Failing {
  readonly fail: string;
  readonly boards: number;
  readonly code: string;
  readonly message: RegExp;
  readonly unchanged: RegExp;
  readonly remedy: RegExp;
}

const FAILING: readonly Failing[] = [
  {
    fail: 'disk-full',
    boards: 1,
    code: 'board/disk-full',
    message: /There is no room left in \/\S+ on the board/,
    unchanged: /Nothing was changed on the board/,
    remedy: /Free some space on the board/,
  },
  {
    fail: 'wrong-password',
    boards: 1,
    code: 'board/login-refused',
    message: /The board refused the login of root\./,
    unchanged: /Nothing was changed on the board or the server\./,
    remedy: /Store the right password for this board; each known one was tried once/,
  },
  {
    fail: 'device-limit',
    boards: 2,
    code: 'server/device-limit',
    message: /takes no more accepted devices/,
    unchanged: /The key in use on the board is as it was\./,
    remedy: /Have the limit raised/,
  },
  {
    fail: 'no-identity',
    boards: 1,
    code: 'board/identity-missing',
    message: /The identity script \S+ is missing\./,
    unchanged: /Nothing was changed on the board/,
    remedy: /Install it in the image/,
  },
];

test('what goes wrong is said in words: what happened, what was not changed, what to do', async ({ app }) => {
  const { page } = app;
  for (const { fail, boards, code, message, unchanged, remedy } of FAILING) {
    await test.step(fail, async () => {
      const labels = await rehearse(page, { boards, fail });
      await expectReady(page, labels);
      await bigButton(page).click();
      for (const label of labels)
        await expect(card(page, label).getByText(/^(PASS|FAIL)$/)).toBeVisible({ timeout: 40_000 });
      const failed = page.getByRole('article').filter({ hasText: 'FAIL' });
      await expect(failed).toHaveCount(1);
      await expect(failed).toContainText(message);
      await failed.getByRole('button', { name: 'Details' }).click();
      const alert = page.getByRole('dialog').getByRole('alert');
      await expect(alert).toContainText(message);
      await expect(alert).toContainText(unchanged);
      await expect(alert).toContainText(remedy);
      await expect(alert).toContainText(code);
      await page.keyboard.press('Escape');
      await expect(page.getByRole('table').getByRole('row').filter({ hasText: message })).not.toHaveCount(0);
      await page.getByRole('button', { name: 'End the rehearsal' }).click();
      await expect(page.getByRole('article').filter({ hasText: 'simulated' })).toHaveCount(0);
    });
  }
  expect(app.problems).toEqual([]);
});

test('what can be overcome is overcome, and says so', async ({ app }) => {
  const { page } = app;
  for (const fail of ['half-accepted', 'noise', 'clock', 'lost-reply']) {
    await test.step(fail, async () => {
      const labels = await rehearse(page, { boards: 1, fail });
      // With noise on the line the bench sees more than a prompt; there is something to start all the same.
      await expect(bigButton(page)).toBeEnabled({ timeout: 20_000 });
      await bigButton(page).click();
      await expectVerdicts(page, 'PASS', labels);
      await page.getByRole('button', { name: 'End the rehearsal' }).click();
      await expect(page.getByRole('article').filter({ hasText: 'simulated' })).toHaveCount(0);
    });
  }
  expect((await ask(page, 'snapshot', {})).records.map(({ verdict }) => verdict)).toEqual([
    'pass',
    'pass',
    'pass',
    'pass',
  ]);
});
