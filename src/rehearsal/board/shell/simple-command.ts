/** Runs simple commands: assignments, redirections, and what the first word names. */
import type { ByteString } from '../bytes.ts';
import { SystemError } from '../files/errors.ts';
import type { Assignment, Command } from './ast.ts';
import { builtins, specialBuiltins } from './builtins.ts';
import type { Builtin } from './builtins/builtin.ts';
import { FunctionReturn, ShellExit } from './control.ts';
import { expandFields, expandText, ExpansionError } from './expand.ts';
import { external } from './external.ts';
import { redirect } from './redirection.ts';
import type { Shell } from './shell.ts';
import { mention } from './streams.ts';
import type { Variable } from './variables.ts';

const maxDepth = 200;

async function assign(
  shell: Shell,
  assignments: readonly Assignment[],
): Promise<(readonly [string, ByteString])[]> {
  const values: (readonly [string, ByteString])[] = [];
  for (const { name, value } of assignments) values.push([name, await expandText(shell, value)]);
  return values;
}

/** Runs a simple command. `last` says that the shell has nothing to do afterwards, so that its process becomes the program. */
export async function runSimple(
  shell: Shell,
  command: Extract<Command, { kind: 'simple' }>,
  last: boolean,
): Promise<number> {
  shell.line = command.line;
  shell.substituted = undefined;
  const argv = await expandFields(shell, command.words);
  const [name] = argv;
  if (name === undefined) {
    const opened = command.redirects.length === 0 ? undefined : await redirect(shell, command.redirects);
    if (command.redirects.length > 0 && !opened) return shell.redirectionStatus;
    opened?.close();
    for (const { name: variable, value } of command.assignments)
      shell.set(variable, await expandText(shell, value));
    return (shell.substituted as number | undefined) ?? 0;
  }
  if (shell.options.has('x')) mention(shell.descriptors.get(2), shell.process, `+ ${argv.join(' ')}\n`);
  const special = specialBuiltins.get(name);
  const opened = command.redirects.length === 0 ? undefined : await redirect(shell, command.redirects);
  if (command.redirects.length > 0 && !opened) {
    if (special && shell.flavour !== 'bash' && !shell.interactive)
      throw new ShellExit(shell.redirectionStatus);
    return shell.redirectionStatus;
  }
  const saved = shell.descriptors;
  if (opened) shell.descriptors = opened.descriptors;
  let keep = false;
  try {
    if (special) {
      for (const [variable, value] of await assign(shell, command.assignments)) {
        shell.set(variable, value);
        if (name === 'exec') shell.variables.export(variable);
      }
      if (name === 'exec' && argv.length === 1) {
        // The redirections of a bare `exec` stay.
        keep = true;
        return 0;
      }
      return await runBuiltin(shell, special, argv);
    }
    const body = shell.functions.get(name);
    const builtin = builtins.get(name);
    if (body || builtin) {
      const restore = await temporary(shell, command.assignments);
      try {
        if (body) return await call(shell, body, argv);
        if (builtin) return await runBuiltin(shell, builtin, argv);
      } finally {
        restore();
      }
    }
    return await external(shell, argv, { assignments: await assign(shell, command.assignments), here: last });
  } finally {
    if (!keep) {
      shell.descriptors = saved;
      opened?.close();
    }
  }
}

/** Assigns for the time of one command; what is answered takes it back. */
async function temporary(shell: Shell, assignments: readonly Assignment[]): Promise<() => void> {
  if (assignments.length === 0) return () => undefined;
  const old: [string, Variable | undefined][] = [];
  for (const [name, value] of await assign(shell, assignments)) {
    const variable = shell.variables.get(name);
    old.push([name, variable && { ...variable }]);
    shell.set(name, value);
    shell.variables.export(name);
  }
  return () => {
    for (const [name, variable] of old.reverse()) {
      if (variable) shell.variables.set(name, variable);
      else shell.variables.delete(name);
    }
  };
}

async function runBuiltin(shell: Shell, run: Builtin, argv: readonly ByteString[]): Promise<number> {
  try {
    return await run(shell, argv);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    shell.complain(
      `${argv[0] ?? ''}: ${shell.flavour === 'ash' || error.errno === 'EPIPE' || error.errno === 'ENOSPC' ? 'write error: ' : ''}${error.message}`,
    );
    return 1;
  }
}

/** Calls a function. */
async function call(shell: Shell, body: Command, argv: readonly ByteString[]): Promise<number> {
  if (shell.depth >= maxDepth) throw new ExpansionError('Maximum function recursion depth (1000) reached');
  const parameters = shell.parameters;
  shell.parameters = argv.slice(1);
  shell.variables.enterFunction();
  shell.depth++;
  try {
    return await shell.run(body);
  } catch (error) {
    if (error instanceof FunctionReturn) return error.status;
    throw error;
  } finally {
    shell.depth--;
    shell.parameters = parameters;
    shell.variables.leaveFunction();
  }
}
