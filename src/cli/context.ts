import { Command, Option } from 'commander';
import type { ProxySettings } from '../servers/http/proxy.ts';
import type { EnvironmentSecrets } from '../settings/index.ts';
import { openStation, type Station, type StationOptions } from '../station.ts';
import type { ExitStatus } from './exit-status.ts';
import type { CommandIo, CommonOptions } from './io.ts';
import { accessFor, enter, operatorOf, type Operator } from './operator.ts';
import { Output } from './output.ts';

/** What `main` gives the program and hears back from it. */
export interface ProgramParts {
  readonly io: CommandIo;
  readonly secrets: EnvironmentSecrets;
  readonly proxies: ProxySettings;
  readonly json: CommonOptions['json'];
  /** Called with the common options before a command runs, so that its errors are shown as asked. */
  readonly began: (options: CommonOptions) => void;
  readonly ended: (status: ExitStatus) => void;
}

/** What one command works with. */
export interface CommandContext {
  readonly io: CommandIo;
  readonly secrets: EnvironmentSecrets;
  /** Who works by `--operator`; null where nobody was named. */
  readonly operator: Operator | null;
  readonly common: CommonOptions;
  readonly output: Output;
  /** Opens the station for the length of `work`. `write` takes the home's lock, `write-if-free` where nobody has it. */
  readonly withStation: (
    access: StationOptions['access'],
    work: (station: Station) => Promise<ExitStatus>,
  ) => Promise<ExitStatus>;
}

/** The work of a command; what it returns is the exit status. */
export type CommandWork<O> = (
  context: CommandContext,
  options: O,
  args: readonly string[],
) => Promise<ExitStatus>;

/** Adds the common options to a command and makes `work` its action. */
export function action<O extends object>(
  command: Command,
  parts: ProgramParts,
  work: CommandWork<O>,
): Command {
  return command
    .option('--home <dir>', 'folder of settings, journal and logs (also STATION_HOME)')
    .addOption(
      new Option('--json', 'one JSON document on stdout; --json=lines: one event a line while it runs'),
    )
    .option('--operator <name>', 'who works: recorded, and asked for the PIN where the station knows people')
    .option('--pin-stdin', 'read the PIN (or badge) of the operator from stdin')
    .option('--quiet', 'no progress and no notes on stderr')
    .option('--no-color', 'plain text')
    .action(async () => {
      const options = command.opts<
        O & { home?: string; operator?: string; pinStdin?: boolean; quiet?: boolean; color: boolean }
      >();
      const { io, secrets, proxies, json } = parts;
      const common: CommonOptions = {
        json,
        quiet: options.quiet === true,
        color:
          options.color && json === false && io.stderr.isTTY === true && io.env['NO_COLOR'] === undefined,
        ...(options.home === undefined ? {} : { home: options.home }),
        ...(options.operator === undefined ? {} : { operator: options.operator }),
      };
      parts.began(common);
      const operator = operatorOf(io, secrets, options.operator, options.pinStdin === true);
      const context: CommandContext = {
        io,
        secrets,
        operator,
        common,
        output: new Output(io, common),
        withStation: async (access, run) => {
          const entered = operator === null ? access : accessFor(access, common, io.env);
          await using station = await openStation({
            access: entered,
            secrets,
            proxies,
            env: io.env,
            probing: false,
            program: 'station command',
            clock: io.clock,
            ...(options.home === undefined ? {} : { home: options.home }),
          });
          await enter(station, operator, entered);
          return await run(station);
        },
      };
      parts.ended(await work(context, options, command.args));
    });
}
