import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { startMenderServer, type MenderServer } from '../../src/rehearsal/server/index.ts';
import { expect, test as base } from './app.ts';
import { grouped } from '../../renderer/format.ts';
import { ask, choose, guidance } from './bench.ts';

const ADMIN = { email: 'admin@factory.example', password: 'canary-password-of-the-admin' } as const;

/** A Mender-compatible server of this test's own, with a certificate that nobody knows. */
const test = base.extend<{ server: MenderServer }>({
  server: async ({}, use) => {
    await using server = await startMenderServer({ tls: true, admin: ADMIN });
    await use(server);
  },
});

async function openForm(page: Page, name: string, url: string): Promise<void> {
  await page.getByRole('banner').getByRole('button', { name: 'Add a server' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill(name);
  await page.getByRole('textbox', { name: 'URL', exact: true }).fill(url);
}

async function signIn(page: Page, password: string): Promise<void> {
  const form = page.getByRole('dialog');
  await form.getByRole('textbox', { name: 'E-mail' }).fill(ADMIN.email);
  await form.getByLabel('Password', { exact: true }).fill(password);
  await form.getByRole('button', { name: 'Sign in', exact: true }).click();
}

test('a server with a CA of one’s own: added, signed in, signed out, gone', async ({ app, server, home }) => {
  const { page, application } = app;
  const file = path.join(home, 'ca.pem');
  writeFileSync(file, server.ca ?? '');

  await test.step('without its CA it is not trusted', async () => {
    await openForm(page, 'factory', server.url);
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await signIn(page, ADMIN.password);
    const alert = page.getByRole('dialog').getByRole('alert');
    await expect(alert).toContainText('server/certificate');
    await expect(alert).toContainText('Verification cannot be switched off.');
    expect(server.requests.count({})).toBe(0);
    await page.keyboard.press('Escape');
  });

  await test.step('its CA is chosen by the system’s dialog', async () => {
    await page.getByRole('banner').getByRole('button', { name: 'Not signed in' }).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Add a server' }).last().click();
    await page.getByRole('textbox', { name: 'Name' }).fill('factory');
    await page.getByRole('textbox', { name: 'URL', exact: true }).fill(server.url);
    await page.getByRole('radio', { name: 'By a CA certificate from a file' }).check();
    await choose(application, '/proc/no-such-file.pem');
    await page.getByRole('button', { name: 'Choose the certificate file (PEM)' }).click();
    await expect(page.getByText('The file cannot be read')).toBeVisible();
    await choose(application, file);
    await page.getByRole('button', { name: 'Choose the certificate file (PEM)' }).click();
    await expect(page.getByText('Chosen: ca.pem')).toBeVisible();
    await page.getByRole('button', { name: 'Add', exact: true }).click();
  });

  await test.step('a wrong password is refused and wiped', async () => {
    await signIn(page, 'canary-wrong-password');
    await expect(page.getByRole('dialog').getByRole('alert')).toContainText('server/login-refused');
    await expect(page.getByLabel('Password', { exact: true })).toHaveValue('');
  });

  await test.step('the right one signs in, and its end shows', async () => {
    await signIn(page, ADMIN.password);
    await expect(page.getByRole('dialog')).toBeHidden();
    await expect(page.getByRole('banner')).toContainText(ADMIN.email);
    await expect(page.getByRole('banner')).toContainText(/6 d 23 h left/);
  });

  await test.step('it can be tested', async () => {
    await page.getByRole('banner').getByRole('button', { name: ADMIN.email }).click();
    await page.getByRole('button', { name: 'Test', exact: true }).click();
    const findings = page.getByRole('dialog').getByRole('listitem');
    await expect(findings.filter({ hasText: 'certificate' }).last()).toContainText('fine');
    await expect(findings.filter({ hasText: 'device limit' }).last()).toContainText('0 accepted');
  });

  await test.step('signing out ends the session at the server, too', async () => {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page.getByRole('banner')).toContainText('Not signed in');
    expect(server.requests.count({ path: '/api/management/v1/useradm/auth/logout' })).toBe(1);
    await page.keyboard.press('Escape');
    await expect(guidance(page)).toContainText('Sign in at factory');
  });

  await test.step('a server that is down is said to be', async () => {
    await server.close();
    await guidance(page).getByRole('button', { name: 'Sign in' }).click();
    await signIn(page, ADMIN.password);
    const alert = page.getByRole('dialog').getByRole('alert');
    await expect(alert).toContainText('server/unreachable');
    await expect(alert).toContainText('Nothing was changed on the server.');
  });
  const { servers } = await ask(page, 'snapshot', {});
  expect(servers.map(({ name, session }) => [name, session])).toEqual([['factory', null]]);
  expect(app.problems).toEqual([]);
  expect(app.output()).not.toContain('canary');
});

test('a server with a pinned key: shown, compared, confirmed', async ({ app, server }) => {
  const { page } = app;
  const { spkiSha256 } = await ask(page, 'server.certificate', { url: server.url });
  await openForm(page, 'self-signed', server.url);
  await page.getByRole('radio', { name: 'By its very key' }).check();
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(page.getByRole('alert')).toContainText(
    'Have the server’s key shown, compare it, and confirm.',
  );
  await page.getByRole('button', { name: 'Show the server’s key' }).click();
  await expect(page.getByText(grouped(spkiSha256))).toBeVisible();
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(page.getByRole('alert')).toContainText('confirm');
  await page.getByRole('checkbox', { name: /I have compared it/ }).check();
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await signIn(page, ADMIN.password);
  await expect(page.getByRole('banner')).toContainText(ADMIN.email);
  const [stored] = (await ask(page, 'snapshot', {})).servers;
  expect(stored?.trust).toEqual({ by: 'pin', spkiSha256 });
});

test('the window says which board passwords are stored, and never shows one', async ({ app, home }) => {
  const { page, application } = app;
  await page.getByRole('button', { name: 'Job settings' }).click();
  const panel = page.getByRole('dialog', { name: 'Job settings' });
  await expect(panel).toContainText('No password is stored.');
  const field = panel.getByLabel('Password “board”');
  await field.fill('canary-of-a-board');
  await panel.getByRole('button', { name: 'Store' }).first().click();
  await expect(panel).toContainText('A password is stored.');
  await expect(field).toHaveValue('');
  await panel.getByRole('button', { name: 'Forget it' }).first().click();
  await expect(panel).toContainText('No password is stored.');

  await panel.getByRole('combobox', { name: 'Key' }).click();
  await page.getByRole('option', { name: /Imported from a folder/ }).click();
  await expect(panel).toContainText('Name the folder first.');
  await choose(application, home);
  await panel.getByRole('button', { name: 'Choose…' }).click();
  await expect(panel.getByRole('textbox', { name: 'Folder with the key files' })).toHaveValue(home);
  expect(await page.content()).not.toContain('canary-of-a-board');
});
