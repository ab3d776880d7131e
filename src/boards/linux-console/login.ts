import type { BoardProfile } from '../../model/profile.ts';
import type { Secret } from '../../model/secret.ts';
import { StationError } from '../../model/station-error.ts';
import type { Line } from './line.ts';
import {
  isBooting,
  isGarbled,
  isLoader,
  isRefused,
  readScreen,
  withoutNoise,
  type Screen,
} from './screen.ts';

/** A boot loader that counts down writes every second: a silence this long rules it out. Milliseconds. */
export const LISTEN_MS = 1_200;
/** Without anything for this long where a prompt should be, Enter asks for it again. */
const RETRY_MS = 2_000;
/**
 * A name or a password is on its way: a busy board takes seconds to ask for the password, and a refusal comes after PAM's
 * delay of about three. An Enter before that is lost, or taken for an empty password: a failed login, which boards count.
 */
const ANSWER_MS = 5_000;
/** While a board boots, silences are longer. */
const BOOT_RETRY_MS = 5_000;
/** Of what a board says while it boots, the end is kept. Characters. */
const MOST_TEXT = 8_000;
/** Enters into silence before a board is given up. */
const MOST_ENTERS = 4;
const MOST_BOOTS = 2;
/** ^U wipes a half-typed line; ^C, where that does not help, ends a program that was left running or an open quote. */
const WAKE = ['\x15\r', '\x03\x15\r'];

/** How long what was recognised has to stand still: the end of a prompt may be the middle of a message. Milliseconds. */
const SETTLE_MS: Readonly<Record<Screen, number>> = {
  login: 0,
  password: 0,
  expired: 0,
  countdown: 1_500,
  shell: 40,
  askfirst: 50,
  loop: 50,
  bootloader: 300,
  other: Infinity,
  empty: Infinity,
};

export interface LoginOptions {
  readonly profile: BoardProfile;
  readonly passwords: readonly Secret<string>[];
  readonly signal: AbortSignal;
  /** How long to listen before the first key: 0 where the board was just seen ready. */
  readonly listenMs: number;
}

/**
 * Waits until the console shows something that is known, or for `ms` without anything new, but not longer than `most`.
 *
 * Messages of the kernel do not count as new, so that a noisy console does not keep a prompt from being seen.
 */
export async function look(
  line: Line,
  ms: number,
  signal: AbortSignal,
  most = Math.max(4 * ms, 200),
): Promise<Screen> {
  const { clock } = line;
  const end = clock.monotonic() + most;
  let plain = withoutNoise(line.text);
  let since = clock.monotonic();
  for (;;) {
    const now = clock.monotonic();
    const screen = readScreen(line.text);
    const settled = Math.min(SETTLE_MS[screen] - (now - since), ms - (now - since), end - now);
    // bash and busybox say by a control sequence that they wait.
    const isPrompt = screen === 'shell' && /\x1b\[(6n|\?2004h[^\n]*)$/.test(line.text);
    if (settled <= 0 || isPrompt || isGarbled(line.text)) return screen;
    await line.wait(settled, signal);
    if (line.text.length > MOST_TEXT) line.take(line.text.length - MOST_TEXT / 2);
    const next = withoutNoise(line.text);
    if (next === plain) continue;
    plain = next;
    since = clock.monotonic();
  }
}

/**
 * Brings a console to a shell prompt: listens first, then deals with what is there, from U-Boot to a shell left open.
 *
 * @returns the password that the login took, for sudo; null where none was asked for.
 * @throws StationError `board/silent`, `board/garbled`, `board/boot-timeout`, `board/bootloader`,
 * `board/login-refused`, `board/password-expired`, `board/password-needed`, `board/no-shell`.
 */
export async function logIn(line: Line, options: LoginOptions): Promise<Secret<string> | null> {
  const { profile, signal, listenMs } = options;
  const { clock } = line;
  const bootDeadline = clock.monotonic() + profile.timeouts.boot;
  const dialogue = new Dialogue(line, options);
  let loginDeadline: number | null = null;
  let enters = 0;
  let boots = 0;
  let isBoot = false;
  let refusals = 0;
  let screen = await look(line, listenMs, signal);
  for (;;) {
    const { text } = line;
    if (isGarbled(text)) {
      throw new StationError('board/garbled', { port: line.name, baudRate: profile.line.baudRate });
    }
    isBoot ||= isBooting(text) || screen === 'countdown';
    const now = clock.monotonic();
    if (now >= bootDeadline && (isBoot || screen === 'other'))
      throw new StationError('board/boot-timeout', { seconds: Math.round(profile.timeouts.boot / 1000) });
    if (loginDeadline !== null && now >= loginDeadline)
      throw new StationError('board/no-shell', { detail: lastWords(line) });

    switch (screen) {
      case 'shell':
        return dialogue.accepted;
      case 'login':
        loginDeadline ??= now + profile.timeouts.login;
        if (isRefused(text)) dialogue.refused();
        // A second prompt may answer an Enter that was typed before: the name that is on its way would go in twice, and
        // then stand where the password belongs.
        else if (dialogue.awaitsPassword && (await changes(line, ANSWER_MS, signal))) break;
        await dialogue.typeName();
        break;
      case 'password':
        loginDeadline ??= now + profile.timeouts.login;
        if (isRefused(text)) dialogue.refused();
        await dialogue.typePassword();
        break;
      case 'expired':
        throw new StationError('board/password-expired', { user: profile.login.user });
      case 'askfirst':
        // A shell that dies at once is offered again and again.
        if ((enters += 1) > MOST_ENTERS)
          throw new StationError('board/no-shell', { detail: lastWords(line) });
        await dialogue.type('\r');
        break;
      case 'bootloader':
        if ((boots += 1) > MOST_BOOTS) throw new StationError('board/bootloader');
        line.note('the board stands in its boot loader: it is told to boot');
        isBoot = true;
        await dialogue.type('boot\r');
        break;
      case 'loop':
        line.note('a session of a station that died is still there: it is ended');
        if ((refusals += 1) > MOST_ENTERS)
          throw new StationError('board/no-shell', { detail: lastWords(line) });
        await dialogue.type('\x03');
        break;
      case 'countdown':
        // Left alone: whatever is typed now would stop the boot.
        break;
      case 'empty':
      case 'other': {
        // A boot loader that still talks is about to count down.
        if (line.silence < RETRY_MS / 2 && isLoader(text)) break;
        if (dialogue.hasLoggedIn && enters > 1) return dialogue.accepted; // a prompt of its own kind
        if ((enters += 1) > MOST_ENTERS && !isBoot) {
          throw screen === 'empty' && line.rx === 0
            ? new StationError('board/silent', { port: line.name })
            : new StationError('board/no-shell', { detail: lastWords(line) });
        }
        await dialogue.type(isBoot || dialogue.hasLoggedIn ? '\r' : (WAKE[enters - 1] ?? '\r'));
        break;
      }
    }
    const isAnswering = dialogue.hasLoggedIn || dialogue.awaitsPassword;
    const patience = isAnswering ? ANSWER_MS : isBoot ? BOOT_RETRY_MS : RETRY_MS;
    const left = Math.max(1, bootDeadline - clock.monotonic());
    screen = await look(line, Math.min(patience, left), signal, Math.min(patience + 1_000, left));
  }
}

/** Whether anything comes within `ms`. */
async function changes(line: Line, ms: number, signal: AbortSignal): Promise<boolean> {
  const { text } = line;
  const end = line.clock.monotonic() + ms;
  while (line.text === text && line.clock.monotonic() < end)
    await line.wait(end - line.clock.monotonic(), signal);
  return line.text !== text;
}

/** What is typed at a login, and what of it is known to have been taken. */
class Dialogue {
  readonly #line: Line;
  readonly #options: LoginOptions;
  #tried = 0;
  #named: 'no' | 'typed' = 'no';
  #sentPassword = false;
  #misheard = 0;

  constructor(line: Line, options: LoginOptions) {
    this.#line = line;
    this.#options = options;
  }

  /** The password after which a shell came. */
  get accepted(): Secret<string> | null {
    return this.#sentPassword ? (this.#options.passwords[this.#tried - 1] ?? null) : null;
  }

  get hasLoggedIn(): boolean {
    return this.#sentPassword;
  }

  /** A name was typed, and neither a password was asked for nor the name refused yet. */
  get awaitsPassword(): boolean {
    return this.#named === 'typed' && !this.#sentPassword && this.#tried === 0;
  }

  async type(keys: string): Promise<void> {
    this.#line.take();
    await this.#line.send(keys, this.#options.signal);
  }

  /** The board said that the last password was wrong. */
  refused(): void {
    this.#sentPassword = false;
    this.#named = 'no';
  }

  async typeName(): Promise<void> {
    this.#sentPassword = false;
    if (this.#tried > 0 && this.#tried >= this.#options.passwords.length) this.#refuse();
    this.#named = 'typed';
    await this.type(`${this.#options.profile.login.user}\r`);
  }

  async typePassword(): Promise<void> {
    const { profile, passwords, signal } = this.#options;
    const line = this.#line;
    const { user } = profile.login;
    if (this.#sentPassword) {
      // Asked again without a word of refusal: it was wrong.
      this.#sentPassword = false;
    }
    // The prompt of an earlier session, or of a name that was harmed on the line: nobody's password belongs there.
    const echo = withoutNoise(line.text)
      .trimEnd()
      .split('\n')
      .slice(0, -1)
      .findLast((said) => said !== '');
    if (this.#named === 'no' || (echo !== user && echo?.endsWith(`login: ${user}`) !== true)) {
      if (this.#named === 'typed' && (this.#misheard += 1) > 3)
        throw new StationError('board/line-unreliable', { step: 'log in' });
      this.#named = 'no';
      return this.type('\r');
    }
    const password = passwords[this.#tried];
    if (password === undefined) this.#refuse();
    else {
      this.#tried += 1;
      this.#sentPassword = true;
      line.take();
      await line.sendPassword(password.reveal(), '\r', signal);
    }
  }

  #refuse(): never {
    const { profile, passwords } = this.#options;
    throw new StationError(passwords.length === 0 ? 'board/password-needed' : 'board/login-refused', {
      user: profile.login.user,
    });
  }
}

/** The last line that the board wrote, for an error's detail. */
export function lastWords(line: Line): string {
  const lines = withoutNoise(line.readable(line.text))
    .split('\n')
    .map((words) => words.trim())
    .filter((words) => words !== '');
  return (lines.at(-1) ?? 'it said nothing').replace(/[^\x20-\x7e]/g, '?').slice(0, 120);
}
