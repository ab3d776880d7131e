import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openJournal } from '../../src/journal/index.ts';
import { systemClock } from '../../src/model/clock.ts';
import { expect, launch, test } from './app.ts';
import { bigButton, card, expectReady, expectVerdicts, guidance, rehearse } from './bench.ts';
import { stationProcess } from './processes.ts';

test('a home that a command holds can be looked at, and used as soon as the command has ended', async ({
  home,
}) => {
  const journal = openJournal(path.join(home, 'journal.db'), {
    stationId: 'S1',
    clock: systemClock,
    holder: { program: 'station provision' },
  });
  const app = await launch({ home });
  try {
    const { page } = app;
    await expect(guidance(page)).toContainText('The station can read but not change boards');
    await expect(guidance(page)).toContainText('station provision');
    await guidance(page).getByRole('button', { name: 'Details' }).click();
    await expect(page.getByRole('dialog')).toContainText('station/home-locked');
    await page.keyboard.press('Escape');
    await expect(bigButton(page)).toBeDisabled();
    journal.close();
    await expect(guidance(page)).not.toContainText('can read but not change', { timeout: 15_000 });
    const labels = await rehearse(page, { boards: 1 });
    await expectReady(page, labels);
    await bigButton(page).click();
    await expectVerdicts(page, 'PASS', labels);
  } finally {
    await app.close();
  }
});

test('a station killed in the middle of a job: said, restarted, recorded, and done by the next run', async ({
  app,
}) => {
  test.skip(process.platform !== 'linux', 'reads /proc');
  const { page } = app;
  await expectReady(page, await rehearse(page, { boards: 1, fail: 'server-slow' }));
  await bigButton(page).click();
  await expect(card(page, 'Board 1').getByText('Look up on server').first()).toBeVisible();
  process.kill(stationProcess(app.application.process().pid ?? 0), 'SIGKILL');

  await expect(guidance(page)).toContainText('The station process stopped and was started again.');
  await guidance(page).getByRole('button', { name: 'Details' }).click();
  await expect(page.getByRole('dialog')).toContainText(
    '1 job was interrupted; what had been done is in the record.',
  );
  await page.keyboard.press('Escape');
  await guidance(page).getByRole('button', { name: 'Dismiss' }).click();
  const row = page.getByRole('table').getByRole('row').filter({ hasText: '52:54:00:be:00:01' });
  await expect(row).toContainText('FAIL');
  await expect(row).toContainText('The station ended in the middle of this job.');

  // The simulated boards lived in the process that was killed.
  const labels = await rehearse(page, { boards: 1 });
  await expectReady(page, labels);
  await bigButton(page).click();
  await expectVerdicts(page, 'PASS', labels);
});

test('a disk that is full in the middle: no verdict without a record, and a banner until there is room', async () => {
  test.slow();
  const root = process.platform === 'linux' && process.getuid?.() === 0;
  test.skip(!root, 'mounts a small disk: Linux, root');
  const disk = mkdtempSync(path.join(tmpdir(), 'station-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=96m', 'tmpfs', disk]);
  const ballast = path.join(disk, 'ballast');
  try {
    const app = await launch({ home: disk });
    try {
      const { page } = app;
      const labels = await rehearse(page, { boards: 2, fail: 'server-slow' });
      await expectReady(page, labels);
      await bigButton(page).click();
      await expect(card(page, 'Board 1').getByText('Look up on server').first()).toBeVisible();
      expect(() => writeFileSync(ballast, Buffer.alloc(101_000_000))).toThrow('ENOSPC');
      await expectVerdicts(page, 'NO RECORD', labels);
      await expect(card(page, 'Board 1')).toContainText('The disk of the station is full');
      await expect(guidance(page)).toContainText('The station can read but not change boards');
      await expect(bigButton(page)).toBeDisabled();

      rmSync(ballast);
      await expect(guidance(page)).not.toContainText('can read but not change', { timeout: 15_000 });
      await bigButton(page).click();
      await expectVerdicts(page, 'PASS', labels);
    } finally {
      await app.close();
    }
  } finally {
    execFileSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true });
  }
});
