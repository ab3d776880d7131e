import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import type { Page } from '@playwright/test';
import type { WindowEvent } from '../../renderer/station.ts';
import { expect, launch, test } from './app.ts';
import { stationProcess } from './processes.ts';

const root = path.resolve(import.meta.dirname, '../..');
const linuxOnly = 'reads /proc';

/** Starts the executable as a shell would and waits for its end. */
function run(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const electron = createRequire(import.meta.url)('electron') as string;
  return new Promise((resolve, reject) => {
    const child = spawn(electron, ['.', ...args], { cwd: root, env: { ...process.env, ...environment } });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, stdout, stderr }));
  });
}

/** Collects what the window is told of the station's process from now on. */
async function watchProcess(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const seen: string[] = [];
    Object.assign(window, { seen });
    window.station?.subscribe((event: WindowEvent) => {
      if (event.type === 'station-process') seen.push(`${event.state}: ${event.cause ?? ''}`);
    });
  });
  return () => page.evaluate(() => (window as unknown as { seen: string[] }).seen);
}

test('the window opens on its page without an error', async ({ app, capture }) => {
  await expect(app.page).toHaveTitle('Station');
  await expect(app.page.locator('#root > *').first()).toBeVisible();
  await capture('start');
  expect(app.problems).toEqual([]);
});

test('a call reaches the station and its answer comes back', async ({ app }) => {
  const answer = await app.page.evaluate(() => window.station?.call('snapshot', {}));
  expect(answer).toHaveProperty('ok');
});

test('wrong parameters come back as an error with a code, not as an exception', async ({ app }) => {
  const answer = await app.page.evaluate(() => window.station?.call('profile.show', { name: 7 }));
  expect(answer).toMatchObject({ ok: false, error: { code: 'station/usage', retriable: false } });
});

test('a killed station process is started again, and the window is told why', async ({ app }) => {
  test.skip(process.platform !== 'linux', linuxOnly);
  await app.page.evaluate(() => window.station?.call('snapshot', {}));
  const seen = await watchProcess(app.page);
  const pid = stationProcess(app.application.process().pid!);
  process.kill(pid, 'SIGKILL');
  await expect.poll(seen).toHaveLength(2);
  const [lost, back] = await seen();
  expect(lost).toMatch(/^restarting: The station ended with exit code 9/);
  expect(back).toBe('up: ');
  const answer = await app.page.evaluate(() => window.station?.call('snapshot', {}));
  expect(answer).toHaveProperty('ok');
  expect(stationProcess(app.application.process().pid!)).not.toBe(pid);
});

test('the station process sees no secret of the environment and leaves no memory in a crash file', async ({
  home,
}) => {
  test.skip(process.platform !== 'linux', linuxOnly);
  const app = await launch({
    home,
    environment: { STATION_TOKEN: 'canary-of-the-environment', UNHEARD_OF: '1' },
  });
  await app.page.evaluate(() => window.station?.call('snapshot', {}));
  const pid = stationProcess(app.application.process().pid!);
  const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  const filter = readFileSync(`/proc/${pid}/coredump_filter`, 'utf8').trim();
  await app.close();
  expect(environment.some((line) => line.startsWith('PATH='))).toBe(true);
  expect(environment.filter((line) => /canary|UNHEARD_OF|STATION_TOKEN/.test(line))).toEqual([]);
  expect(filter).toBe('00000000');
});

test('the window opens where it was, in the theme it had', async ({ home }) => {
  const first = await launch({ home });
  await first.application.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]!.setBounds({ x: 20, y: 30, width: 1000, height: 700 }),
  );
  const file = path.join(home, 'window.json');
  await expect.poll(() => readFileSync(file, 'utf8')).toContain('"width": 1000');
  await first.close();

  const second = await launch({ home });
  const size = await second.application.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]!.getBounds(),
  );
  await second.close();
  expect(size).toMatchObject({ width: 1000, height: 700 });
});

test('a second start on the same home shows the first window and ends', async ({ app, home }) => {
  await app.application.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.minimize());
  const second = await run([], { STATION_HOME: home });
  expect(second.stderr).toContain('is open already');
  await expect
    .poll(() =>
      app.application.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.isMinimized()),
    )
    .toBe(false);
});

test('closing the window ends the app and leaves no process behind', async ({ home }) => {
  test.skip(process.platform !== 'linux', linuxOnly);
  const app = await launch({ home });
  await app.page.evaluate(() => window.station?.call('snapshot', {}));
  const pid = stationProcess(app.application.process().pid!);
  const closed = app.application.waitForEvent('close');
  await app.application.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.close());
  await closed;
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

test('the executable with a sub-command runs the command and opens no window', async ({ home }) => {
  const help = await run(['--help'], { STATION_HOME: home });
  expect(help.stderr).toBe('');
  expect(help.stdout).toContain('station');
  expect(help.status).toBe(0);
  const wrong = await run(['no-such-command'], { STATION_HOME: home });
  expect(wrong.status).toBe(2);
});

/** Starts a rehearsal of one board and its provisioning; resolves when the job runs. */
async function startJob(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const started = Promise.withResolvers<undefined>();
    const bench = await window.station?.call('rehearsal.start', { boards: 1 });
    if (bench?.ok !== true) throw new Error(JSON.stringify(bench));
    const { slots, servers } = bench.value as {
      slots: { port: string; simulated: boolean }[];
      servers: { name: string; simulated: boolean }[];
    };
    const port = slots.find(({ simulated }) => simulated)?.port;
    const server = servers.find(({ simulated }) => simulated)?.name;
    window.station?.subscribe((event: WindowEvent) => {
      if (event.type === 'job' && event.job.state === 'running') started.resolve(undefined);
    });
    void window.station?.call('provision', { ports: [port], server, profile: 'mender' }).then((answer) => {
      if (!answer.ok) started.reject(new Error(JSON.stringify(answer.error)));
    });
    await started.promise;
  });
}

test('closing while a board is being worked on asks first, and stays when told so', async ({ home }) => {
  const app = await launch({ home });
  await startJob(app.page);
  await app.application.evaluate(({ dialog }) => {
    const answers = [0, 1];
    const asked: string[] = [];
    Object.assign(globalThis, { asked });
    dialog.showMessageBox = ((options: { message: string }) => {
      asked.push(options.message);
      return Promise.resolve({ response: answers.shift() ?? 0, checkboxChecked: false });
    }) as never;
  });
  const close = (): Promise<void> =>
    app.application.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.close());
  await close();
  const asked = (): Promise<string[]> =>
    app.application.evaluate(() => (globalThis as unknown as { asked: string[] }).asked);
  await expect.poll(asked).toEqual(['One board is being worked on.']);
  expect(await app.page.evaluate(() => window.station?.call('snapshot', {}))).toMatchObject({ ok: true });

  const closed = app.application.waitForEvent('close');
  await close();
  await closed;
});
