/** Runs the programs that are not part of the shell. */
import type { ByteString } from '../bytes.ts';
import { notFound } from './flavour.ts';
import type { Process, Signal } from './process.ts';
import { Invocation } from './program.ts';
import { runProgram } from './run-program.ts';
import type { Shell } from './shell.ts';
import { mention } from './streams.ts';

/** Finds a program as `PATH` leads to it. */
export function which(shell: Shell, name: string, path = shell.get('PATH') ?? ''): string | undefined {
  if (name.includes('/')) return name;
  for (const directory of path.split(':')) {
    const candidate = `${directory === '' ? '.' : directory}/${name}`;
    const node = shell.machine.files.peek(shell.process.who, shell.path(candidate));
    if (node?.kind === 'file' && shell.machine.files.access(shell.process.who, shell.path(candidate), 1))
      return candidate;
  }
  return undefined;
}

/** Runs a program that is not part of the shell. `here` makes the shell's own process become it. */
export async function external(
  shell: Shell,
  argv: readonly ByteString[],
  options: {
    readonly assignments?: readonly (readonly [string, ByteString])[];
    readonly here?: boolean;
    readonly path?: string;
  } = {},
): Promise<number> {
  const [name = ''] = argv;
  const assignedPath = options.assignments?.findLast(([variable]) => variable === 'PATH')?.[1];
  const path =
    name === '' ? undefined : which(shell, name, options.path ?? assignedPath ?? shell.get('PATH'));
  const program =
    path === undefined ? 'missing' : shell.machine.load(shell.process.who, shell.path(path), path);
  if (program === 'missing' || program === 'forbidden') {
    if (program === 'missing') shell.complain(notFound(shell.flavour, name));
    else
      shell.complain(
        `${name}: ${shell.flavour === 'bash' && shell.machine.files.peek(shell.process.who, shell.path(name))?.kind === 'directory' ? 'Is a directory' : 'Permission denied'}`,
      );
    return program === 'missing' ? 127 : 126;
  }
  const argvDone = program.argv ? [...program.argv, ...argv.slice(1)] : argv;
  const process = options.here
    ? shell.process
    : shell.machine.processes.spawn(shell.process, { name: program.name, args: argv });
  if (options.here) {
    process.name = program.name;
    process.args = argv;
    process.forgetHandlers();
  }
  process.program = program.path;
  const run = new Invocation({
    machine: shell.machine,
    process,
    argv: argvDone,
    environment: shell.variables.environment(options.assignments),
    cwd: shell.cwd,
    umask: shell.umask,
    descriptors: shell.descriptors,
  });
  const child = runProgram(program.run, run);
  if (options.here) return child;
  if (typeof child === 'number') {
    process.end();
    return child;
  }
  const held = [...shell.descriptors.values()];
  for (const file of held) file.retain();
  const ended = child.finally(() => {
    for (const file of held) file.release();
    process.end();
  });
  const status = await shell.process.join(ended);
  tellOfKill(shell, process);
  return status;
}

function tellOfKill(shell: Shell, process: Process): void {
  const words: Partial<Record<Signal, string>> = {
    KILL: 'Killed',
    TERM: 'Terminated',
    HUP: 'Hangup',
    USR1: 'User defined signal 1',
    USR2: 'User defined signal 2',
    ALRM: 'Alarm clock',
  };
  const word = process.killed && words[process.killed.signal];
  if (word) mention(shell.descriptors.get(2), shell.process, `${word}\n`);
  else if (
    process.killed?.signal === 'INT' &&
    !shell.interactive &&
    shell.process.disposition('INT') === 'default'
  )
    shell.process.signal('INT');
}
