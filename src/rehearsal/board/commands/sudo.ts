/** `sudo`. */
import { type ByteString, fromText } from '../bytes.ts';
import { NotSimulated } from '../not-simulated.ts';
import type { Program } from '../shell/program.ts';
import { Tty } from '../tty/tty.ts';
import { launch } from './launch.ts';

/** `sudo`, with its questions, tickets and log. */
export const sudo: Program = async (run) => {
  const args = [...run.args];
  let prompt: string | undefined;
  let fromStdin = false;
  let never = false;
  let only: 'validate' | 'forget' | undefined;
  let target = 'root';
  for (;;) {
    const [word = ''] = args;
    if (word === '-S') fromStdin = true;
    else if (word === '-n') never = true;
    else if (word === '-k' || word === '-K') only ??= args.length === 1 ? 'forget' : undefined;
    else if (word === '-v') only = 'validate';
    else if (word === '-p' || word === '-u') {
      args.shift();
      if (word === '-p') prompt = args[0] ?? '';
      else target = args[0] ?? 'root';
    } else if (word === '-E' || word === '-H') void 0;
    else if (word === '--') {
      args.shift();
      break;
    } else if (word.startsWith('-')) throw new NotSimulated(`sudo ${word}`);
    else break;
    if (word === '-k' || word === '-K') run.machine.sudoTickets.delete(run.process.who.uid);
    args.shift();
  }
  if (only === 'forget') return 0;
  const { uid } = run.process.who;
  const user = run.machine.userById(uid);
  const goal = run.machine.user(target);
  if (!user || !goal) return run.fail(`unknown user ${target}`);
  const log = (what: string): void =>
    run.machine.authLog(
      `sudo: ${user.name} : ${what}TTY=ttyS0 ; PWD=${run.cwd} ; USER=${target} ; COMMAND=${args.join(' ')}`,
    );
  if (
    uid !== 0 &&
    (run.machine.sudoTickets.get(uid) ?? 0) < run.machine.now() &&
    user.sudo !== 'without-password'
  ) {
    if (never) return run.fail('a password is required');
    let tries = 0;
    const terminal = run.stdin.terminal instanceof Tty ? run.stdin.terminal : undefined;
    for (;;) {
      const shown = (prompt ?? '[sudo] password for %p: ')
        .replaceAll('%p', user.name)
        .replaceAll('%u', user.name)
        .replaceAll('%h', run.machine.hostname);
      if (!fromStdin && !terminal)
        return run.fail(
          'a terminal is required to read the password; either use the -S option to read from standard input or configure an askpass helper',
        );
      run.err(shown);
      const echo = terminal?.termios.echo;
      terminal?.set({ echo: false });
      let line: ByteString;
      try {
        line = await run.stdin.readLine(run.process);
      } finally {
        if (echo !== undefined) terminal?.set({ echo });
      }
      if (terminal) run.err('\n');
      if (line === '') {
        if (tries === 0) run.fail('no password was provided');
        return run.fail(
          tries === 0
            ? 'a password is required'
            : `${tries} incorrect password attempt${tries > 1 ? 's' : ''}`,
        );
      }
      if (line.replace(/\r?\n$/u, '') === fromText(user.password) && !user.locked) break;
      tries++;
      await run.machine.sleep(run.process, run.machine.options.console.wrongPasswordDelay);
      if (tries === 3) {
        log('3 incorrect password attempts ; ');
        return run.fail('3 incorrect password attempts');
      }
      run.err('Sorry, try again.\n');
    }
  }
  if (uid !== 0 && user.sudo === 'no') {
    log('user NOT in sudoers ; ');
    run.err(`${user.name} is not in the sudoers file.\n`);
    return 1;
  }
  run.machine.sudoTickets.set(uid, run.machine.now() + 900_000);
  if (only === 'validate') return 0;
  if (args.length === 0) throw new NotSimulated('sudo without a command');
  log('');
  const environment = new Map([
    ['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    ['HOME', goal.home],
    ['USER', target],
    ['LOGNAME', target],
    ['TERM', run.environment.get('TERM') ?? 'dumb'],
    ['SUDO_USER', user.name],
    ['SHELL', '/bin/sh'],
  ]);
  while (/^[A-Za-z_][A-Za-z0-9_]*=/u.test(args[0] ?? '')) {
    const [name = '', ...value] = (args.shift() ?? '').split('=');
    environment.set(name, value.join('='));
  }
  return launch(run.with({ environment }), args, { uid: goal.uid, environment });
};
