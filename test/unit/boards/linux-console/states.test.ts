/** The states of a console that only a simulated board can be put in at will. */
import { expect, test, type TestContext } from 'vitest';
import { createLinuxConsoleDriver } from '../../../../src/boards/linux-console/index.ts';
import type { BoardSession } from '../../../../src/boards/driver.ts';
import type { Presence } from '../../../../src/model/board.ts';
import { systemClock } from '../../../../src/model/clock.ts';
import { secret } from '../../../../src/model/secret.ts';
import { StationError } from '../../../../src/model/station-error.ts';
import {
  boardUser,
  createSimulatedBoard,
  type BoardChoices,
  type SimulatedBoard,
} from '../../../../src/rehearsal/board/index.ts';
import type { TranscriptEntry } from '../../../../src/serial/transcript.ts';
import { boardProfileSchema } from '../../../../src/settings/board-profile.ts';

const driver = createLinuxConsoleDriver();
const { $schema: _, ...parsed } = boardProfileSchema.parse({
  timeouts: { boot: 15_000, login: 8_000, command: 5_000 },
});
const profile = { ...parsed, name: 'test' };
const QUICK = { duration: 300, lines: 40, countdown: 1 };

/** A board for one test. The tests run side by side: they mostly wait. */
function simulate(choices: BoardChoices, { onTestFinished }: TestContext): SimulatedBoard {
  const board = createSimulatedBoard({
    ...choices,
    client: { key: { kind: 'missing' }, enabled: false, ...choices.client },
  });
  onTestFinished(() => board[Symbol.asyncDispose]());
  return board;
}

async function open(board: SimulatedBoard, baud?: number, passwords = ['board']) {
  const entries: TranscriptEntry[] = [];
  const link = board.link(baud === undefined ? {} : { baud });
  const context = {
    profile,
    passwords: passwords.map((word) => secret(word)),
    signal: new AbortController().signal,
    clock: systemClock,
    transcript: { add: (entry: TranscriptEntry) => void entries.push(entry) },
  };
  const typed = (): string =>
    entries
      .map((entry) => (entry.way === 'sent' ? ('masked' in entry ? `<${entry.masked}>` : entry.text) : ''))
      .join('');
  try {
    const session: BoardSession = await driver.open(link, context);
    return { session, entries, typed, link, error: null };
  } catch (error) {
    if (!(error instanceof StationError)) throw error;
    return { session: null, entries, typed, link, error: error.code };
  }
}

const reaches: readonly (readonly [string, BoardChoices, RegExp])[] = [
  ['a login prompt with a half-typed name', { console: { start: 'name-typed' } }, /^\x15\r/],
  [
    'a password prompt of an earlier session: the password is not typed there',
    { console: { start: 'password-asked' } },
    /^(\x03?\x15)?\r[^]*root\r<password>/,
  ],
  ['a shell left open: no login', { console: { start: 'shell-open' } }, /^\x15\rstty/],
  ['a quiet shell left open', { console: { start: 'quiet-shell-open' } }, /stty/],
  [
    'U-Boot counting down: nothing is typed before the board has booted',
    { boot: { ...QUICK, countdown: 2 } },
    /^(\x15\r)?root\r/,
  ],
  ['U-Boot at its prompt: it is told to boot', { console: { start: 'u-boot' }, boot: QUICK }, /boot\r/],
  ['U-Boot that stops on every boot', { boot: { ...QUICK, stops: true } }, /boot\r/],
  ['a board that is booting', { console: { start: 'booting' }, boot: { ...QUICK, uBoot: false } }, /root\r/],
  [
    'a message of systemd over the login prompt',
    { console: { start: 'booting' }, boot: { ...QUICK, uBoot: false, statusOverPrompt: true } },
    /root\r/,
  ],
  ['messages of the kernel all the time', { noise: { kernelEvery: 100 } }, /root\r/],
  [
    'emergencies of the kernel, which no console level keeps away',
    { noise: { kernelEvery: 150, kernelLevel: 0 } },
    /root\r/,
  ],
  ['messages of wall and systemd', { noise: { wallEvery: 700, statusEvery: 500 } }, /root\r/],
];
test.concurrent.for(reaches)('gets through %s', async ([name, choices, keys], context) => {
  const board = simulate(choices, context);
  if (name.includes('counting') || name.includes('stops')) {
    await board.power('off');
    await board.power('on');
  }
  const run = await open(board);
  expect(run.error, JSON.stringify(run.entries.slice(-6))).toBeNull();
  expect(run.typed()).toMatch(keys);
  expect((await run.session?.observe())?.hostname).toBe('board1');
  await run.session?.[Symbol.asyncDispose]();
  await run.link.close();
  expect(board.inspect.user).toBeUndefined();
  expect(board.inspect.faults).toEqual([]);
});

const stops: readonly (readonly [string, BoardChoices, string])[] = [
  [
    'an expired password, which is not answered',
    { users: [boardUser({ name: 'root', expired: true })] },
    'board/password-expired',
  ],
  ['a locked account', { users: [boardUser({ name: 'root', locked: true })] }, 'board/login-refused'],
  ['a board without a console', { console: { kind: 'none' } }, 'board/silent'],
  ['a board that is off', { console: { start: 'off' } }, 'board/silent'],
  ['a board without sha256sum', { system: { absent: ['sha256sum'] } }, 'board/tool-missing'],
  ['a board without base64', { system: { absent: ['base64'] } }, 'board/tool-missing'],
];
test.concurrent.for(stops)('stops at %s', async ([, choices, code], context) => {
  const board = simulate(choices, context);
  const run = await open(board);
  expect(run.error, JSON.stringify(run.entries.slice(-6))).toBe(code);
  await run.link.close();
  // The interrupted shell is on its way out.
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(board.inspect.user).toBeUndefined();
});

test.concurrent('stops at a wrong baud rate', async (context) => {
  const run = await open(simulate({ noise: { kernelEvery: 100 } }, context), 9600);
  expect(run.error).toBe('board/garbled');
});

test.concurrent('an unplug during the login ends it at once', async (context) => {
  const board = simulate({}, context);
  const opening = open(board);
  board.unplug();
  expect((await opening).error).toBe('port/lost');
});

const presences: readonly (readonly [Presence, BoardChoices, boolean])[] = [
  ['ready', {}, false],
  ['ready', { console: { start: 'shell-open' } }, false],
  ['silent', { console: { start: 'off' } }, false],
  ['bootloader', { console: { start: 'u-boot' } }, false],
  ['booting', { boot: { ...QUICK, countdown: 5 } }, true],
];
test.concurrent.for(presences)('a probe says: %s', async ([presence, choices, restarts], context) => {
  const board = simulate(choices, context);
  if (restarts) {
    await board.power('off');
    await board.power('on');
  }
  const entries: TranscriptEntry[] = [];
  const link = board.link();
  expect(
    await driver.probe(link, {
      profile,
      signal: new AbortController().signal,
      clock: systemClock,
      transcript: { add: (entry) => void entries.push(entry) },
    }),
  ).toBe(presence);
  if (presence === 'booting') expect(entries.filter((entry) => entry.way === 'sent')).toEqual([]);
  await link.close();
});

test.concurrent(
  'reads what an update leaves in the client’s store, and a store without one',
  async (context) => {
    for (const [update, said] of [
      ['none', 'none'],
      ['uncommitted', 'in-progress'],
    ] as const) {
      const run = await open(simulate({ client: { update } }, context));
      expect((await run.session?.observe())?.client.update).toBe(said);
      await run.session?.[Symbol.asyncDispose]();
    }
  },
);
