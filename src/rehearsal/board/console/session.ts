/** What a user meets who got past the login. */
import { fromText } from '../bytes.ts';
import { formatDate } from '../commands/date.ts';
import type { Machine } from '../machine.ts';
import type { BoardUser } from '../options.ts';
import type { Process } from '../shell/process.ts';
import { Invocation } from '../shell/program.ts';
import { runProgram } from '../shell/run-program.ts';
import type { ConsoleState } from './state.ts';

/** Greets a user who logged in, and runs the user's shell. */
export async function welcome(
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

/** Runs a user's shell to its end. `quiet` is one that somebody left with its echo off. */
export async function shell(
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
