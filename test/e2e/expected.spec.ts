import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from './app.ts';
import { ask, bigButton, card, expectVerdicts } from './bench.ts';
import { provisionOn, test, useServer } from './own-bench.ts';

const CLIENT = { key: { kind: 'present', type: 'ed25519' }, conf: {} } as const;
const mac = (n: number): string => `52:54:00:ab:00:0${n}`;

test.skip(process.platform !== 'linux', 'puts boards on ttys');

test('boards are counted n of N on the bench; strangers and repeats are refused, an admin may let them through', async ({
  app,
  bench,
  home,
}) => {
  test.slow();
  const { page } = app;
  await bench.plugIn(bench.board({ mac: mac(1), client: CLIENT }), 'left');
  await bench.plugIn(bench.board({ mac: mac(9), client: CLIENT }), 'right');
  await useServer(page, bench.server);
  const file = path.join(home, 'order.csv');
  writeFileSync(file, `mac,tag.order,group\n${mac(1)},4711,plant-7\n${mac(2)},4711,plant-7\n`);
  await ask(page, 'batch.import', { path: file, name: 'Order 4711' });

  await test.step('the batch is chosen for the bench, which shows how far it is', async () => {
    await page.getByRole('navigation').getByRole('button', { name: 'Batches' }).click();
    await page.getByRole('button', { name: /^Order 4711/ }).click();
    await bigButton(page).click();
    await expect(page.getByRole('region', { name: 'Batch on the bench' })).toContainText('0 of 2');
  });
  const strip = page.getByRole('region', { name: 'Batch on the bench' });

  await test.step('a board that is expected counts; a stranger is refused before anything is changed', async () => {
    await provisionOn(page, 'left');
    await expect(strip).toContainText('1 of 2');
    await expect(card(page, 'left')).toContainText('Tags and group set');
    expect(bench.server.inspect()).toMatchObject([{ tags: { order: '4711' }, group: 'plant-7' }]);
    await card(page, 'right')
      .getByRole('button', { name: /Provision|Try anyway/ })
      .click();
    await expectVerdicts(page, 'STOPPED', ['right']);
    await expect(card(page, 'right')).toContainText('is in no row of the batch Order 4711');
    await expect(strip).toContainText('1 of 2');
    expect(bench.server.inspect()).toHaveLength(1);
  });

  await test.step('one that was through already is refused, too', async () => {
    await card(page, 'left').getByRole('button', { name: 'Run again' }).click();
    await expectVerdicts(page, 'STOPPED', ['left']);
    await expect(card(page, 'left')).toContainText('was through already');
  });

  await test.step('an admin lets the stranger through, asked twice, and it is told apart', async () => {
    await card(page, 'right').getByRole('button', { name: 'Let it through…' }).click();
    await card(page, 'right').getByRole('button', { name: 'Sure: let it through' }).click();
    await expectVerdicts(page, 'PASS', ['right']);
    await expect(strip).toContainText('1 of 2');
    expect(await ask(page, 'batch.show', { name: 'Order 4711' })).toMatchObject({ units: 1, admitted: 1 });
  });

  await strip.getByRole('button', { name: 'Leave the batch' }).click();
  await expect(strip).toHaveCount(0);
  expect(app.problems).toEqual([]);
});

test('boards of a batch with keys keep them: one with another key is refused until an admin lets it through, and the batch is closed by hand', async ({
  app,
  bench,
  home,
}) => {
  test.slow();
  const { page } = app;
  const left = bench.board({ mac: mac(1), client: CLIENT });
  await bench.plugIn(left, 'left');
  await bench.plugIn(bench.board({ mac: mac(2), client: CLIENT }), 'right');
  await useServer(page, bench.server);
  const file = path.join(home, 'keys.csv');
  const otherKey = (): string =>
    generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  const rows = [
    [mac(1), oneLine(left.inspect.publicKey)],
    [mac(2), otherKey()],
    [mac(3), otherKey()],
  ];
  writeFileSync(file, `mac,pubkey\n${rows.map((row) => row.join(',')).join('\n')}\n`);
  await ask(page, 'batch.import', { path: file, name: 'Keys 12' });

  await page.getByRole('navigation').getByRole('button', { name: 'Batches' }).click();
  await page.getByRole('button', { name: /^Keys 12/ }).click();
  await page.getByRole('button', { name: 'Use on the bench' }).click();
  const strip = page.getByRole('region', { name: 'Batch on the bench' });
  await expect(strip).toContainText('0 of 3 through');

  await provisionOn(page, 'left');
  await expect(strip).toContainText('1 of 3 through');
  await card(page, 'right')
    .getByRole('button', { name: /Provision|Try anyway/ })
    .click();
  await expectVerdicts(page, 'STOPPED', ['right']);
  await expect(card(page, 'right')).toContainText('The batch Keys 12 has the key sha256:');
  expect(bench.server.inspect()).toHaveLength(1);
  await card(page, 'right').getByRole('button', { name: 'Let it through…' }).click();
  await card(page, 'right').getByRole('button', { name: 'Sure: let it through' }).click();
  await expectVerdicts(page, 'PASS', ['right']);

  await test.step('a batch that is closed goes no more to the bench', async () => {
    await page.getByRole('navigation').getByRole('button', { name: 'Batches' }).click();
    await page.getByRole('button', { name: 'Close the batch' }).click();
    await expect(page.getByRole('button', { name: 'Keep it open' })).toBeFocused();
    await page.getByRole('button', { name: 'Close it: no more boards' }).click();
    await expect(page.getByRole('button', { name: 'Use on the bench' })).toHaveCount(0);
    await expect(page.getByRole('button', { name: 'Close the batch' })).toHaveCount(0);
    expect(await ask(page, 'batch.show', { name: 'Keys 12' })).toMatchObject({ open: false, admitted: 1 });
  });
  expect(app.problems).toEqual([]);
});

/** A key in PEM as a cell of a list. */
function oneLine(pem: string | undefined): string {
  return (pem ?? '').replace(/-----[^-]*-----|\s/g, '');
}
