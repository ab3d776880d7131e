import { generateKeyPairSync, sign } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { writeRequest } from '../../src/requests/documents.ts';
import { makeSealingKey, sealingPublicKey } from '../../src/requests/seal.ts';
import { publicKey } from '../../src/keys/index.ts';
import { parseIdentity } from '../../src/model/identity.ts';
import { expect, launch, type Opened } from './app.ts';
import { ask, bigButton, choose, chooseWhere, guidance } from './bench.ts';
import { adminCall, provisionOn, signIn, test as withBench, useServer, type OwnBench } from './own-bench.ts';

const MAC = '52:54:00:ab:00:01';
const CLIENT = { key: { kind: 'present', type: 'ed25519' }, conf: {} } as const;

/** The admin's station: another window on another home, signed in at the same server. */
const test = withBench.extend<{ admin: Opened }>({
  admin: async ({ bench }, use) => {
    const kept = process.env['STATION_TEST_HOMES'];
    const home = mkdtempSync(path.join(kept ?? tmpdir(), 'station-e2e-admin-'));
    const admin = await launch({ home });
    await ask(admin.page, 'server.add', { name: 'office', url: bench.server.url });
    await signIn(admin.page, 'office');
    await ask(admin.page, 'preferences.set', { server: 'office' });
    await use(admin);
    await admin.close();
    if (kept === undefined) rmSync(home, { recursive: true, force: true });
  },
});

test.skip(process.platform !== 'linux', 'puts boards on ttys');

async function toRekey(page: Page): Promise<void> {
  await page.getByRole('navigation').getByRole('button', { name: 'Re-key' }).click();
}

function statuses({ server }: OwnBench): readonly string[] {
  return server.inspect().flatMap(({ sets }) => sets.map(({ status }) => status));
}

/** Opens a request in the admin's window. */
async function openRequest({ page, application }: Opened, file: string): Promise<void> {
  await choose(application, file);
  await page.getByRole('button', { name: /^Open (a request|another)…$/ }).click();
}

test('a laptop without a login asks, the admin compares and approves, the laptop finishes, the old key is removed', async ({
  app,
  admin,
  bench,
  home,
}) => {
  test.slow();
  const { page } = app;
  const files = (name: string): string => path.join(home, name);
  await bench.plugIn(bench.board({ mac: MAC, client: CLIENT }), 'left');
  await useServer(page, bench.server);
  const old = await provisionOn(page, 'left');
  await ask(page, 'server.logout', { name: 'field' });

  await test.step('the admin’s station gives its file', async () => {
    await toRekey(admin.page);
    await admin.page.getByRole('button', { name: 'Approving stations…' }).click();
    await chooseWhere(admin.application, files('approver.json'));
    await admin.page.getByRole('button', { name: 'Save this station’s file…' }).click();
    await expect(admin.page.getByRole('button', { name: 'File saved' })).toBeVisible();
  });

  await test.step('the laptop reads the unit without a login, and knows nobody to ask yet', async () => {
    await toRekey(page);
    await expect(guidance(page)).toContainText('have an admin elsewhere approve its new key');
    await page.getByRole('radio', { name: /^left/ }).check();
    await bigButton(page).click();
    await expect(page.getByRole('radio', { name: 'An admin at another station' })).toBeChecked({
      timeout: 60_000,
    });
    await expect(page.getByRole('radio', { name: /^This station/ })).toBeDisabled();
    await page.getByRole('radio', { name: 'Key exposed' }).check();
    await expect(bigButton(page)).toContainText('Name the admin’s station');
    await expect(bigButton(page)).toBeDisabled();
  });

  await test.step('the admin’s station is added, and shows the key that the admin sees', async () => {
    await page.getByRole('button', { name: 'Add the admin’s station…' }).click();
    await choose(app.application, files('approver.json'));
    await page.getByRole('button', { name: 'Add a station…' }).click();
    const panel = page.getByRole('dialog', { name: 'Approving stations' });
    await expect(panel).toContainText('was added. Compare its key');
    const known = panel.getByRole('region', { name: 'Stations whose admins may approve' });
    const own = admin.page.getByRole('region', { name: 'Key of this station' });
    expect(await known.locator('p.mono').textContent()).toBe(await own.locator('p.mono').textContent());
    await page.keyboard.press('Escape');
    await admin.page.keyboard.press('Escape');
  });

  await test.step('the request is written; nothing was sent, the old key is active', async () => {
    await expect(bigButton(page)).toContainText('Prepare the request');
    await bigButton(page).click();
    await expect(page.getByText('Request ready')).toBeVisible({ timeout: 90_000 });
    await chooseWhere(app.application, files('request.json'));
    await page.getByRole('button', { name: 'Save the request…' }).click();
    await expect(page.getByRole('button', { name: 'Request saved' })).toBeVisible();
    expect(readFileSync(files('request.json'), 'utf8')).toContain('station-rekey-request');
    expect(statuses(bench)).toEqual(['accepted']);
  });
  const laptopKey = await page
    .getByRole('region', { name: 'Key of this station' })
    .locator('p.mono')
    .textContent();

  await test.step('the admin sees who asks, for which unit and why, and approves only after comparing', async () => {
    await admin.page.getByRole('button', { name: 'Approve a request…' }).click();
    await openRequest(admin, files('request.json'));
    const panel = admin.page.getByRole('dialog', { name: 'Approve a request' });
    const unit = panel.getByRole('region', { name: 'The unit' });
    await expect(unit).toContainText(MAC);
    await expect(unit).toContainText('Key exposed');
    await expect(unit).toContainText(old.slice(7, 15));
    await expect(unit).toContainText('Accepted');
    const who = panel.getByRole('region', { name: 'Who asks' });
    await expect(who.locator('p.mono')).toHaveText(laptopKey ?? '');
    expect(statuses(bench)).toEqual(['accepted']);
    const approve = panel.getByRole('button', { name: 'Approve', exact: true });
    await expect(approve).toBeDisabled();
    await panel.getByRole('checkbox', { name: 'I have compared the key of that station' }).check();
    await approve.click();
    await expect(panel).toContainText('Approved: the first request of the unit with its new key');
    await chooseWhere(admin.application, files('approval.json'));
    await panel.getByRole('button', { name: 'Save the approval…' }).click();
    await expect(panel.getByRole('button', { name: 'Approval saved' })).toBeVisible();
    expect(existsSync(files('approval.json'))).toBe(true);
    expect(statuses(bench).toSorted()).toEqual(['accepted', 'preauthorized']);
    await admin.page.keyboard.press('Escape');
  });

  await test.step('the laptop finishes the waiting job with the approval', async () => {
    await bigButton(page).click();
    await page.getByRole('banner').getByRole('button', { name: '1 unfinished' }).click();
    const job = page.getByRole('dialog', { name: 'Unfinished jobs' }).getByRole('article', { name: MAC });
    await expect(job).toContainText('waits for the approval of an admin elsewhere');
    await choose(app.application, files('approval.json'));
    await job.getByRole('button', { name: 'Finish with an approval…' }).click();
    const result = page.getByRole('region', { name: 'Result' });
    await expect(result).toContainText('PASS', { timeout: 90_000 });
    await expect(page.getByText('Old key refused, tested')).toBeVisible();
    await expect(page.getByRole('banner').getByRole('button', { name: /unfinished/ })).toHaveCount(0);
    expect(statuses(bench).toSorted()).toEqual(['accepted', 'rejected']);
  });

  await test.step('the admin removes the old keys, asked twice', async () => {
    await admin.page.getByRole('button', { name: 'Approve a request…' }).click();
    await openRequest(admin, files('request.json'));
    const panel = admin.page.getByRole('dialog', { name: 'Approve a request' });
    await panel.getByRole('checkbox', { name: 'I have compared the key of that station' }).check();
    await panel.getByRole('button', { name: 'Remove the old keys' }).click();
    await expect(panel.getByRole('button', { name: 'Not yet' })).toBeFocused();
    expect(statuses(bench).toSorted()).toEqual(['accepted', 'rejected']);
    await panel.getByRole('button', { name: 'It has: remove the old keys' }).click();
    await expect(panel).toContainText('The old keys are removed.');
    expect(statuses(bench)).toEqual(['accepted']);
  });
  const { records } = await ask(page, 'snapshot', {});
  expect(records[0]).toMatchObject({ verdict: 'pass', identity: MAC });
  expect(records[0]?.keyFingerprint).not.toBe(old);
  expect([...app.problems, ...admin.problems]).toEqual([]);
});

/** A request as a station would have written it, of any time and for any server. */
function requestFile(file: string, change: { readonly serverUrl: string; readonly expires?: string }): void {
  const station = generateKeyPairSync('ed25519');
  const unit = publicKey(
    generateKeyPairSync('ed25519').publicKey.export({ format: 'pem', type: 'spki' }).toString(),
  );
  const text = writeRequest(
    {
      job: 'a-job',
      station: 'van-03',
      operator: null,
      at: '2026-01-01T00:00:00.000Z',
      expires: '2099-01-01T00:00:00.000Z',
      identity: parseIdentity(`mac=${MAC}`),
      publicKey: unit.pem,
      fingerprint: unit.fingerprint,
      oldKey: null,
      unitSigns: true,
      reason: { code: 'returned', text: '' },
      ...change,
    },
    null,
    sealingPublicKey(makeSealingKey()),
    {
      publicKey: station.publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
      sign: (message) => sign(null, message, station.privateKey),
    },
  );
  writeFileSync(file, text);
}

test('a bad file, another server, an expired and a used request: each refused with what to do', async ({
  app,
  admin,
  bench,
  home,
}) => {
  test.slow();
  await bench.plugIn(bench.board({ mac: MAC, client: CLIENT }), 'left');
  await useServer(app.page, bench.server);
  await provisionOn(app.page, 'left');
  const { url } = bench.server;
  const file = path.join(home, 'request.json');
  const { page } = admin;
  await toRekey(page);
  await page.getByRole('button', { name: 'Approve a request…' }).click();
  const panel = page.getByRole('dialog', { name: 'Approve a request' });
  const alert = panel.getByRole('alert');
  const approve = async (): Promise<void> => {
    await panel.getByRole('checkbox', { name: 'I have compared the key of that station' }).check();
    await panel.getByRole('button', { name: 'Approve', exact: true }).click();
  };

  await test.step('no file of a station, and one that cannot be read', async () => {
    writeFileSync(file, 'a letter');
    await openRequest(admin, file);
    await expect(alert).toContainText('request/unreadable');
    await openRequest(admin, path.join(home, 'gone.json'));
    await expect(alert).toContainText('gone.json cannot be read');
    await expect(alert).toContainText('Choose the file that the other station wrote.');
  });

  await test.step('a file that was changed on its way', async () => {
    requestFile(file, { serverUrl: url });
    writeFileSync(file, readFileSync(file, 'utf8').replace('"returned"', '"scheduled"'));
    await openRequest(admin, file);
    await expect(alert).toContainText('request/altered');
    await expect(alert).toContainText('Have it sent again');
  });

  await test.step('for a server of another address, until the admin says that it is the same', async () => {
    requestFile(file, { serverUrl: url.replace('127.0.0.1', 'localhost') });
    await openRequest(admin, file);
    await expect(alert).toContainText('request/other-server');
    await panel.getByRole('button', { name: 'Both are addresses of this one server' }).click();
    await expect(panel.getByRole('region', { name: 'The unit' })).toContainText(MAC);
    await expect(alert).toHaveCount(0);
  });

  await test.step('expired', async () => {
    requestFile(file, { serverUrl: url, expires: '2026-01-02T00:00:00.000Z' });
    await openRequest(admin, file);
    await expect(panel.getByRole('region', { name: 'Who asks' })).toContainText('has expired');
    await approve();
    await expect(alert).toContainText('request/expired');
    await expect(alert).toContainText('a new request made');
  });

  await test.step('used: its key was brought in once, and is not there any more', async () => {
    requestFile(file, { serverUrl: url });
    await openRequest(admin, file);
    await expect(panel.getByRole('region', { name: 'Who asks' })).not.toContainText('has expired');
    await approve();
    await expect(panel).toContainText('Approved:');
    const [device] = bench.server.inspect();
    const set = device?.sets.find(({ status }) => status === 'preauthorized');
    await adminCall(bench.server, 'DELETE', `/devices/${device?.id}/auth/${set?.id}`);
    await openRequest(admin, file);
    await approve();
    await expect(alert).toContainText('request/used');
    await expect(alert).toContainText('have a new request made');
  });
  expect(statuses(bench)).toEqual(['accepted']);

  await test.step('an approval that is none is refused at the laptop', async () => {
    await toRekey(app.page);
    await choose(app.application, file);
    await app.page.getByRole('button', { name: 'Finish with an approval…' }).click();
    await expect(app.page.getByRole('alert').first()).toContainText('request/unreadable');
    await expect(bigButton(app.page)).toContainText('Read the unit');
  });
  expect([...app.problems, ...admin.problems]).toEqual([]);
});
