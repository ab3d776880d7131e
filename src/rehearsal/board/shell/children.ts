/** Runs commands in forks of a shell: subshells, pipelines, the background. */
import type { Command } from './ast.ts';
import { Killed } from './process.ts';
import type { Shell } from './shell.ts';
import { mention, NullFile, type OpenFile, Pipe } from './streams.ts';

/** A command in the background. */
export interface Job {
  readonly pid: number;
  readonly done: Promise<number>;
  status: number | undefined;
}

/** Runs work in a forked shell to its end; answers its exit status. Never rejects for what happens inside, but for faults. */
export async function inChild(
  parent: Shell,
  shell: Shell,
  work: (shell: Shell) => Promise<number>,
): Promise<number> {
  try {
    return await shell.main(() => work(shell));
  } catch (error) {
    if (error instanceof Killed) return error.status;
    parent.machine.fault(error);
    return 2;
  } finally {
    for (const file of shell.descriptors.values()) file.release();
    shell.process.end();
  }
}

/** Runs the commands of a pipeline side by side; answers the status of the last one. */
export async function runPipeline(
  parent: Shell,
  command: Extract<Command, { kind: 'pipeline' }>,
): Promise<number> {
  const { commands, negated } = command;
  const [only] = commands;
  let status: number;
  if (commands.length === 1 && only) status = await parent.runTested(only);
  else {
    const running: Promise<number>[] = [];
    let input: OpenFile | undefined;
    commands.forEach((stage, index) => {
      const descriptors = new Map(parent.descriptors);
      if (input) descriptors.set(0, input);
      const pipe = index < commands.length - 1 ? new Pipe() : undefined;
      if (pipe) descriptors.set(1, pipe.sink);
      const shell = parent.fork(descriptors);
      // The fork holds its own ends; the shell that made the pipe lets go of them.
      input?.release();
      pipe?.sink.release();
      input = pipe?.source;
      running.push(inChild(parent, shell, (forked) => forked.run(stage, true)));
    });
    const statuses = await parent.process.join(Promise.all(running));
    status = statuses.at(-1) ?? 0;
    if (parent.options.has('pipefail')) status = statuses.findLast((one) => one !== 0) ?? 0;
  }
  if (!negated) return status;
  return status === 0 ? 1 : 0;
}

/** Starts a command in the background; answers 0 at once. */
export function runInBackground(parent: Shell, command: Command): number {
  const descriptors = new Map(parent.descriptors);
  if (!parent.interactive) descriptors.set(0, new NullFile());
  const shell = parent.fork(descriptors, parent.interactive);
  if (!parent.interactive) {
    shell.process.on('INT', 'ignore');
    shell.process.on('QUIT', 'ignore');
  }
  const pid = shell.process.pid;
  const done = inChild(parent, shell, (forked) =>
    forked.run(command.kind === 'subshell' ? { kind: 'group', body: command.body } : command, true),
  );
  const job: Job = { pid, done, status: undefined };
  void done.then((status) => (job.status = status));
  parent.jobs.push(job);
  if (parent.jobs.length > 64) parent.jobs.shift();
  parent.lastJob = pid;
  if (parent.interactive)
    mention(parent.descriptors.get(2), parent.process, `[${parent.jobs.length}] ${pid}\n`);
  return 0;
}
