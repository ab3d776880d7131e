/** The services of a simulated board. */
import { daemonWords } from './client/factory-state.ts';
import type { Machine } from './machine.ts';
import type { Process } from './shell/process.ts';
import { Invocation } from './shell/program.ts';
import { runProgram } from './shell/run-program.ts';
import { NullFile } from './shell/streams.ts';

/** A service that systemd or init would start. */
export interface Unit {
  readonly name: string;
  readonly argv: readonly string[];
  readonly description: string;
  enabled: boolean;
  masked: boolean;
  process: Process | undefined;
  /** Resolves when the process of the last start has ended. */
  done: Promise<void>;
  failed: boolean;
}

/** How long a service may take to stop before it is killed, in ms. */
const stopTimeout = 90_000;

/** The services of one running board. */
export class Services {
  readonly units = new Map<string, Unit>();
  private readonly machine: Machine;

  constructor(machine: Machine) {
    this.machine = machine;
    const { version, enabled } = machine.options.client;
    const add = (name: string, argv: readonly string[], description: string): void => {
      this.units.set(name, {
        name,
        argv,
        description,
        enabled,
        masked: false,
        process: undefined,
        done: Promise.resolve(),
        failed: false,
      });
    };
    if (version === 'absent') return;
    if (version.startsWith('3.'))
      add('mender-client', daemonWords(machine.options.client), 'Mender OTA update service');
    else {
      add('mender-authd', daemonWords(machine.options.client), 'Mender authentication service');
      add('mender-updated', ['/usr/bin/mender-update', 'daemon'], 'Mender OTA update service');
    }
  }

  /** Starts what is enabled, as at boot. */
  boot(): void {
    for (const unit of this.units.values()) if (unit.enabled && !unit.masked) this.start(unit);
  }

  active(name: string): boolean {
    return this.units.get(name)?.process !== undefined;
  }

  start(unit: Unit): void {
    if (unit.process) return;
    const { machine } = this;
    const [path = '', ...args] = unit.argv;
    const program = machine.load({ uid: 0, gid: 0 }, path, path);
    unit.failed = false;
    if (program === 'missing' || program === 'forbidden') {
      unit.failed = true;
      return;
    }
    const process = machine.processes.spawn(undefined, {
      name: program.name,
      args: unit.argv,
      detached: true,
    });
    unit.process = process;
    process.program = program.path;
    process.environment = new Map([
      ['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin'],
      ['LANG', 'C.UTF-8'],
    ]);
    const quiet = new NullFile();
    const run = new Invocation({
      machine,
      process,
      argv: [path, ...args],
      environment: new Map([['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin']]),
      cwd: '/',
      umask: 0o022,
      descriptors: new Map([
        [0, quiet],
        [1, quiet],
        [2, quiet],
      ]),
    });
    unit.done = Promise.resolve()
      .then(() => runProgram(program.run, run))
      .then(
        (status) => {
          unit.failed = status !== 0 && process.killed === undefined;
        },
        (error: unknown) => machine.fault(error),
      )
      .finally(() => {
        process.end();
        if (unit.process === process) unit.process = undefined;
      });
  }

  async stop(unit: Unit): Promise<void> {
    const { process } = unit;
    if (!process) {
      unit.failed = false;
      return;
    }
    const off = this.machine.clock.after(stopTimeout, () => process.signal('KILL'));
    process.signal('TERM');
    await unit.done;
    off();
    unit.failed = false;
  }

  /** Ends every service, as a shutdown does. */
  async stopAll(): Promise<void> {
    for (const unit of [...this.units.values()].reverse()) await this.stop(unit);
  }
}
