import { spawn } from 'node:child_process';
import { closeSync, constants, mkdirSync, openSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from '@playwright/test';
import {
  createSimulatedBoard,
  type BoardChoices,
  type SimulatedBoard,
} from '../../src/rehearsal/board/index.ts';
import { DEFAULT_ADMIN, startMenderServer, type MenderServer } from '../../src/rehearsal/server/index.ts';
import { expect, test as base } from './app.ts';
import { ask, card, expectVerdicts } from './bench.ts';

/**
 * Boards and a server that outlive the station's process, as real ones do: the boards of a rehearsal end with it. The
 * boards are simulated, on ttys of this machine.
 */
export interface OwnBench {
  readonly server: MenderServer;
  /** Puts a board on a port of this name. */
  plugIn(board: SimulatedBoard, port: string): Promise<void>;
  /** A board that is on no port yet. */
  board(choices: BoardChoices): SimulatedBoard;
}

export const test = base.extend<{ bench: OwnBench }>({
  /** Its ports are those of a bench that is wired for good; nothing of the machine's own is on it. */
  home: async ({ home }, use) => {
    mkdirSync(path.join(home, 'ttys'));
    writeFileSync(
      path.join(home, 'settings.json'),
      JSON.stringify({
        portLinks: path.join(home, 'ttys'),
        preferences: { server: null, profile: 'mender', operator: null },
      }),
    );
    await use(home);
  },
  bench: async ({ home }, use) => {
    await using stack = new AsyncDisposableStack();
    const server = await startMenderServer();
    stack.defer(() => server.close());
    await use({
      server,
      board: (choices) => stack.use(createSimulatedBoard({ console: { loginDelay: 0 }, ...choices })),
      plugIn: async (board, port) => {
        stack.defer(await putOnTty(board, path.join(home, 'ttys', port)));
      },
    });
  },
});

/** Adds the server of this bench and signs in. */
export async function useServer(page: Page, { url }: MenderServer): Promise<void> {
  await ask(page, 'server.add', { name: 'field', url });
  await signIn(page, 'field');
  await ask(page, 'preferences.set', { server: 'field' });
  await ask(page, 'credential.set', { name: 'board', password: 'board' });
  await expect(page.getByRole('banner')).toContainText(DEFAULT_ADMIN.email);
}

/** Signs in; anew after each start of the station's process, which keeps no login where there is no key ring. */
export async function signIn(page: Page, name: string): Promise<void> {
  const { email: user, password } = DEFAULT_ADMIN;
  await ask(page, 'server.login', { name, user, password });
}

/** Provisions the board on this port, as its card does. The fingerprint of its key. */
export async function provisionOn(page: Page, port: string): Promise<string> {
  await card(page, port)
    .getByRole('button', { name: /Provision|Try anyway/ })
    .click({ timeout: 20_000 });
  await expectVerdicts(page, 'PASS', [port]);
  return (await ask(page, 'snapshot', {})).records[0]?.keyFingerprint ?? '';
}

/** Asks a server as its admin would by another program. */
export async function adminCall(
  { url }: MenderServer,
  method: string,
  path: string,
  body?: object,
): Promise<void> {
  const { email, password } = DEFAULT_ADMIN;
  const basic = Buffer.from(`${email}:${password}`).toString('base64');
  const login = await fetch(`${url}/api/management/v1/useradm/auth/login`, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}` },
  });
  const answer = await fetch(`${url}/api/management/v2/devauth${path}`, {
    method,
    headers: {
      authorization: `Bearer ${await login.text()}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect(answer.ok, `${method} ${path}: ${answer.status}`).toBe(true);
}

/** A new tty with a board behind it; ends when what it gives back is called. */
async function putOnTty(board: SimulatedBoard, link: string): Promise<() => void> {
  const socat = spawn('socat', ['STDIO', `PTY,rawer,link=${link},ignoreeof`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  socat.stdin.on('error', () => undefined);
  await expect.poll(() => isMade(link), { intervals: [5] }).toBe(true);
  // While one descriptor is open on it, the terminal does not hang up when a station lets go of it.
  const keeper = openSync(readlinkSync(link), constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  const line = board.link();
  let sending: Promise<unknown> = Promise.resolve();
  socat.stdout.on('data', (data: Buffer) => {
    // What is sent to a board that is not there any more is lost.
    sending = sending.then(() => line.write(data)).catch(() => undefined);
  });
  line.onData((data) => socat.stdin.write(data));
  return () => {
    closeSync(keeper);
    socat.kill('SIGKILL');
  };
}

function isMade(link: string): boolean {
  try {
    return readlinkSync(link) !== '';
  } catch {
    return false;
  }
}
