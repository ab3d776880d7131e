/**
 * What asks first on the line: agetty as Debian 12's answers, or init's askfirst.
 *
 * agetty reads the first name itself and ends it with a carriage return and a newline that the line discipline makes
 * three characters of.
 */
import { fromText } from '../bytes.ts';
import type { Machine } from '../machine.ts';
import type { Process } from '../shell/process.ts';
import { Left, login } from './login.ts';
import { shell, welcome } from './session.ts';
import type { ConsoleState } from './state.ts';

function issue(machine: Machine): string {
  return fromText(
    machine.options.console.issue
      .replaceAll('\\n', machine.hostname)
      .replaceAll('\\l', 'ttyS0')
      .replaceAll('\\s', 'Linux')
      .replaceAll('\\r', machine.options.system.kernel),
  );
}

/** Waits for Enter, then runs a shell: a console without a login. */
export async function askFirst(
  machine: Machine,
  process: Process,
  state: ConsoleState,
  start: string,
): Promise<void> {
  const { tty } = machine;
  if (start !== 'shell-open' && start !== 'quiet-shell-open') {
    state.state = 'login';
    tty.print('\nPlease press Enter to activate this console. ');
    for (;;) {
      const line = await tty.readLine(process, { hung: false });
      if (line.endsWith('\n')) break;
    }
  }
  const user = machine.userById(0);
  if (user) await shell(machine, process, user, state, start === 'quiet-shell-open');
}

/** Reads a name as agetty does: raw, echoed by agetty itself. */
async function gettyName(machine: Machine, process: Process, typed: string): Promise<string> {
  const { tty } = machine;
  const { echoName } = machine.options.console;
  let name = typed;
  for (;;) {
    const c = await tty.readCharacter(process);
    switch (c) {
      case '\r':
      case '\n':
        if (name !== '') tty.print('\r\n');
        return name;
      case '\x7f':
      case '\b':
        if (name !== '') {
          name = name.slice(0, -1);
          tty.print('\b \b');
        }
        break;
      case '\x15':
        tty.print('\b \b'.repeat(name.length));
        name = '';
        break;
      case '\x03':
      case '\x04':
        // agetty ends on both; init starts it anew.
        throw new Left();
      default:
        if (c < ' ') break;
        name += c;
        if (echoName) tty.print(c);
    }
  }
}

/** Asks for a name until there is one, then logs in. Returns when the session is over. */
export async function getty(
  machine: Machine,
  process: Process,
  state: ConsoleState,
  start: string,
): Promise<void> {
  const { tty, options } = machine;
  const settings = options.console;
  const rootUser = machine.userById(0);
  try {
    if ((start === 'shell-open' || start === 'quiet-shell-open') && rootUser) {
      await shell(machine, process, rootUser, state, start === 'quiet-shell-open');
      return;
    }
    if (settings.kind === 'autologin' && rootUser) {
      tty.print(`\r\n${issue(machine)}${machine.hostname} login: root (automatic login)\n\r\n`);
      await welcome(machine, process, rootUser, state, false);
      return;
    }
    tty.set({ icanon: false, echo: false, isig: false, icrnl: false });
    state.state = 'login';
    let name = start === 'password-asked' ? 'root' : '';
    while (name === '') {
      tty.print(`\r\n${issue(machine)}${machine.hostname} login: `);
      const typed = start === 'name-typed' ? 'roo' : '';
      tty.print(typed);
      name = await gettyName(machine, process, typed);
    }
    tty.set({ icanon: true, echo: true, isig: true, icrnl: true });
    process.name = 'login';
    process.args = ['/bin/login', '--'];
    await login(machine, process, name, state);
  } catch (error) {
    if (!(error instanceof Left)) throw error;
  }
}
