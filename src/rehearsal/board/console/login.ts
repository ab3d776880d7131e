/**
 * login(1) on the line, as Debian 12's answers: texts, echo, delays, flushed type-ahead. After a wrong password it asks
 * for the name itself, on the cooked line.
 */
import { fromText } from '../bytes.ts';
import type { Machine } from '../machine.ts';
import type { BoardUser } from '../options.ts';
import type { Process } from '../shell/process.ts';
import { welcome } from './session.ts';
import type { ConsoleState } from './state.ts';

class TimedOut extends Error {}

/** Whoever sat at the console left the dialogue. */
export class Left extends Error {}

async function secret(machine: Machine, process: Process, prompt: string): Promise<string> {
  const { tty } = machine;
  // getpass flushes what was typed ahead.
  tty.flush();
  tty.set({ echo: false, icanon: true });
  tty.print(prompt);
  try {
    const line = await tty.readLine(process, { hung: false });
    tty.print('\n');
    return line.replace(/\n$/u, '');
  } finally {
    tty.set({ echo: true });
  }
}

/** Asks for passwords, and runs a session when one is right. Returns when the session is over or the dialogue failed. */
export async function login(
  machine: Machine,
  process: Process,
  given: string,
  state: ConsoleState,
): Promise<void> {
  const { tty, options } = machine;
  const settings = options.console;
  const off = machine.clock.after(settings.loginTimeout, () => process.interrupt(new TimedOut()));
  // ^C at a question of login's own is echoed and ignored, unless a password is being changed.
  process.on('INT', () => {
    if (state.state === 'change-password') process.interrupt(new Left());
  });
  try {
    let name = given;
    for (let tries = 1; ; tries++) {
      while (name === '' && tries > 1) {
        state.state = 'login';
        tty.print(`${machine.hostname} login: `);
        const line = await tty.readLine(process, { hung: false });
        name = line.replace(/\n$/u, '');
        if (line === '') break;
      }
      const user = machine.user(name);
      let right = false;
      if (user?.password === '' && !user.locked) right = true;
      else if (name !== '') {
        state.state = 'password';
        const password = await secret(machine, process, 'Password: ');
        right = user !== undefined && !user.locked && password === fromText(user.password);
        if (right) await machine.sleep(process, settings.loginDelay);
      }
      if (right && user) {
        off();
        if (user.expired) await changePassword(machine, process, user, state);
        await welcome(machine, process, user, state, true);
        return;
      }
      await machine.sleep(process, settings.wrongPasswordDelay);
      tty.print('\nLogin incorrect\n');
      if (tries >= settings.maxTries) {
        tty.print(`Maximum number of tries exceeded (${settings.maxTries})\n`);
        return;
      }
      name = '';
    }
  } catch (error) {
    if (!(error instanceof TimedOut)) throw error;
    tty.set({ echo: true });
    tty.print(`\nLogin timed out after ${Math.round(settings.loginTimeout / 1000)} seconds.\n`);
  } finally {
    off();
  }
}

async function changePassword(
  machine: Machine,
  process: Process,
  user: BoardUser,
  state: ConsoleState,
): Promise<void> {
  const { tty } = machine;
  state.state = 'change-password';
  tty.print(
    `You are required to change your password immediately (administrator enforced).\nChanging password for ${user.name}.\n`,
  );
  const current = await secret(machine, process, 'Current password: ');
  if (current === fromText(user.password)) {
    const one = await secret(machine, process, 'New password: ');
    const two = await secret(machine, process, 'Retype new password: ');
    if (one !== '' && one === two) return;
    tty.print('Sorry, passwords do not match.\n');
  }
  tty.print('\nAuthentication token manipulation error\n');
  await machine.sleep(process, machine.options.console.wrongPasswordDelay);
  throw new Left();
}
