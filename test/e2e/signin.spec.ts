import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from '@playwright/test';
import type { CallInput } from '../../src/contract.ts';
import { makeCertificate, startMenderServer } from '../../src/rehearsal/server/index.ts';
import { startOldServer } from '../../src/rehearsal/server/old-server.ts';
import { spkiSha256 } from '../../src/servers/http/trust.ts';
import { grouped } from '../../renderer/format.ts';
import { expect, test } from './app.ts';
import { ask, guidance } from './bench.ts';

const ADMIN = { email: 'admin@factory.example', password: 'canary-password-of-the-admin' } as const;
const OTP = { email: 'otp@factory.example', password: 'canary-password-with-a-code', otp: '123456' } as const;
const SSO = {
  email: 'sso@factory.example',
  password: 'canary-of-single-sign-on',
  singleSignOn: true,
} as const;

async function typeLogin(page: Page, email: string, password: string): Promise<void> {
  const form = page.getByRole('dialog');
  await form.getByRole('textbox', { name: 'E-mail' }).fill(email);
  await form.getByLabel('Password', { exact: true }).fill(password);
  await form.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** Adds a server once the window has all that it shows at its start, and opens its sign-in. */
async function addServer(page: Page, params: CallInput<'server.add'>): Promise<void> {
  await expect(guidance(page)).not.toContainText('Starting the station');
  await ask(page, 'server.add', params);
  await openServers(page, /Not signed in/);
}

async function openServers(page: Page, name: RegExp | string): Promise<void> {
  await page.getByRole('banner').getByRole('button', { name }).click();
}

test('accounts with a second factor and with single sign-on, each by its own way', async ({ app }) => {
  const { page } = app;
  await using server = await startMenderServer({ admin: ADMIN, accounts: [OTP, SSO] });
  await addServer(page, { name: 'factory', url: server.url });
  const form = page.getByRole('dialog');

  await test.step('single sign-on leads to the access token', async () => {
    await typeLogin(page, SSO.email, 'x');
    await expect(form.getByRole('alert')).toContainText('single sign-on');
    await expect(form.getByLabel('Personal access token')).toBeVisible();
    await form.getByText('E-mail and password').click();
  });

  await test.step('the code is asked for, and the password not again', async () => {
    await typeLogin(page, OTP.email, OTP.password);
    const code = form.getByRole('textbox', { name: 'Code of the second factor' });
    await expect(code).toBeVisible();
    await expect(form.getByLabel('Password', { exact: true })).toBeHidden();
    await code.fill('000000');
    await form.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expect(form.getByRole('alert')).toContainText('server/otp-needed');
    await expect(code).toHaveValue('');
    await code.fill(OTP.otp);
    await form.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expect(form).toBeHidden();
    await expect(page.getByRole('banner')).toContainText(OTP.email);
  });
  expect(app.problems).toEqual([]);
  expect(app.output()).not.toContain('canary');
});

test('a login that ends within the hour is counted down, and asked for anew', async ({ app }) => {
  const { page } = app;
  await using server = await startMenderServer({ admin: ADMIN, sessionSeconds: 50 * 60 });
  await addServer(page, { name: 'factory', url: server.url });
  await typeLogin(page, ADMIN.email, ADMIN.password);
  await expect(page.getByRole('banner')).toContainText(/(49|50) min left/);
  await expect(guidance(page)).toContainText(/ends in (49|50) min/);
  server.environment.sessionSeconds = 604_800;
  await guidance(page).getByRole('button', { name: 'Sign in' }).click();
  await typeLogin(page, ADMIN.email, ADMIN.password);
  await expect(page.getByRole('banner')).toContainText(/6 d 23 h left/);
  // One session at the server, not two.
  expect(server.requests.count({ path: '/api/management/v1/useradm/auth/logout' })).toBe(1);
});

test('a key that was changed is compared and pinned; a shift is checked before it begins', async ({
  app,
  home,
}) => {
  const { page } = app;
  const [before, after] = await Promise.all([makeCertificate(), makeCertificate()]);
  const pin = (pem: string): string => spkiSha256(new X509Certificate(pem));
  await using first = await startMenderServer({ admin: ADMIN, tls: before });
  const trust = { by: 'pin', spkiSha256: pin(before.cert) } as const;
  await addServer(page, { name: 'factory', url: first.url, trust });
  await first.close();
  await using _second = await startMenderServer({ admin: ADMIN, tls: after, port: first.port, limit: 100 });
  const form = page.getByRole('dialog');

  await test.step('nothing is sent to the new key until a person has compared it', async () => {
    await typeLogin(page, ADMIN.email, ADMIN.password);
    await expect(form.getByRole('alert')).toContainText(pin(before.cert));
    await expect(form.getByRole('alert')).toContainText(pin(after.cert));
    await form.getByRole('button', { name: 'Cancel' }).click();
    await form.getByRole('button', { name: 'Compare its key' }).click();
    await expect(form).toContainText(grouped(pin(before.cert)));
    await expect(form).toContainText(grouped(pin(after.cert)));
    const trusting = form.getByRole('button', { name: 'Trust this key from now on' });
    await expect(trusting).toBeDisabled();
    await form.getByRole('checkbox', { name: /I have compared it/ }).check();
    await trusting.click();
    await expect(form.getByRole('status')).toContainText('trusted from now on');
    await form.getByRole('button', { name: 'Sign in', exact: true }).click();
    await typeLogin(page, ADMIN.email, ADMIN.password);
    await expect(page.getByRole('banner')).toContainText(ADMIN.email);
  });

  await test.step('a shift that fits, and one that does not', async () => {
    const file = path.join(home, 'order.csv');
    writeFileSync(file, `serial\n${Array.from({ length: 101 }, (_, n) => `SN${n}`).join('\n')}\n`);
    await ask(page, 'batch.import', { path: file, name: 'Order 101' });
    await openServers(page, ADMIN.email);
    await form.getByRole('button', { name: 'Before the shift' }).click();
    await form.getByRole('textbox', { name: 'Boards to come' }).fill('100');
    await form.getByRole('button', { name: 'Check', exact: true }).click();
    await expect(form.getByRole('status')).toContainText('The shift can begin');
    await form.getByRole('textbox', { name: 'Boards to come' }).fill('101');
    await form.getByRole('button', { name: 'Check', exact: true }).click();
    await expect(form.getByRole('status')).toContainText('One thing is to be mended');
    await expect(form.getByRole('listitem').filter({ hasText: 'limit for the boards' }).last()).toContainText(
      'Have the limit raised',
    );
    await form.getByRole('textbox', { name: 'Boards to come' }).fill('');
    await form.getByRole('combobox', { name: 'Batch whose boards are to come' }).click();
    await form.getByRole('option', { name: 'Order 101' }).click();
    await form.getByLabel('Or its end, by this clock').fill('00:00');
    await form.getByRole('button', { name: 'Check', exact: true }).click();
    await expect(form.getByRole('status')).toContainText('One thing is to be mended');
    await expect(form.getByRole('status')).toContainText(/until .*00:00:00/);
  });
});

test('a server of 1.0 without a user gets its first one', async ({ app }) => {
  const { page } = app;
  await using server = await startOldServer();
  await addServer(page, { name: 'old', url: server.url });
  const form = page.getByRole('dialog');
  await form.getByRole('button', { name: 'Cancel' }).click();
  await form.getByRole('button', { name: 'Test', exact: true }).click();
  await form.getByRole('button', { name: 'Make its first user' }).click();
  await form.getByRole('textbox', { name: 'E-mail' }).fill('first@factory.example');
  await form.getByLabel('Password, of 8 characters or more').fill('canary-first');
  await form.getByLabel('Once more').fill('canary-second');
  const make = form.getByRole('button', { name: 'Make its first user' }).last();
  await make.click();
  await expect(form.getByRole('alert')).toContainText('The two passwords differ.');
  await form.getByLabel('Once more').fill('canary-first');
  await make.click();
  await expect(page.getByRole('banner')).toContainText('first@factory.example');
  expect(server.users()).toEqual(['first@factory.example']);
  expect(app.output()).not.toContain('canary');
});
