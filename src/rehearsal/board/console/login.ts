/**
 * agetty and login(1) on the line, as Debian 12's answer: texts, echo, delays, flushed type-ahead.
 *
 * agetty reads the first name itself and ends it with a carriage return and a newline that the line discipline makes
 * three characters of; after a wrong password login(1) asks, on the cooked line.
 */
import { fromText } from '../bytes.ts';
import type { Machine } from '../machine.ts';
import type { BoardUser } from '../options.ts';
import { Killed, Session, type Process } from '../shell/process.ts';
import { Invocation } from '../shell/program.ts';
import { runProgram } from '../shell/run-program.ts';
import { formatDate } from '../commands/date.ts';
import { TtyOpening } from '../tty/opening.ts';

/** Where the dialogue stands, for whoever inspects the board. */
export type LoginState = 'login' | 'password' | 'shell' | 'change-password' | 'between';

/** The state of one board's console between boots of its getty. */
export interface ConsoleState {
  state: LoginState;
  user: string | undefined;
  lastLogin: number | undefined;
}

class TimedOut extends Error {}
class Left extends Error {}

/** Runs the console for as long as there is power: getty, login, shell, and again. */
export async function runConsole(
  machine: Machine,
  state: ConsoleState,
  start: 'login' | 'name-typed' | 'password-asked' | 'shell-open' | 'quiet-shell-open',
): Promise<void> {
  let first = start;
  for (;;) {
    const opening = new TtyOpening(machine.tty);
    const session = new Session(opening);
    machine.session = session;
    machine.tty.reopen();
    const leader = machine.processes.spawn(undefined, {
      name: 'agetty',
      args: ['/sbin/agetty', '-L', 'ttyS0'],
      session,
    });
    session.leader = leader;
    try {
      if (machine.options.console.kind === 'askfirst') await askFirst(machine, leader, state, first);
      else await getty(machine, leader, state, first);
    } catch (error) {
      // Whoever asks on the line may be killed; init starts the next one for as long as there is power.
      if (!(error instanceof Killed) || machine.off) throw error;
    } finally {
      state.state = 'between';
      state.user = undefined;
      machine.processes.signalSession(session, 'HUP');
      opening.hangUp();
      leader.end();
    }
    first = 'login';
    const pause = machine.processes.spawn(undefined, { name: 'init' });
    try {
      await machine.sleep(pause, machine.options.console.respawnDelay);
    } finally {
      pause.end();
    }
  }
}

function issue(machine: Machine): string {
  return fromText(
    machine.options.console.issue
      .replaceAll('\\n', machine.hostname)
      .replaceAll('\\l', 'ttyS0')
      .replaceAll('\\s', 'Linux')
      .replaceAll('\\r', machine.options.system.kernel),
  );
}

async function askFirst(
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

async function getty(machine: Machine, process: Process, state: ConsoleState, start: string): Promise<void> {
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

async function login(machine: Machine, process: Process, given: string, state: ConsoleState): Promise<void> {
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

async function welcome(
  machine: Machine,
  process: Process,
  user: BoardUser,
  state: ConsoleState,
  typed: boolean,
): Promise<void> {
  const { tty, options } = machine;
  if (!options.console.hushLogin) {
    tty.print(
      fromText(
        `Linux ${machine.hostname} ${options.system.kernel} #1 SMP PREEMPT_DYNAMIC Debian 6.1.159-1 (2025-12-30) ${options.system.machine}\n${options.console.motd}`,
      ),
    );
    if (options.console.lastLogin && state.lastLogin !== undefined)
      tty.print(`Last login: ${formatDate(state.lastLogin, '%a %b %e %H:%M:%S %Z %Y')} on ttyS0\n`);
  }
  if (typed || options.console.kind === 'autologin') state.lastLogin = machine.now();
  await shell(machine, process, user, state, false);
}

async function shell(
  machine: Machine,
  process: Process,
  user: BoardUser,
  state: ConsoleState,
  quiet: boolean,
): Promise<void> {
  const { options, tty } = machine;
  const kind = options.console.shell;
  const terminal = machine.session?.terminal;
  if (!terminal) return;
  tty.set({ icanon: true, echo: true, isig: true, icrnl: true });
  state.state = 'shell';
  state.user = user.name;
  if (machine.session) machine.session.user = user.name;
  process.on('INT', 'default');
  process.who = { uid: user.uid, gid: user.uid };
  process.name = kind;
  process.args = [`-${kind}`];
  const path = `/bin/${kind}`;
  const loaded = machine.load({ uid: 0, gid: 0 }, path, path);
  if (loaded === 'missing' || loaded === 'forbidden') {
    tty.print(`Cannot execute ${path}: No such file or directory\n`);
    return;
  }
  if (quiet) tty.set({ echo: false });
  const argv = quiet ? ['sh', '-c', 'while IFS= read -r L; do eval "$L"; done'] : [`-${kind}`];
  const program = quiet ? machine.load({ uid: 0, gid: 0 }, '/bin/sh', '/bin/sh') : loaded;
  if (program === 'missing' || program === 'forbidden') return;
  process.program = program.path;
  const run = new Invocation({
    machine,
    process,
    argv,
    environment: new Map([
      ['HOME', user.home],
      ['USER', user.name],
      ['LOGNAME', user.name],
      ['SHELL', path],
      ['TERM', options.console.term],
      [
        'PATH',
        user.uid === 0
          ? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
          : '/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games',
      ],
      ['LANG', 'C.UTF-8'],
    ]),
    cwd: user.home,
    umask: 0o022,
    descriptors: new Map([
      [0, terminal],
      [1, terminal],
      [2, terminal],
    ]),
  });
  await runProgram(program.run, run);
}
