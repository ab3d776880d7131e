/** Starts the program that another was given as an argument. */
import type { ByteString } from '../bytes.ts';
import type { Invocation } from '../shell/program.ts';
import { runProgram } from '../shell/run-program.ts';

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
