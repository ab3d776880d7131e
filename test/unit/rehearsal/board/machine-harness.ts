import { completeOptions, type BoardChoices } from '../../../../src/rehearsal/board/index.ts';
import { createImage } from '../../../../src/rehearsal/board/image.ts';
import { Machine } from '../../../../src/rehearsal/board/machine.ts';
import { Invocation } from '../../../../src/rehearsal/board/shell/program.ts';
import { runProgram } from '../../../../src/rehearsal/board/shell/run-program.ts';
import { Collector, NullFile, type OpenFile } from '../../../../src/rehearsal/board/shell/streams.ts';

export interface Ran {
  readonly out: string;
  readonly err: string;
  readonly status: number;
}

export interface BareMachine extends AsyncDisposable {
  readonly machine: Machine;
  /** Faults of the simulation since they were last taken. */
  takeFaults(): Error[];
  /** Runs `sh -c TEXT` (or another shell) in `/tmp/work`, with nothing on its standard input. */
  sh(text: string, options?: { readonly shell?: string; readonly uid?: number }): Promise<Ran>;
}

/** A machine without a console: its programs and its shells. */
export function bareMachine(choices: BoardChoices = {}): BareMachine {
  const options = completeOptions(choices);
  const faults: Error[] = [];
  const files = createImage(options, () => options.clock.now());
  const machine = new Machine({
    options,
    files,
    clockOffset: options.system.clockOffset,
    send: () => undefined,
    fault: (error) => faults.push(error instanceof Error ? error : new Error(String(error))),
    restart: () => undefined,
  });
  let runs = 0;
  return {
    machine,
    takeFaults: () => faults.splice(0),
    async sh(text, { shell = '/bin/sh', uid = 0 } = {}) {
      const root = { uid: 0, gid: 0 };
      const cwd = `/tmp/work${++runs}`;
      files.mkdir(root, cwd, 0o777);
      const out = new Collector();
      const err = new Collector();
      const loaded = machine.load(root, shell, shell);
      if (typeof loaded === 'string') throw new Error(`${shell}: ${loaded}`);
      const process = machine.processes.spawn(undefined, {
        name: 'sh',
        args: ['sh'],
        who: { uid, gid: uid },
      });
      process.program = loaded.path;
      const run = new Invocation({
        machine,
        process,
        argv: ['sh', '-c', Buffer.from(text, 'utf8').toString('latin1')],
        environment: new Map([
          ['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
          ['HOME', '/root'],
        ]),
        cwd,
        umask: 0o022,
        descriptors: new Map<number, OpenFile>([
          [0, new NullFile()],
          [1, out],
          [2, err],
        ]),
      });
      const status = await runProgram(loaded.run, run);
      process.end();
      return { out: out.text, err: err.text, status };
    },
    [Symbol.asyncDispose]() {
      machine.cutPower();
      return new Promise<void>((done) => setImmediate(done));
    },
  };
}
