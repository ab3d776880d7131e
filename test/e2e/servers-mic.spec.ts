import { MIC_ADMIN, startMicServer, type MicServer } from '../../src/rehearsal/mic/index.ts';
import { expect, test as base } from './app.ts';
import { ask, bigButton, card, expectReady, expectVerdicts, guidance } from './bench.ts';

/** A stack of the Managed IoT Cloud of this test's own. */
const test = base.extend<{ stack: MicServer }>({
  stack: async ({}, use) => {
    await using stack = await startMicServer();
    await use(stack);
  },
});

test('a stack of the Managed IoT Cloud is found by its host, and signed in at', async ({ app, stack }) => {
  const { page } = app;
  await page.getByRole('banner').getByRole('button', { name: 'Add a server' }).click();
  const form = page.getByRole('dialog');
  await form.getByText('Managed IoT Cloud').click();
  await form.getByRole('textbox', { name: 'Name' }).fill('cloud');

  await test.step('nothing is sent without an address', async () => {
    await form.getByRole('button', { name: 'Add', exact: true }).click();
    await expect(form).toContainText('Needed');
    expect(stack.count('discovery')).toBe(0);
  });

  await test.step('a host that nobody knows is told', async () => {
    await form.getByRole('textbox', { name: 'Host of the stack' }).fill('other.mic.telenorconnexion.com');
    await form.getByRole('textbox', { name: 'Discovery service' }).fill(stack.discoveryUrl);
    await form.getByRole('button', { name: 'Add', exact: true }).click();
    await expect(form.getByRole('alert')).toContainText('server/no-such-stack');
  });

  await test.step('the right one is stored with its key, and its user signs in', async () => {
    await form.getByRole('textbox', { name: 'Host of the stack' }).fill(stack.stackHost);
    await form.getByRole('button', { name: 'Add', exact: true }).click();
    // There are user names there, and no tokens.
    await expect(form.getByText('Access token')).toBeHidden();
    await form.getByRole('textbox', { name: 'User name' }).fill(MIC_ADMIN.userName);
    await form.getByLabel('Password', { exact: true }).fill(MIC_ADMIN.password);
    await form.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expect(page.getByRole('dialog')).toBeHidden();
    await expect(page.getByRole('banner')).toContainText('admin');
    expect([stack.count('manifest'), stack.count('login')]).toEqual([1, 1]);
  });

  await test.step('what the account may do there is shown', async () => {
    await page.getByRole('banner').getByRole('button', { name: 'admin' }).click();
    await page.getByRole('button', { name: 'Test', exact: true }).click();
    const findings = page.getByRole('dialog').getByRole('listitem');
    await expect(findings.filter({ hasText: 'right Things.CREATE' }).last()).toContainText('fine');
    await expect(findings.filter({ hasText: 'certificates' }).last()).toContainText('fine');
  });
});

test('a stack that refuses its API key is given another one', async ({ app, stack }) => {
  const { page } = app;
  await expect(guidance(page)).not.toContainText('Starting the station');
  await ask(page, 'server.add', { name: 'cloud', kind: 'mic', url: stack.url, apiKey: '0'.repeat(40) });
  await page
    .getByRole('banner')
    .getByRole('button', { name: /Not signed in/ })
    .click();
  const form = page.getByRole('dialog');
  const signIn = async (): Promise<void> => {
    await form.getByRole('textbox', { name: 'User name' }).fill(MIC_ADMIN.userName);
    await form.getByLabel('Password', { exact: true }).fill(MIC_ADMIN.password);
    await form.getByRole('button', { name: 'Sign in', exact: true }).click();
  };
  await signIn();
  await expect(form.getByRole('alert')).toContainText('server/api-key-refused');
  await form.getByRole('button', { name: 'Cancel' }).click();

  await form.getByRole('button', { name: 'Store its API key' }).click();
  await form.getByLabel('API key', { exact: true }).fill(` ${stack.apiKey} `);
  await form.getByRole('button', { name: 'Store', exact: true }).click();
  await expect(form.getByRole('status')).toContainText('Stored');
  await expect(form.getByLabel('API key', { exact: true })).toHaveValue('');
  await form.getByRole('button', { name: 'Sign in', exact: true }).click();
  await signIn();
  await expect(form).toBeHidden();
  expect(app.output()).not.toContain(stack.apiKey);
  expect(app.problems).toEqual([]);
});

test('a rehearsal has a stack where that is chosen, and its jobs are told in the words of one', async ({
  app,
  capture,
}) => {
  const { page } = app;
  await page.getByRole('group', { name: 'Server of the rehearsal' }).getByText('Managed IoT Cloud').click();
  await expect(page.getByText('a stack of the Managed IoT Cloud inside the station')).toBeVisible();
  await capture('mic-first-run');
  await page.getByRole('button', { name: 'Start the rehearsal bench' }).click();
  const boards = ['Board 1', 'Board 2', 'Board 3', 'Board 4'];
  await expectReady(page, boards);
  await expect(page.getByRole('banner')).toContainText('renews itself');
  await capture('mic-ready');
  await bigButton(page).click();
  await expectVerdicts(page, 'PASS', boards);
  await capture('mic-verdicts');
  await card(page, 'Board 1').getByRole('button', { name: 'Details' }).click();
  await page.getByRole('tab', { name: 'Steps' }).click();
  const steps = page.getByRole('tabpanel').getByRole('listitem');
  for (const label of [
    'Create the thing',
    'Fetch certificate and key',
    'Prove them by MQTT',
    'Stage certificate, key',
    'Install certificate, key',
  ])
    await expect(steps.filter({ hasText: label })).toBeVisible();
  await expect(steps.filter({ hasText: 'Make the key' })).toBeHidden();
  await capture('mic-steps');
  expect(app.problems).toEqual([]);
});
