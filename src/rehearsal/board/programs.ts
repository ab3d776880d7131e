/** Every program that a simulated board can have, by name. */
import { mender } from './client/mender.ts';
import { menderAuth, menderUpdate } from './client/mender-auth.ts';
import { filePrograms } from './commands/files.ts';
import { grep } from './commands/grep.ts';
import { openssl } from './commands/openssl.ts';
import { sed } from './commands/sed.ts';
import { systemPrograms } from './commands/system.ts';
import { textPrograms } from './commands/text.ts';
import { busctl } from './commands/busctl.ts';
import { initScript } from './commands/init-script.ts';
import { systemctl } from './commands/systemctl.ts';
import { builtins } from './shell/builtins.ts';
import type { Flavour } from './shell/flavour.ts';
import type { Program } from './shell/program.ts';
import { Shell } from './shell/shell.ts';
import { SystemError } from './files/errors.ts';
import { NotSimulated } from './not-simulated.ts';
import { readAll } from './shell/streams.ts';
import { runInteractive } from './console/interactive.ts';

/** A shell as a program: `sh -c TEXT [NAME ARG...]`, `sh FILE ARG...`, a script on its standard input, or interactive. */
function shellProgram(flavour: Flavour): Program {
  return async (run) => {
    const args = [...run.args];
    const options: string[] = [];
    let command: string | undefined;
    let wantsCommand = false;
    let fromStdin = false;
    let interactive = false;
    let login = run.name.startsWith('-');
    for (let word = args[0]; word !== undefined && /^[-+]./u.test(word); word = args[0]) {
      args.shift();
      if (word === '--') break;
      if (word === '--login') login = true;
      else if (word.startsWith('--')) {
        if (word !== '--norc' && word !== '--noprofile' && word !== '--posix')
          throw new NotSimulated(`${run.name} ${word}`);
      } else if (word === '-o') options.push(args.shift() ?? '');
      else {
        for (const letter of word.slice(1)) {
          if (letter === 'c') wantsCommand = true;
          else if (letter === 's') fromStdin = true;
          else if (letter === 'i') interactive = true;
          else if (letter === 'l') login = true;
          else options.push(letter);
        }
      }
    }
    if (wantsCommand) command = args.shift() ?? '';
    const file = command === undefined && !fromStdin ? args.shift() : undefined;
    if (command === undefined && file === undefined && run.stdin.terminal) interactive = true;
    const name = command !== undefined ? (args.shift() ?? run.name) : (file ?? run.name);
    const shell = new Shell({
      machine: run.machine,
      process: run.process,
      flavour,
      name,
      parameters: args,
      environment: run.environment,
      descriptors: run.descriptors,
      cwd: run.cwd,
      umask: run.umask,
      interactive,
    });
    for (const option of options)
      shell.options.add(option.length === 1 ? option : option === 'pipefail' ? option : option.charAt(0));
    if (interactive) return shell.main(() => runInteractive(shell, login));
    let text = command;
    if (file !== undefined) {
      try {
        text = run.machine.files.read(run.process.who, run.path(file));
      } catch (error) {
        if (!(error instanceof SystemError)) throw error;
        run.err(
          flavour === 'dash'
            ? `${run.name}: 0: cannot open ${file}: No such file\n`
            : `${run.name}: can't open '${file}': ${error.message}\n`,
        );
        return flavour === 'dash' ? 2 : 127;
      }
    }
    // A script on the standard input is read to its end first: commands in it that read the rest of it are not simulated.
    text ??= await readAll(run.stdin, run.process);
    const whole = text;
    return shell.main(() => shell.runText(whole));
  };
}

/** A builtin of the shell that also exists as a program of its own. */
function standalone(name: string): Program {
  return (run) => {
    const shell = new Shell({
      machine: run.machine,
      process: run.process,
      flavour: run.machine.flavour === 'busybox' ? 'ash' : 'bash',
      name: run.name,
      environment: run.environment,
      descriptors: run.descriptors,
      cwd: run.cwd,
      umask: run.umask,
    });
    const builtin = builtins.get(name);
    return builtin ? builtin(shell, run.argv) : 127;
  };
}

/** All programs. */
export const programs: Readonly<Record<string, Program>> = {
  ...textPrograms,
  ...filePrograms,
  ...systemPrograms,
  grep,
  egrep: grep,
  fgrep: (run) => grep(run.with({ argv: [run.name, '-F', ...run.args] })),
  sed,
  openssl,
  systemctl,
  busctl,
  'init-script': initScript,
  mender,
  'mender-auth': menderAuth,
  'mender-update': menderUpdate,
  sh: shellProgram('dash'),
  dash: shellProgram('dash'),
  ash: shellProgram('ash'),
  bash: shellProgram('bash'),
  echo: standalone('echo'),
  printf: standalone('printf'),
  test: standalone('test'),
  '[': standalone('['),
  kill: standalone('kill'),
  pwd: standalone('pwd'),
};
