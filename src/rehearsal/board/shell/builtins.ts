/** The commands that are part of the shell, by name. */
import type { ByteString } from '../bytes.ts';
import { NotSimulated } from '../not-simulated.ts';
import { type Builtin, fail } from './builtins/builtin.ts';
import { cd } from './builtins/cd.ts';
import { declare, exportVariable } from './builtins/declare.ts';
import { exec } from './builtins/exec.ts';
import { kill } from './builtins/kill.ts';
import { isName } from './builtins/names.ts';
import { echo, printf } from './builtins/print.ts';
import { read } from './builtins/read.ts';
import { setOptions } from './builtins/set.ts';
import { source } from './builtins/source.ts';
import { testBuiltin } from './builtins/test.ts';
import { trap } from './builtins/trap.ts';
import { wait } from './builtins/wait.ts';
import { FunctionReturn, LoopControl, ShellExit } from './control.ts';
import { ExpansionError } from './expand.ts';
import { external, which } from './external.ts';

function count(argv: readonly ByteString[], otherwise: number): number {
  const word = argv[1];
  if (word === undefined) return otherwise;
  if (!/^[0-9]+$/u.test(word)) throw new ExpansionError(`${argv[0] ?? ''}: Illegal number: ${word}`);
  return Number(word) & 255;
}

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
      const path = which(shell, word);
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
    : external(shell, words, argv[1] === '-p' ? { path: '/usr/sbin:/usr/bin:/sbin:/bin' } : {});
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
        else shell.variables.unset(word);
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
        if (!shell.variables.local(name)) return fail(shell, 'local: not in a function', 2);
        if (equals >= 0) shell.set(name, word.slice(equals + 1));
        else if (shell.flavour !== 'dash') shell.variables.delete(name);
      }
      return 0;
    },
  ],
]);
