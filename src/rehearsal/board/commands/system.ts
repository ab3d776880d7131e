/** The programs that tell of the system or change it. */
import { type ByteString, fromText } from '../bytes.ts';
import { SystemError } from '../files/errors.ts';
import { NotSimulated } from '../not-simulated.ts';
import { signalOf } from '../shell/process.ts';
import { Invocation, type Program } from '../shell/program.ts';
import { runProgram } from '../shell/run-program.ts';
import { Tty } from '../tty/tty.ts';
import { readOptions } from './options.ts';

const two = (value: number): string => String(value).padStart(2, '0');
const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** Formats a moment as `date +FORMAT` does, in UTC. */
export function formatDate(time: number, pattern: string): string {
  const date = new Date(time);
  const day = days[date.getUTCDay()] ?? '';
  const month = months[date.getUTCMonth()] ?? '';
  return pattern.replace(/%(-?)(.)/gu, (whole, flag: string, letter: string) => {
    const bare = (text: string): string => (flag === '-' ? text.replace(/^0+(?=.)/u, '') : text);
    switch (letter) {
      case 's':
        return String(Math.floor(time / 1000));
      case 'N':
        return String(time % 1000)
          .padStart(3, '0')
          .padEnd(9, '0');
      case 'Y':
        return String(date.getUTCFullYear());
      case 'y':
        return two(date.getUTCFullYear() % 100);
      case 'm':
        return bare(two(date.getUTCMonth() + 1));
      case 'd':
        return bare(two(date.getUTCDate()));
      case 'e':
        return String(date.getUTCDate()).padStart(2);
      case 'H':
        return bare(two(date.getUTCHours()));
      case 'M':
        return bare(two(date.getUTCMinutes()));
      case 'S':
        return bare(two(date.getUTCSeconds()));
      case 'Z':
        return 'UTC';
      case 'z':
        return '+0000';
      case 'a':
        return day.slice(0, 3);
      case 'A':
        return day;
      case 'b':
        return month.slice(0, 3);
      case 'B':
        return month;
      case 'F':
        return formatDate(time, '%Y-%m-%d');
      case 'T':
        return formatDate(time, '%H:%M:%S');
      case 'R':
        return formatDate(time, '%H:%M');
      case 'n':
        return '\n';
      case '%':
        return '%';
      default:
        throw new NotSimulated(`date +${whole}`);
    }
  });
}

function parseDate(text: string): number | undefined {
  const seconds = /^@([0-9]+)(?:\.[0-9]*)?$/u.exec(text)?.[1];
  if (seconds !== undefined) return Number(seconds) * 1000;
  const match =
    /^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?(?:\.[0-9]+)?)?\s*(?:Z|UTC)?$/u.exec(
      text,
    );
  if (!match) return undefined;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map((part) => Number((part as string | undefined) ?? 0));
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

const date: Program = async (run) => {
  const { values, rest } = readOptions(run, {
    flags: 'u',
    valued: 'sdD',
    long: { utc: 'u', set: 's', date: 'd' },
  });
  const setTo = values.get('s') ?? (/^[0-9]/u.test(rest[0] ?? '') ? rest[0] : undefined);
  let time = run.machine.now();
  const shown = values.get('d');
  const given = setTo ?? shown;
  if (given !== undefined && given !== 'now') {
    const parsed = parseDate(given);
    if (parsed === undefined) return run.fail(`invalid date '${given}'`);
    time = parsed;
  }
  let status = 0;
  if (setTo !== undefined) {
    if (run.process.who.uid !== 0)
      status = run.fail(
        run.machine.flavour === 'busybox'
          ? "can't set date: Operation not permitted"
          : 'cannot set date: Operation not permitted',
      );
    else run.machine.setTime(time);
  }
  const pattern = rest.find((word) => word.startsWith('+'))?.slice(1) ?? '%a %b %e %H:%M:%S %Z %Y';
  await run.out(`${formatDate(time, pattern)}\n`);
  return status;
};

const id: Program = async (run) => {
  const { flags, rest } = readOptions(run, { flags: 'ugnGr' });
  const { uid } = rest[0] === undefined ? run.process.who : { uid: run.machine.user(rest[0])?.uid ?? -1 };
  if (uid < 0) return run.fail(`'${rest[0] ?? ''}': no such user`);
  const name = run.machine.userById(uid)?.name ?? String(uid);
  const shown = flags.has('n') ? name : String(uid);
  await run.out(
    flags.size > 0 ? `${shown}\n` : `uid=${uid}(${name}) gid=${uid}(${name}) groups=${uid}(${name})\n`,
  );
  return 0;
};

const uname: Program = async (run) => {
  const { flags } = readOptions(run, { flags: 'snrvmoapi' });
  const { kernel, machine } = run.machine.options.system;
  const all = flags.has('a');
  const parts = [
    (all || flags.has('s') || flags.size === 0) && 'Linux',
    (all || flags.has('n')) && run.machine.hostname,
    (all || flags.has('r')) && kernel,
    (all || flags.has('v')) && '#1 SMP PREEMPT_DYNAMIC Debian 6.1.159-1 (2025-12-30)',
    (all || flags.has('m')) && machine,
    (all || flags.has('o')) && 'GNU/Linux',
  ].filter((part) => part !== false);
  await run.out(`${parts.join(' ')}\n`);
  return 0;
};

const hostname: Program = async (run) => {
  const { rest } = readOptions(run, { flags: 'fsi' });
  const [name] = rest;
  if (name !== undefined) {
    if (run.process.who.uid !== 0) return run.fail('you must be root to change the host name');
    run.machine.hostname = name;
    return 0;
  }
  await run.out(`${run.machine.hostname}\n`);
  return 0;
};

const sleep: Program = async (run) => {
  let ms = 0;
  for (const word of run.args) {
    const match = /^([0-9]*\.?[0-9]+)([smhd]?)$/u.exec(word);
    if (!match) return run.fail(`invalid time interval '${word}'`);
    ms +=
      Number(match[1]) *
      1000 *
      (match[2] === 'm' ? 60 : match[2] === 'h' ? 3600 : match[2] === 'd' ? 86_400 : 1);
  }
  await run.machine.sleep(run.process, ms);
  return 0;
};

const sttyFlags = [
  'icanon',
  'echo',
  'echoe',
  'echok',
  'echoctl',
  'isig',
  'icrnl',
  'inlcr',
  'igncr',
  'opost',
  'onlcr',
  'ixon',
  'ixoff',
] as const;
const ignoredStty = new Set([
  'iexten',
  'echoke',
  'hupcl',
  'clocal',
  'cread',
  'crtscts',
  'brkint',
  'imaxbel',
  'iutf8',
  'istrip',
  'parenb',
  'cstopb',
  'ixany',
  'tostop',
  'noflsh',
  'echonl',
  'cs8',
  'inpck',
  'parmrk',
  'ignpar',
  'ignbrk',
  'iuclc',
  'xcase',
  'ocrnl',
  'onocr',
  'onlret',
  'ofill',
  'echoprt',
]);

const stty: Program = async (run) => {
  const words = [...run.args];
  let target: unknown = run.stdin.terminal;
  if (words[0] === '-F') {
    target = words[1]?.startsWith('/dev/tty') ? run.machine.tty : undefined;
    words.splice(0, 2);
  }
  if (!(target instanceof Tty)) return run.fail("'standard input': Inappropriate ioctl for device");
  const tty = target;
  if (words.length === 0 || words[0] === '-a') {
    const { termios } = tty;
    const state = (names: readonly (typeof sttyFlags)[number][]): string =>
      names.map((name) => (termios[name] ? name : `-${name}`)).join(' ');
    await run.out(`speed ${tty.baud} baud; rows ${tty.rows}; columns ${tty.columns}; line = 0;\n`);
    if (words[0] === '-a')
      await run.out(
        `intr = ^C; quit = ^\\; erase = ^?; kill = ^U; eof = ^D; eol = <undef>;\n-parenb -parodd cs8 hupcl -cstopb cread clocal -crtscts\n${state(['inlcr', 'igncr', 'icrnl', 'ixon', 'ixoff'])}\n${state(['opost', 'onlcr'])}\n${state(['isig', 'icanon', 'echo', 'echoe', 'echok', 'echoctl'])}\n`,
      );
    else await run.out(`${state(sttyFlags.filter((name) => !termios[name]))}\n`);
    return 0;
  }
  if (words[0] === '-g') {
    await run.out(`${sttyFlags.map((name) => (tty.termios[name] ? '1' : '0')).join(':')}\n`);
    return 0;
  }
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    const on = !word.startsWith('-');
    const name = on ? word : word.slice(1);
    const flag = sttyFlags.find((one) => one === name);
    if (flag) tty.set({ [flag]: on });
    else if (/^[01](?::[01])+$/u.test(word)) {
      const bits = word.split(':');
      tty.set(Object.fromEntries(sttyFlags.map((one, index) => [one, bits[index] === '1'])));
    } else if (name === 'sane')
      tty.set({
        icanon: true,
        echo: true,
        echoe: true,
        echok: true,
        echoctl: true,
        isig: true,
        icrnl: true,
        inlcr: false,
        igncr: false,
        opost: true,
        onlcr: true,
        ixon: true,
      });
    else if (name === 'raw')
      tty.set(
        on
          ? { icanon: false, isig: false, icrnl: false, opost: false, ixon: false }
          : { icanon: true, isig: true, icrnl: true, opost: true },
      );
    else if (name === 'cooked') tty.set({ icanon: true, isig: true, icrnl: true, opost: true, ixon: true });
    else if (name === 'cbreak') tty.set({ icanon: !on });
    else if (name === 'crt') continue;
    else if (
      [
        'cols',
        'columns',
        'rows',
        'min',
        'time',
        'ispeed',
        'ospeed',
        'eof',
        'intr',
        'erase',
        'kill',
        'susp',
        'quit',
        'eol',
        'werase',
        'lnext',
      ].includes(name)
    ) {
      const value = Number(words[++at]);
      if (name === 'rows') tty.rows = value;
      else if (name === 'cols' || name === 'columns') tty.columns = value;
    } else if (/^[0-9]+$/u.test(name)) tty.baud = Number(name);
    else if (!ignoredStty.has(name)) return run.fail(`invalid argument '${word}'`);
  }
  return 0;
};

const dmesg: Program = async (run) => {
  const { flags, values } = readOptions(run, {
    flags: 'DEcC',
    valued: 'n',
    long: { 'console-level': 'n', 'console-off': 'D', 'console-on': 'E' },
  });
  const level = values.get('n');
  if (level !== undefined || flags.has('D') || flags.has('E')) {
    if (run.process.who.uid !== 0) return run.fail('klogctl failed: Operation not permitted');
    const words = ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug'];
    const number =
      level === undefined
        ? flags.has('D')
          ? 1
          : 7
        : /^[1-8]$/u.test(level)
          ? Number(level)
          : words.indexOf(level) + 1;
    if (number < 1) return run.fail(`unknown level '${level ?? ''}'`);
    run.machine.consoleLevel = number;
    return 0;
  }
  await run.out(run.machine.kernelLog.map((line) => `${line}\n`).join(''));
  return 0;
};

/** Starts a program that an argument names, in a process of its own. */
export async function launch(
  run: Invocation,
  argv: readonly ByteString[],
  changes: {
    readonly uid?: number;
    readonly environment?: ReadonlyMap<string, ByteString>;
    readonly detached?: boolean;
  } = {},
): Promise<number> {
  const [name = ''] = argv;
  const path = run.machine.which(name, run.environment.get('PATH') ?? '', run.process.who, run.cwd);
  const program = path === undefined ? 'missing' : run.machine.load(run.process.who, run.path(path), path);
  if (program === 'missing' || program === 'forbidden') {
    run.err(
      program === 'missing'
        ? run.name === 'sudo'
          ? `sudo: ${name}: command not found\n`
          : `${run.name}: failed to run command '${name}': No such file or directory\n`
        : `${run.name}: failed to run command '${name}': Permission denied\n`,
    );
    return run.name === 'sudo' ? 1 : program === 'missing' ? 127 : 126;
  }
  const process = run.machine.processes.spawn(run.process, {
    name: program.name,
    args: argv,
    who: changes.uid === undefined ? run.process.who : { uid: changes.uid, gid: changes.uid },
    ...(changes.detached ? { detached: true } : {}),
  });
  process.program = program.path;
  const status = runProgram(
    program.run,
    run.with({
      argv: program.argv ? [...program.argv, ...argv.slice(1)] : argv,
      process,
      ...(changes.environment ? { environment: changes.environment } : {}),
    }),
  );
  if (typeof status === 'number') {
    process.end();
    return status;
  }
  // A signal to the one that waits goes on to the one that is waited for.
  for (const signal of ['TERM', 'HUP', 'INT'] as const)
    if (run.process.disposition(signal) === 'default') run.process.on(signal, () => process.signal(signal));
  try {
    return await status;
  } finally {
    for (const signal of ['TERM', 'HUP', 'INT'] as const)
      if (typeof run.process.disposition(signal) === 'function') run.process.on(signal, 'default');
    process.end();
  }
}

const timeout: Program = async (run) => {
  const args = [...run.args];
  let signal = 'TERM';
  let killAfter: number | undefined;
  let preserve = false;
  for (;;) {
    const [word = ''] = args;
    if (word === '-s') signal = args.splice(0, 2)[1] ?? '';
    else if (word === '-k') killAfter = Number(args.splice(0, 2)[1]);
    else if (word === '--preserve-status') preserve = args.shift() !== undefined;
    else if (word === '--foreground' || word === '-f') args.shift();
    else break;
  }
  const match = /^([0-9]*\.?[0-9]+)([smhd]?)$/u.exec(args[0] ?? '');
  const wanted = signalOf(signal);
  if (!match || !wanted) return run.fail(`invalid time interval '${args[0] ?? ''}'`, 125);
  const argv = args.slice(1);
  const ms = Number(match[1]) * 1000 * (match[2] === 'm' ? 60 : match[2] === 'h' ? 3600 : 1);
  const before = new Set(run.machine.processes.all());
  const alarm = { rung: false };
  const child = launch(run, argv);
  const mine = run.machine.processes
    .all()
    .filter((process) => !before.has(process) && process.parent === run.process.pid);
  const stops = [
    run.machine.clock.after(ms, () => {
      alarm.rung = true;
      for (const process of mine) process.signal(wanted);
    }),
  ];
  if (killAfter !== undefined)
    stops.push(
      run.machine.clock.after(ms + killAfter * 1000, () => {
        for (const process of mine) process.signal('KILL');
      }),
    );
  try {
    const status = await child;
    // busybox answers what the killed program did.
    return alarm.rung && !preserve && run.machine.flavour !== 'busybox' ? 124 : status;
  } finally {
    for (const stop of stops) stop();
  }
};

const env: Program = async (run) => {
  const environment = new Map(run.environment);
  const args = [...run.args];
  for (;;) {
    const [word = ''] = args;
    if (word === '-i' || word === '-') environment.clear();
    else if (word === '-u') {
      args.shift();
      environment.delete(args[0] ?? '');
    } else if (/^[^=-][^=]*=/u.test(word))
      environment.set(word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1));
    else break;
    args.shift();
  }
  if (args.length === 0) {
    await run.out([...environment].map(([name, value]) => `${name}=${value}\n`).join(''));
    return 0;
  }
  return launch(
    run.with({
      environment: new Map(environment).set(
        'PATH',
        environment.get('PATH') ?? run.environment.get('PATH') ?? '',
      ),
    }),
    args,
    { environment },
  );
};

const ps: Program = async (run) => {
  const rows = run.machine.processes
    .all()
    .map(
      (process) =>
        `${String(process.pid).padStart(7)} ${(run.machine.userById(process.who.uid)?.name ?? '').padEnd(8)} ${process.args.join(' ')}`,
    );
  await run.out(`    PID USER     COMMAND\n${rows.map((row) => `${row}\n`).join('')}`);
  return 0;
};

const pidof: Program = async (run) => {
  const { rest } = readOptions(run, { flags: 'sx' });
  const found = run.machine.processes
    .all()
    .filter((process) => rest.some((name) => process.name === name.replace(/^.*\//u, '')))
    .map((process) => process.pid)
    .reverse();
  if (found.length > 0) await run.out(`${found.join(' ')}\n`);
  return found.length > 0 ? 0 : 1;
};

const which: Program = async (run) => {
  let status = 0;
  for (const name of run.args) {
    const path = run.machine.which(name, run.environment.get('PATH') ?? '', run.process.who, run.cwd);
    if (path === undefined) status = 1;
    else await run.out(`${path}\n`);
  }
  return status;
};

const sudo: Program = async (run) => {
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

const privileged =
  (act: (run: Invocation) => void): Program =>
  (run) => {
    if (run.process.who.uid !== 0) return run.fail('must be superuser.');
    act(run);
    return 0;
  };

const wall: Program = async (run) => {
  const { rest } = readOptions(run, { flags: 'n' });
  run.machine.broadcast(`root@${run.machine.hostname} (ttyS0)`, rest.join(' '));
  await Promise.resolve();
  return 0;
};

const logger: Program = (run) => {
  const { values, rest } = readOptions(run, { valued: 'pt', flags: 's' });
  if (/emerg|panic/u.test(values.get('p') ?? ''))
    run.machine.broadcast(
      `systemd-journald@${run.machine.hostname}`,
      `root[${run.process.pid}]: ${rest.join(' ')}`,
    );
  return 0;
};

const getent: Program = async (run) => {
  const [database = '', key = ''] = run.args;
  if (database !== 'passwd') throw new NotSimulated(`getent ${database}`);
  const user = run.machine.user(key);
  if (!user) return 2;
  await run.out(
    `${user.name}:x:${user.uid}:${user.uid}::${user.home}:/bin/${run.machine.options.console.shell}\n`,
  );
  return 0;
};

const expr: Program = async (run) => {
  const [left = '', operator = '', right = ''] = run.args;
  const a = Number(left);
  const b = Number(right);
  let value: number;
  switch (operator) {
    case '+':
      value = a + b;
      break;
    case '-':
      value = a - b;
      break;
    case '*':
      value = a * b;
      break;
    case '/':
      value = Math.trunc(a / b);
      break;
    case '%':
      value = a % b;
      break;
    default:
      throw new NotSimulated(`expr ${run.args.join(' ')}`);
  }
  if (!Number.isFinite(value)) throw new SystemError('EINVAL');
  await run.out(`${value}\n`);
  return value === 0 ? 1 : 0;
};

const detach: Program = (run) => {
  const args = run.args.filter((word, index) => !(index === 0 && /^-[fw]$/u.test(word)));
  if (run.name === 'nohup') run.process.on('HUP', 'ignore');
  return launch(run, args, { detached: run.name === 'setsid' });
};

const su: Program = () => {
  throw new NotSimulated('su');
};

/** System programs by name. */
export const systemPrograms: Readonly<Record<string, Program>> = {
  date,
  id,
  uname,
  hostname,
  sleep,
  stty,
  dmesg,
  timeout,
  env,
  ps,
  pidof,
  which,
  sudo,
  wall,
  logger,
  getent,
  expr,
  su,
  usleep: (run) => run.machine.sleep(run.process, Number(run.args[0] ?? 0) / 1000).then(() => 0),
  nohup: detach,
  setsid: detach,
  whoami: (run) =>
    Promise.resolve(run.out(`${run.machine.userById(run.process.who.uid)?.name ?? ''}\n`)).then(() => 0),
  tty: (run) => {
    const known = run.stdin.terminal !== undefined;
    void run.out(known ? '/dev/ttyS0\n' : 'not a tty\n');
    return known ? 0 : 1;
  },
  true: () => 0,
  false: () => 1,
  clear: (run) => {
    void run.out('\x1b[H\x1b[2J');
    return 0;
  },
  hwclock: () => 0,
  fw_printenv: async (run) => {
    const values = new Map([
      ['upgrade_available', run.machine.options.client.update === 'uncommitted' ? '1' : '0'],
      ['mender_boot_part', '2'],
      ['bootdelay', '2'],
    ]);
    const bare = run.args[0] === '-n';
    let status = 0;
    for (const name of bare ? run.args.slice(1) : run.args) {
      const value = values.get(name);
      if (value === undefined) status = run.fail(`## Error: "${name}" not defined`);
      else await run.out(bare ? `${value}\n` : `${name}=${value}\n`);
    }
    return status;
  },
  reboot: privileged((run) => run.machine.restart('reboot')),
  poweroff: privileged((run) => run.machine.restart('poweroff')),
};
