/**
 * Looks at the window in every state: draws it in Chromium at several sizes, in both colour schemes, under the very policy
 * that the app sets, and asks axe about each. Run by hand:
 *
 *   node test/renderer/screens.ts FOLDER [SCENE...]   (`rekey*`: all that begin so)
 *
 * Pictures go to FOLDER; findings to stdout; the exit status is 1 when there are any.
 */
import axeCore from 'axe-core';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import react from '@vitejs/plugin-react';
import { chromium, type Page } from 'playwright-core';
import { build } from 'vite';

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'none'; base-uri 'none'";
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
const ORIGIN = 'https://station.test';

interface Shot {
  readonly name: string;
  readonly scene: string;
  readonly size?: readonly [number, number];
  readonly dark?: boolean;
  readonly act?: (page: Page) => Promise<void>;
}

const press = (name: string | RegExp) => (page: Page) => page.getByRole('button', { name }).first().click();
const SMALL = [1024, 768] as const;
const LARGE = [1920, 1080] as const;

const BENCH: readonly Shot[] = [
  ...['loading', 'first-run', 'empty', 'ready', 'rehearsal', 'running', 'pass', 'mixed', 'one', 'many'].map(
    (scene) => ({
      name: scene,
      scene,
    }),
  ),
  ...['presences', 'signed-out', 'soon', 'read-only', 'down', 'restarting', 'unrecorded'].map((scene) => ({
    name: scene,
    scene,
  })),
  ...['first-run', 'running', 'mixed', 'many', 'empty'].flatMap((scene) => [
    { name: `${scene}-1024`, scene, size: SMALL },
    { name: `${scene}-1920`, scene, size: LARGE },
  ]),
  ...['first-run', 'running', 'mixed', 'presences', 'read-only'].map((scene) => ({
    name: `${scene}-dark`,
    scene,
    dark: true,
  })),
  { name: 'job-result', scene: 'mixed', act: press('Details') },
  {
    name: 'job-error',
    scene: 'mixed',
    act: (page) => page.getByRole('button', { name: 'Details' }).nth(1).click(),
  },
  {
    name: 'job-steps',
    scene: 'mixed',
    act: async (page) => {
      await press('Details')(page);
      await page.getByRole('tab', { name: 'Steps' }).click();
    },
  },
  {
    name: 'job-transcript',
    scene: 'mixed',
    act: async (page) => {
      await press('Details')(page);
      await page.getByRole('tab', { name: 'Transcript' }).click();
      await page.getByText('private key, 2459').waitFor();
    },
  },
  {
    name: 'job-transcript-dark',
    scene: 'mixed',
    dark: true,
    act: async (page) => {
      await press('Details')(page);
      await page.getByRole('tab', { name: 'Transcript' }).click();
      await page.getByText('private key, 2459').waitFor();
    },
  },
  { name: 'sign-in', scene: 'signed-out', act: press(/^Sign in$/) },
  {
    name: 'sign-in-otp',
    scene: 'signed-out',
    act: async (page) => {
      await press(/^Sign in$/)(page);
      await page.getByRole('textbox', { name: 'E-mail' }).fill('anna.berg@factory.example');
      await page.getByLabel('Password', { exact: true }).fill('secret');
      await page.getByRole('dialog').getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('asks for a second factor').waitFor();
    },
  },
  { name: 'servers', scene: 'ready', act: press(/Factory Mender/) },
  {
    name: 'server-test',
    scene: 'ready',
    act: async (page) => {
      await press(/Factory Mender/)(page);
      await press('Test')(page);
    },
  },
  {
    name: 'add-server-pin',
    scene: 'first-run',
    act: async (page) => {
      await page.getByRole('main').getByRole('button', { name: 'Add a server' }).click();
      await page.getByLabel('Name').fill('Factory Mender');
      await page.getByLabel('URL', { exact: true }).fill('https://mender.factory.example');
      await page.getByLabel('By its very key').click();
      await press('Show the server’s key')(page);
      await page.getByText('Issued to').waitFor();
    },
  },
  {
    name: 'set-up-import',
    scene: 'ready',
    act: async (page) => {
      await page.getByRole('combobox', { name: 'Key' }).click();
      await page.getByRole('option', { name: /Imported/ }).click();
    },
  },
  {
    name: 'key-choice',
    scene: 'ready',
    act: async (page) => {
      await page.getByRole('combobox', { name: 'Key' }).click();
      await page.getByRole('option', { name: /Imported/ }).waitFor();
    },
  },
  { name: 'operator', scene: 'ready', act: press('Anna Berg') },
  { name: 'doctor', scene: 'empty', act: press('Check this machine') },
  { name: 'record', scene: 'mixed', act: press(/^Details of 52:54:00:c0:00:02/) },
  {
    name: 'played',
    scene: 'ready',
    act: async (page) => {
      await page.keyboard.press(' ');
      await page.getByText('PASS').nth(7).waitFor({ timeout: 20_000 });
    },
  },
];

const SMALLEST = [800, 560] as const;

const readUnit = async (page: Page): Promise<void> => {
  await press('Re-key')(page);
  await page.getByRole('radio', { name: /Slot 1/ }).check();
  await press('Read the unit')(page);
  await page.getByRole('region', { name: 'What was found' }).waitFor();
};
const giveKey = async (page: Page): Promise<void> => {
  await readUnit(page);
  for (const box of await page.getByRole('checkbox').all()) await box.check();
  await page.getByRole('radio', { name: 'Returned from the field' }).check();
  await page.getByLabel('In your own words').fill('Ticket 4711: no contact since Monday.');
  await press(/^Give it a new key/)(page);
};
const verdictOf = async (page: Page): Promise<void> => {
  await giveKey(page);
  await page.getByRole('button', { name: 'Next unit' }).waitFor({ timeout: 20_000 });
};

const readRequest = async (page: Page): Promise<void> => {
  await press('Re-key')(page);
  await press('Approve a request…')(page);
  await press('Open a request…')(page);
  await page.getByText(/^(Who asks|Not changed)$/).waitFor();
};

const toBatches = press('Batches');
const openBatch = async (page: Page, name: string): Promise<void> => {
  await toBatches(page);
  await page.getByRole('button', { name: new RegExp(`^${name}`) }).click();
  await page.getByRole('table', { name: 'Rows' }).waitFor();
};

/** The same state at every size and in both schemes. */
function everywhere(name: string, scene: string, act?: (page: Page) => Promise<void>): readonly Shot[] {
  const shot = { scene, ...(act === undefined ? {} : { act }) };
  return [
    { name, ...shot },
    { name: `${name}-dark`, ...shot, dark: true },
    { name: `${name}-800`, ...shot, size: SMALLEST },
    { name: `${name}-800-dark`, ...shot, size: SMALLEST, dark: true },
    { name: `${name}-1920`, ...shot, size: LARGE },
  ];
}

const SHOTS: readonly Shot[] = [
  ...BENCH,
  ...['first-run', 'ready', 'running', 'mixed'].map((scene) => ({
    name: `${scene}-800`,
    scene,
    size: SMALLEST,
  })),
  ...everywhere('rekey-choose', 'rekey', press('Re-key')),
  ...everywhere('rekey-read', 'rekey', readUnit),
  ...everywhere('rekey-changed', 'rekey-changed', readUnit),
  ...everywhere('rekey-other', 'rekey-other', readUnit),
  ...everywhere('rekey-offline', 'rekey-offline', readUnit),
  ...everywhere('rekey-obstacle', 'rekey-obstacle', readUnit),
  ...everywhere('rekey-running', 'rekey', async (page) => {
    await giveKey(page);
    await page.getByText('Put key in use').first().waitFor();
  }),
  ...everywhere('rekey-tested', 'rekey', verdictOf),
  {
    name: 'rekey-sheet',
    scene: 'rekey',
    act: async (page) => {
      await verdictOf(page);
      await press('Hand-over sheet…')(page);
      await page.getByRole('button', { name: 'Sheet saved' }).waitFor();
    },
  },
  ...everywhere('rekey-not-tested', 'rekey-changed', verdictOf),
  ...everywhere('rekey-failed', 'rekey-other', verdictOf),
  ...everywhere('rekey-waiting', 'rekey-offline', async (page) => {
    await giveKey(page);
    await page.getByText('The old key is active').first().waitFor();
  }),
  ...everywhere('rekey-signed-out', 'rekey-signed-out', readUnit),
  ...everywhere('rekey-requested', 'rekey-signed-out', async (page) => {
    await readUnit(page);
    await page.getByRole('radio', { name: 'Returned from the field' }).check();
    await press(/^Prepare the request/)(page);
    await page.getByText('Request ready').waitFor();
  }),
  ...everywhere('request-read', 'rekey', readRequest),
  ...everywhere('request-approved', 'rekey', async (page) => {
    await readRequest(page);
    await page.getByRole('checkbox', { name: /^I have compared/ }).check();
    await page.getByRole('button', { name: 'Approve', exact: true }).click();
    await page.getByRole('button', { name: 'Save the approval…' }).waitFor();
  }),
  ...everywhere('request-tidy', 'request-accepted', async (page) => {
    await readRequest(page);
    await page.getByRole('checkbox', { name: /^I have compared/ }).check();
    await press('Remove the old keys')(page);
  }),
  ...everywhere('request-elsewhere', 'request-elsewhere', readRequest),
  ...everywhere('approvers', 'rekey-signed-out', async (page) => {
    await press('Re-key')(page);
    await press('Approving stations…')(page);
    await press('Save this station’s file…')(page);
    await press('Add a station…')(page);
    await page.getByText('was added').waitFor();
  }),
  ...everywhere('rekey-plan', 'rekey', async (page) => {
    await readUnit(page);
    await page.getByRole('radio', { name: 'Returned from the field' }).check();
    await press('What would be done')(page);
    await page.getByText('Boards and server were read').waitFor();
  }),
  ...everywhere('set-up', 'ready', async (page) => {
    await press('Job settings')(page);
    await page.getByLabel('Group').scrollIntoViewIfNeeded();
  }),
  ...everywhere('server-shift', 'batches', async (page) => {
    await press(/Factory Mender/)(page);
    await press('Before the shift')(page);
    await page.getByRole('button', { name: 'Before the shift' }).scrollIntoViewIfNeeded();
  }),
  ...everywhere('batches-none', 'rekey', toBatches),
  ...everywhere('batches', 'batches', toBatches),
  ...everywhere('batch-running', 'batches', (page) => openBatch(page, 'March gateways')),
  ...everywhere('batch-failed', 'batches', async (page) => {
    await openBatch(page, 'February gateways');
    await press(/^Failed/)(page);
  }),
  ...everywhere('batch-boards', 'batches', (page) => openBatch(page, 'Order 4711')),
  ...everywhere('batch-import', 'batches', async (page) => {
    await toBatches(page);
    await press('Import a file…')(page);
    await press('Choose a file…')(page);
    await page.getByText('What the server will see').waitFor();
  }),
  ...everywhere('batch-import-columns', 'batches', async (page) => {
    await toBatches(page);
    await press('Import a file…')(page);
    await press('Choose a file…')(page);
    await page.getByRole('combobox', { name: 'Column lot' }).click();
    await page.getByRole('option', { name: 'A part of the identity' }).click();
    await page.getByRole('button', { name: 'Look at it so' }).scrollIntoViewIfNeeded();
  }),
  ...everywhere('batch-over-limit', 'batches', async (page) => {
    await openBatch(page, 'February gateways');
    await press('Preauthorize…')(page);
    await press('Start')(page);
    await page.getByRole('dialog').getByText('has room for').waitFor();
  }),
  ...everywhere('batch-bench', 'batches', async (page) => {
    await openBatch(page, 'Order 4711');
    await press('Use on the bench')(page);
    await page.getByRole('region', { name: 'Batch on the bench' }).waitFor();
  }),
  ...everywhere('batch-benches', 'batches', async (page) => {
    await openBatch(page, 'Order 4711');
    await press('Several benches…')(page);
    await press('Take part 2 back')(page);
    await page.getByRole('alertdialog').waitFor();
  }),
  ...everywhere('batch-remove', 'batches', async (page) => {
    await openBatch(page, 'Order 4711');
    await press('Remove…')(page);
    await page.getByRole('button', { name: 'Keep it', exact: true }).waitFor();
  }),
  ...everywhere('batch-take-back', 'batches', async (page) => {
    await openBatch(page, 'February gateways');
    await press('Take back…')(page);
    await press('Look what would be removed')(page);
    await page.getByRole('alertdialog').waitFor();
  }),
  ...everywhere('rekey-jobs', 'waiting', press('Re-key')),
  ...everywhere('waiting', 'waiting'),
  ...everywhere('resume', 'interrupted'),
  ...everywhere('resume-dismiss', 'interrupted', press('Take off the list')),
  ...everywhere('resume-later', 'interrupted', (page) => page.keyboard.press('Escape')),
  ...everywhere('history', 'mixed', async (page) => {
    await press('Find a unit')(page);
    await page.getByLabel('Its identity begins with').fill('52:54:00:C0');
    await page.getByText('records, the newest first').waitFor();
  }),
  ...(['ready', 'damaged'] as const).flatMap((scene) =>
    everywhere(`journal-${scene}`, scene, async (page) => {
      await press(/^Journal head/)(page);
      await press('Copy: Station key')(page);
      await press('Verify now')(page);
      await page.getByText(/as (they were|it was) written/).waitFor();
    }),
  ),
  ...everywhere('plan', 'ready', async (page) => {
    await press('What would be done')(page);
    await page.getByText('Boards and server were read').waitFor();
  }),
];

const [folder, ...wanted] = process.argv.slice(2);
if (folder === undefined) throw new Error('Name a folder for the pictures.');
const built = path.join(folder, 'built');
await mkdir(folder, { recursive: true });
await build({
  root: path.join(import.meta.dirname, 'dev'),
  base: './',
  configFile: false,
  plugins: [react()],
  logLevel: 'warn',
  build: {
    outDir: built,
    emptyOutDir: true,
    target: 'chrome150',
    modulePreload: false,
    assetsInlineLimit: 0,
  },
});

const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
let findings = 0;
try {
  for (const shot of SHOTS) {
    if (
      wanted.length > 0 &&
      !wanted.some(
        (each) => shot.name === each || (each.endsWith('*') && shot.name.startsWith(each.slice(0, -1))),
      )
    )
      continue;
    findings += await take(shot);
  }
} finally {
  await browser.close();
}
process.exitCode = findings === 0 ? 0 : 1;

async function take(shot: Shot): Promise<number> {
  const [width, height] = shot.size ?? [1280, 800];
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: shot.dark === true ? 'dark' : 'light',
    bypassCSP: false,
  });
  const problems: string[] = [];
  try {
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning')
        problems.push(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => problems.push(`page: ${error.message}`));
    await page.route('**/*', async (route) => {
      const { pathname } = new URL(route.request().url());
      const file = path.join(built, pathname);
      await route.fulfill({
        body: await readFile(file),
        headers: {
          'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream',
          'content-security-policy': POLICY,
        },
      });
    });
    await page.goto(`${ORIGIN}/index.html#${shot.scene}`);
    await page.getByRole('main').waitFor();
    await page.waitForTimeout(250);
    await shot.act?.(page);
    await page.waitForTimeout(350);
    await page.screenshot({ path: path.join(folder ?? '.', `${shot.name}.png`) });
    const overflow: unknown = await page.evaluate(
      'document.documentElement.scrollWidth > innerWidth || [...document.querySelectorAll("main, section")].some((e) => getComputedStyle(e).overflowX !== "visible" && e.scrollWidth > e.clientWidth + 1 && !e.matches("[class*=scroll]"))',
    );
    if (overflow === true) problems.push('layout: wider than the window');
    const small: unknown = await page.evaluate(
      `[...document.querySelectorAll('button, [role=tab], [role=combobox], [role=option], [role=menuitem]')].filter((e) => { const r = e.getBoundingClientRect(); return r.width > 0 && (r.height < 47 || r.width < 44); }).map((e) => (e.getAttribute('aria-label') ?? e.textContent) + ' ' + Math.round(e.getBoundingClientRect().width) + 'x' + Math.round(e.getBoundingClientRect().height))`,
    );
    if (Array.isArray(small)) for (const each of small) problems.push(`target: ${String(each)}`);
    await page.evaluate(axeCore.source);
    const found = await page.evaluate<string[]>(
      `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then((r) => r.violations.map((v) => v.id + ': ' + v.help + ' | ' + v.nodes.slice(0, 3).map((n) => n.target.join(' ') + ' ' + (n.any[0]?.message ?? '')).join(' ; ')))`,
    );
    problems.push(...found.map((each) => `axe ${each}`));
  } catch (error) {
    problems.push(
      `failed: ${error instanceof Error ? error.message.split('\n').slice(0, 3).join(' ') : String(error)}`,
    );
  } finally {
    await context.close();
  }
  for (const problem of problems) console.log(`${shot.name}: ${problem}`);
  return problems.length;
}
