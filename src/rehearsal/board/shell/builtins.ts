/** The commands that are part of the shell. */
import type { ByteString } from '../bytes.ts';
import { SystemError } from '../files/errors.ts';
import { FunctionReturn, Interrupted, LoopControl, ShellExit } from './control.ts';
import { ExpansionError } from './expand.ts';
import { format, unescape } from './format.ts';
import { NotSimulated } from '../not-simulated.ts';
import { type Signal, signalOf, signals } from './process.ts';
import type { Shell } from './shell.ts';
import { test, TestSyntaxError } from './test-expression.ts';

type Builtin = (shell: Shell, argv: readonly ByteString[]) => Promise<number> | number;

const fail = (shell: Shell, message: string, status = 1): number => {
  shell.complain(message);
  return status;
};

const isName = (text: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/u.test(text);

const quote = (value: ByteString): string => `'${value.replaceAll("'", `'"'"'`)}'`;

function count(argv: readonly ByteString[], otherwise: number): number {
  const word = argv[1];
  if (word === undefined) return otherwise;
  if (!/^[0-9]+$/u.test(word)) throw new ExpansionError(`${argv[0] ?? ''}: Illegal number: ${word}`);
  return Number(word) & 255;
}

function declare(shell: Shell, argv: readonly ByteString[], each: (name: string) => void): number {
  for (const word of argv.slice(1)) {
    const equals = word.indexOf('=');
    const name = equals < 0 ? word : word.slice(0, equals);
    if (!isName(name)) throw new ExpansionError(`${argv[0] ?? ''}: ${word}: bad variable name`);
    if (equals >= 0) shell.set(name, word.slice(equals + 1));
    each(name);
  }
  return 0;
}

const exportVariable: Builtin = (shell, argv) => {
  if (argv[1] === '-p' || argv.length === 1) {
    const lines = [...shell.environment()].sort().map(([name, value]) => `export ${name}=${quote(value)}\n`);
    void shell.out(lines.join(''));
    return 0;
  }
  if (argv[1] === '-n') throw new NotSimulated('export -n');
  return declare(shell, argv, (name) => shell.export(name));
};

const setOptions: Builtin = (shell, argv) => {
  const letters: Readonly<Record<string, string>> = {
    errexit: 'e',
    nounset: 'u',
    noglob: 'f',
    xtrace: 'x',
    allexport: 'a',
    monitor: 'm',
    noclobber: 'C',
    pipefail: 'pipefail',
    history: 'history',
    emacs: 'emacs',
    vi: 'vi',
    histexpand: 'H',
    verbose: 'v',
    notify: 'b',
  };
  if (argv.length === 1) {
    const lines = [...shell.variables]
      .flatMap(([name, { value }]) => (value === undefined ? [] : [`${name}=${quote(value)}\n`]))
      .sort();
    void shell.out(lines.join(''));
    return 0;
  }
  let at = 1;
  for (; at < argv.length; at++) {
    const word = argv[at] ?? '';
    if (word === '--') {
      at++;
      break;
    }
    if (word === '-') {
      at++;
      break;
    }
    if (!/^[-+]./u.test(word)) break;
    const on = word.startsWith('-');
    for (const letter of word.slice(1)) {
      let option = letter;
      if (letter === 'o') {
        const name = argv[++at];
        if (name === undefined) throw new NotSimulated('set -o without a name');
        const known = letters[name];
        if (
          known === undefined ||
          (name === 'pipefail' && shell.flavour === 'dash') ||
          (name === 'history' && shell.flavour !== 'bash')
        )
          throw new ShellExit(fail(shell, `set: Illegal option -o ${name}`, 2));
        option = known;
      } else if (!'abCefhmnuvxH'.includes(letter))
        throw new ShellExit(fail(shell, `set: Illegal option -${letter}`, 2));
      if (option === 'C' || option === 'n' || option === 'v') throw new NotSimulated(`set -${option}`);
      if (on) shell.options.add(option);
      else shell.options.delete(option);
    }
  }
  if (at < argv.length || argv[at - 1] === '--') shell.parameters = argv.slice(at);
  return 0;
};

const trap: Builtin = (shell, argv) => {
  const words = argv.slice(1);
  if (words[0] === '--') words.shift();
  if (words.length === 0) {
    for (const [condition, action] of shell.traps) void shell.out(`trap -- ${quote(action)} ${condition}\n`);
    return 0;
  }
  const [first = ''] = words;
  const reset = words.length === 1 || first === '-' || /^[0-9]+$/u.test(first);
  const conditions = words.length === 1 || /^[0-9]+$/u.test(first) ? words : words.slice(1);
  for (const word of conditions) {
    const condition = word === '0' || word === 'EXIT' ? 'EXIT' : signalOf(word);
    if (!condition || (shell.flavour === 'dash' && word.startsWith('SIG')))
      return fail(shell, `trap: ${word}: bad trap`);
    shell.trap(condition, reset ? undefined : first);
  }
  return 0;
};

const kill: Builtin = (shell, argv) => {
  let signal = 'TERM' as Signal | 'none';
  const words = argv.slice(1);
  const [first = ''] = words;
  if (first === '-l') {
    const wanted = Number(words[1] ?? 0) & 127;
    const names = Object.entries(signals).filter(([, number]) => wanted === 0 || number === wanted);
    void shell.out(names.map(([name]) => `${name}\n`).join(''));
    return 0;
  }
  const parse = (text: string): boolean => {
    if (text === '0') signal = 'none';
    else {
      const found = signalOf(text);
      if (!found) return false;
      signal = found;
    }
    return true;
  };
  if (first === '-s' || first === '-n') {
    if (!parse(words[1] ?? ''))
      return fail(shell, `kill: invalid signal number or name: ${words[1] ?? ''}`, 2);
    words.splice(0, 2);
  } else if (/^-[A-Za-z0-9]+$/u.test(first)) {
    if (!parse(first.slice(1)))
      return fail(shell, `kill: invalid signal number or name: ${first.slice(1)}`, 2);
    words.shift();
  }
  if (words[0] === '--') words.shift();
  if (words.length === 0)
    return fail(shell, 'kill: usage: kill [-s sigspec | -signum | -sigspec] [pid | job]...', 2);
  let status = 0;
  for (const word of words) {
    const job = /^%([0-9]*|%|\+)$/u.exec(word);
    const pid = job
      ? (/^[0-9]+$/u.test(job[1] ?? '') ? shell.jobs[Number(job[1]) - 1] : shell.jobs.at(-1))?.pid
      : Number(word);
    if (pid === undefined || !Number.isInteger(pid)) {
      status = fail(shell, `kill: ${word}: ${job ? 'No such job' : 'Illegal number'}`, job ? 1 : 2);
      continue;
    }
    const targets =
      pid > 0
        ? [shell.machine.processes.get(pid)]
        : pid === 0
          ? shell.machine.processes
              .all()
              .filter((other) => other.session === shell.process.session && !other.detached)
          : [shell.machine.processes.get(-pid)];
    const found = targets.filter((target) => target !== undefined);
    if (found.length === 0) {
      status = fail(
        shell,
        shell.flavour === 'ash'
          ? `can't kill pid ${pid}: No such process`
          : shell.flavour === 'bash'
            ? `kill: (${pid}) - No such process`
            : 'kill: No such process',
      );
      continue;
    }
    for (const target of found) {
      if (shell.process.who.uid !== 0 && target.who.uid !== shell.process.who.uid)
        status = fail(shell, 'kill: Operation not permitted');
      else if (signal !== 'none') target.signal(signal);
    }
  }
  return status;
};

/** Assigns the fields of a line to variables, the rest to the last one. */
function distribute(
  shell: Shell,
  line: ByteString,
  quoted: ReadonlySet<number>,
  names: readonly string[],
): void {
  const ifs = shell.get('IFS') ?? ' \t\n';
  const isSeparator = (at: number): boolean =>
    !quoted.has(at) && at < line.length && ifs.includes(line.charAt(at));
  const isWhite = (at: number): boolean => isSeparator(at) && ' \t\n'.includes(line.charAt(at));
  let at = 0;
  while (isWhite(at)) at++;
  names.forEach((name, index) => {
    if (index < names.length - 1) {
      let end = at;
      while (end < line.length && !isSeparator(end)) end++;
      shell.set(name, line.slice(at, end));
      at = end;
      while (isWhite(at)) at++;
      if (end < line.length && !isWhite(end) && isSeparator(end) && at === end) {
        at++;
        while (isWhite(at)) at++;
      } else if (end < line.length && isWhite(end) && isSeparator(at) && !isWhite(at)) {
        at++;
        while (isWhite(at)) at++;
      }
      return;
    }
    let end = line.length;
    while (end > at && isWhite(end - 1)) end--;
    // One trailing separator that is no blank ends the last field instead of belonging to it.
    if (
      end > at &&
      isSeparator(end - 1) &&
      !isWhite(end - 1) &&
      !Array.from(line.slice(at, end - 1)).some((_, offset) => isSeparator(at + offset))
    )
      end--;
    shell.set(name, line.slice(at, end));
  });
}

const read: Builtin = async (shell, argv) => {
  let raw = false;
  let at = 1;
  for (; at < argv.length && /^-./u.test(argv[at] ?? ''); at++) {
    const word = argv[at] ?? '';
    if (word === '--') {
      at++;
      break;
    }
    if (word === '-p' && shell.flavour !== 'ash') {
      shell.complain(argv[++at] ?? '');
      continue;
    }
    for (const letter of word.slice(1)) {
      if (letter === 'r') raw = true;
      else if (shell.flavour === 'dash') return fail(shell, `read: Illegal option -${letter}`, 2);
      else throw new NotSimulated(`read -${letter}`);
    }
  }
  const names = argv.slice(at);
  if (names.length === 0) return fail(shell, 'read: arg count', 2);
  for (const name of names) if (!isName(name)) throw new ExpansionError(`read: ${name}: bad variable name`);
  const input = shell.descriptors.get(0);
  if (!input) return 1;
  let text = '';
  const quoted = new Set<number>();
  let ended = false;
  shell.interruptible = true;
  try {
    for (;;) {
      const line = await input.readLine(shell.process);
      ended = !line.endsWith('\n');
      const body = ended ? line : line.slice(0, -1);
      if (raw) {
        text += body;
        break;
      }
      let continued = false;
      for (let index = 0; index < body.length; index++) {
        const c = body.charAt(index);
        if (c !== '\\') text += c;
        else if (index + 1 < body.length) {
          quoted.add(text.length);
          text += body.charAt(++index);
        } else continued = !ended;
      }
      if (!continued) break;
    }
  } catch (error) {
    if (error instanceof Interrupted) {
      await shell.runTraps();
      return 1;
    }
    throw error;
  } finally {
    shell.interruptible = false;
  }
  distribute(shell, text.replaceAll('\0', ''), quoted, names);
  return ended ? 1 : 0;
};

const wait: Builtin = async (shell, argv) => {
  const words = argv.slice(1);
  const waitOne = async (pid: number): Promise<number> => {
    const job = shell.jobs.find((one) => one.pid === pid);
    if (!job) return 127;
    try {
      shell.interruptible = true;
      return await shell.process.join(job.done);
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      const status = 128 + signals[error.signal];
      await shell.runTraps();
      return status;
    } finally {
      shell.interruptible = false;
      shell.jobs.splice(shell.jobs.indexOf(job), 1);
    }
  };
  if (words.length === 0) {
    for (const job of [...shell.jobs]) await waitOne(job.pid);
    return 0;
  }
  let status = 0;
  for (const word of words) {
    const job = /^%([0-9]+)$/u.exec(word);
    status = await waitOne(job ? (shell.jobs[Number(job[1]) - 1]?.pid ?? 0) : Number(word));
  }
  return status;
};

const cd: Builtin = (shell, argv) => {
  const words = argv.slice(1).filter((word) => word !== '-P' && word !== '-L' && word !== '--');
  const wanted = words[0] ?? shell.get('HOME') ?? '/';
  const target = wanted === '-' ? (shell.get('OLDPWD') ?? shell.cwd) : wanted;
  try {
    const path = shell.machine.files.resolve(shell.process.who, shell.path(target));
    if (shell.machine.files.node(shell.process.who, path).kind !== 'directory')
      throw new SystemError('ENOTDIR');
    if (!shell.machine.files.access(shell.process.who, path, 1)) throw new SystemError('EACCES');
    shell.set('OLDPWD', shell.cwd);
    shell.cwd = path;
    shell.set('PWD', path);
    if (wanted === '-') void shell.out(`${path}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    if (shell.flavour === 'dash') return fail(shell, `cd: can't cd to ${target}`, 2);
    if (shell.flavour === 'ash') return fail(shell, `cd: can't cd to ${target}: ${error.message}`);
    return fail(shell, `cd: ${target}: ${error.message}`);
  }
};

const describe: Builtin = (shell, argv) => {
  const verbose = argv[0] === 'type' || argv[1] === '-V';
  const words = argv[0] === 'type' ? argv.slice(1) : argv.slice(2);
  let status = 0;
  for (const word of shell.flavour === 'dash' && !verbose ? words.slice(0, 1) : words) {
    const builtin = specialBuiltins.has(word) || builtins.has(word);
    if (shell.functions.has(word)) void shell.out(verbose ? `${word} is a shell function\n` : `${word}\n`);
    else if (builtin)
      void shell.out(
        verbose ? `${word} is a ${specialBuiltins.has(word) ? 'special ' : ''}shell builtin\n` : `${word}\n`,
      );
    else {
      const path = shell.which(word);
      const usable = path !== undefined && shell.machine.files.access(shell.process.who, shell.path(path), 1);
      if (usable) void shell.out(verbose ? `${word} is ${path}\n` : `${path}\n`);
      else {
        if (verbose) void shell.out(`${word}: not found\n`);
        status = verbose || shell.flavour !== 'bash' ? 127 : 1;
      }
    }
  }
  return status;
};

const command: Builtin = async (shell, argv) => {
  if (argv[1] === '-v' || argv[1] === '-V') return describe(shell, argv);
  const words = argv.slice(argv[1] === '-p' || argv[1] === '--' ? 2 : 1);
  const [name] = words;
  if (name === undefined) return 0;
  if (name === 'exec') throw new NotSimulated('command exec');
  const builtin = specialBuiltins.get(name) ?? builtins.get(name);
  return builtin
    ? builtin(shell, words)
    : shell.external(words, argv[1] === '-p' ? { path: '/usr/sbin:/usr/bin:/sbin:/bin' } : {});
};

const exec: Builtin = async (shell, argv) => {
  const [name = ''] = argv.slice(1);
  if (name.startsWith('-') && name.length > 1) throw new NotSimulated(`exec ${name}`);
  const status = await shell.external(argv.slice(1), { here: true });
  if ((status === 127 || status === 126) && shell.interactive && shell.which(name) === undefined)
    return status;
  shell.traps.delete('EXIT');
  throw new ShellExit(status);
};

const source: Builtin = async (shell, argv) => {
  const name = argv[1];
  if (name === undefined) return fail(shell, '.: filename argument required', 2);
  const path = name.includes('/') ? name : (shell.which(name) ?? name);
  let text: ByteString;
  try {
    text = shell.machine.files.read(shell.process.who, shell.path(path));
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    fail(
      shell,
      shell.flavour === 'dash'
        ? `.: cannot open ${name}: No such file`
        : `.: can't open '${name}': ${error.message}`,
      2,
    );
    if (!shell.interactive && shell.flavour !== 'bash') throw new ShellExit(2);
    return 1;
  }
  try {
    return await shell.runText(text);
  } catch (error) {
    if (error instanceof FunctionReturn) return error.status;
    throw error;
  }
};

const testBuiltin: Builtin = (shell, argv) => {
  let args = argv.slice(1);
  if (argv[0] === '[') {
    if (args.at(-1) !== ']') return fail(shell, '[: missing ]', 2);
    args = args.slice(0, -1);
  }
  const { files } = shell.machine;
  const { who } = shell.process;
  try {
    const value = test(
      {
        node: (path, itself = false) =>
          path === '' ? undefined : files.peek(who, shell.path(path), { follow: !itself }),
        access: (path, bit) => files.access(who, shell.path(path), bit),
        terminal: (fd) => shell.descriptors.get(fd)?.terminal !== undefined,
      },
      args,
    );
    return value ? 0 : 1;
  } catch (error) {
    if (!(error instanceof TestSyntaxError)) throw error;
    return fail(shell, `${argv[0] ?? 'test'}: ${error.message}`, 2);
  }
};

const echo: Builtin = async (shell, argv) => {
  const words = argv.slice(1);
  let newline = true;
  let escapes = shell.flavour === 'dash';
  while (/^-[neE]+$/u.test(words[0] ?? '') && (shell.flavour !== 'dash' || words[0] === '-n')) {
    const flags = words.shift() ?? '';
    if (flags.includes('n')) newline = false;
    if (flags.includes('e')) escapes = true;
    if (flags.includes('E')) escapes = false;
  }
  const text = words.join(' ');
  const made = escapes ? unescape(text, 'echo', shell.flavour) : { text, stop: false };
  await shell.out(made.text + (newline && !made.stop ? '\n' : ''));
  return 0;
};

const printf: Builtin = async (shell, argv) => {
  const words = argv[1] === '--' ? argv.slice(2) : argv.slice(1);
  const [pattern, ...args] = words;
  if (pattern === undefined) return fail(shell, 'printf: usage: printf format [arg ...]', 2);
  const made = format(pattern, args, shell.flavour);
  await shell.out(made.text);
  for (const complaint of made.complaints) shell.complain(`printf: ${complaint}`);
  return made.status;
};

const umask: Builtin = (shell, argv) => {
  const word = argv[1];
  if (word === undefined) {
    void shell.out(`${shell.umask.toString(8).padStart(4, '0')}\n`);
    return 0;
  }
  if (!/^[0-7]{1,4}$/u.test(word)) throw new NotSimulated(`umask ${word}`);
  shell.umask = parseInt(word, 8) & 0o777;
  return 0;
};

const alias: Builtin = (_shell, argv) => {
  if (argv[0] === 'unalias' || argv.length === 1) return 0;
  throw new NotSimulated('alias');
};

/** Builtins whose assignments stay, and whose errors end a shell that is not interactive. */
export const specialBuiltins = new Map<string, Builtin>([
  [':', () => 0],
  ['.', source],
  ['source', source],
  [
    'break',
    (_shell, argv) => {
      throw new LoopControl('break', count(argv, 1));
    },
  ],
  [
    'continue',
    (_shell, argv) => {
      throw new LoopControl('continue', count(argv, 1));
    },
  ],
  [
    'eval',
    async (shell, argv) => {
      const text = argv.slice(1).join(' ');
      return shell.runText(text, shell.line);
    },
  ],
  ['exec', exec],
  [
    'exit',
    (shell, argv) => {
      throw new ShellExit(count(argv, shell.status));
    },
  ],
  ['export', exportVariable],
  [
    'readonly',
    (shell, argv) =>
      declare(shell, argv, (name) => {
        const variable = shell.variables.get(name);
        if (variable) variable.readonly = true;
        else shell.variables.set(name, { value: undefined, exported: false, readonly: true });
      }),
  ],
  [
    'return',
    (shell, argv) => {
      throw new FunctionReturn(count(argv, shell.status));
    },
  ],
  ['set', setOptions],
  [
    'shift',
    (shell, argv) => {
      const by = count(argv, 1);
      if (by > shell.parameters.length) {
        if (shell.flavour === 'dash') throw new ExpansionError("shift: can't shift that many");
        return 1;
      }
      shell.parameters = shell.parameters.slice(by);
      return 0;
    },
  ],
  [
    'times',
    (shell) => {
      void shell.out('0m0.00s 0m0.00s\n0m0.00s 0m0.00s\n');
      return 0;
    },
  ],
  ['trap', trap],
  [
    'unset',
    (shell, argv) => {
      let functions = false;
      for (const word of argv.slice(1)) {
        if (word === '-f') functions = true;
        else if (word === '-v') functions = false;
        else if (functions) shell.functions.delete(word);
        else shell.unset(word);
      }
      return 0;
    },
  ],
]);

/** The other builtins. */
export const builtins = new Map<string, Builtin>([
  ['true', () => 0],
  ['false', () => 1],
  ['[', testBuiltin],
  ['test', testBuiltin],
  ['echo', echo],
  ['printf', printf],
  ['read', read],
  ['cd', cd],
  [
    'pwd',
    (shell) => {
      void shell.out(`${shell.cwd}\n`);
      return 0;
    },
  ],
  ['command', command],
  ['type', describe],
  ['hash', () => 0],
  ['umask', umask],
  ['ulimit', () => 0],
  ['kill', kill],
  ['wait', wait],
  ['jobs', () => 0],
  ['alias', alias],
  ['unalias', alias],
  [
    'getopts',
    () => {
      throw new NotSimulated('getopts');
    },
  ],
  [
    'local',
    (shell, argv) => {
      for (const word of argv.slice(1)) {
        const equals = word.indexOf('=');
        const name = equals < 0 ? word : word.slice(0, equals);
        if (!isName(name)) throw new ExpansionError(`local: ${name}: bad variable name`);
        if (!shell.local(name)) return fail(shell, 'local: not in a function', 2);
        if (equals >= 0) shell.set(name, word.slice(equals + 1));
        else if (shell.flavour !== 'dash') shell.variables.delete(name);
      }
      return 0;
    },
  ],
]);
