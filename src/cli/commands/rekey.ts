import type { Command } from 'commander';
import type { CallInput, CallResults, StationApi } from '../../contract.ts';
import { TO_CONFIRM, type CaseToConfirm } from '../../model/rekey.ts';
import { StationError } from '../../model/station-error.ts';
import { askForBoards } from '../board-secrets.ts';
import { action, type CommandContext, type ProgramParts } from '../context.ts';
import { wholeNumber } from '../numbers.ts';
import { showProgress } from '../progress.ts';
import { REASON_HELP, reasonOf } from '../reason.ts';
import { tellPlans, tellReport } from './provision.ts';
import { addRekeyRequestCommands } from './rekey-request.ts';

interface RekeyOptions {
  readonly server: string;
  readonly profile: string;
  readonly port: string;
  readonly reason: string;
  readonly key?: string;
  readonly label?: string;
  readonly confirm: readonly string[];
  readonly decommissionFormer?: boolean;
  readonly wait?: string;
  readonly dryRun?: boolean;
}

/** A week: the longest that a unit's new key may wait beside its old one. */
const MOST_MINUTES = 7 * 24 * 60;

/** `station rekey`. */
export function addRekeyCommand(program: Command, parts: ProgramParts): void {
  const rekey = program
    .command('rekey')
    .description('a returned unit gets a new key; every other key of it ends refused')
    .enablePositionalOptions()
    .option('--server <name>', 'where the unit is accepted')
    .option('--port <port>', 'path or slot')
    .option('--reason <why>', REASON_HELP)
    .option('--profile <name>', 'board profile', 'mender')
    .option('--key <source>', 'board, generate[:TYPE] or import:DIR')
    .option('--label <text>', 'a work order or the like, kept in the record')
    .option(
      '--confirm <case>',
      'go on where the unit is unknown, rejected, elsewhere or identity-changed; repeat for more',
      (value: string, previous: readonly string[]) => [...previous, value],
      [] as readonly string[],
    )
    .option('--decommission-former', 'for identity-changed: remove the device of the former identity')
    .option(
      '--wait <minutes>',
      'how long to wait for a server that cannot be reached, the new key staged; 0: not at all',
      '1440',
    )
    .option(
      '--dry-run',
      'say what would be done to unit and server; change nothing (takes the home as the job itself would)',
    );
  action<Partial<RekeyOptions>>(rekey, parts, (context, options) => {
    const { server, port, reason, profile = 'mender', confirm = [], ...rest } = options;
    if (server === undefined || port === undefined || reason === undefined)
      throw new StationError('station/usage', { detail: 'rekey needs --server, --port and --reason.' });
    const whole = { server, port, reason, profile, confirm, ...rest };
    return context.withStation('write', async (station) => {
      const report = await rekeyWith(context, station, whole);
      return report.plan === undefined ? tellReport(context, report) : tellPlans(context, [report.plan]);
    });
  });
  addRekeyRequestCommands(rekey, parts);
}

async function rekeyWith(
  context: CommandContext,
  station: StationApi,
  options: RekeyOptions,
): Promise<CallResults['rekey']> {
  const { io, output, common } = context;
  const secrets = await askForBoards(context, station, options);
  using _progress = showProgress(station, io, output, common.quiet);
  const params: CallInput<'rekey'> = {
    port: options.port,
    server: options.server,
    profile: options.profile,
    reason: reasonOf(options.reason),
    confirmed: options.confirm.map(caseToConfirm),
    dryRun: options.dryRun === true,
    decommissionFormer: options.decommissionFormer === true,
    waitMs: wholeNumber(options.wait ?? '0', '--wait', 0, MOST_MINUTES) * 60_000,
    ...secrets,
    ...(options.key === undefined ? {} : { keySource: options.key }),
    ...(options.label === undefined ? {} : { label: options.label }),
  };
  return await station.call('rekey', params, io.interrupted);
}

function caseToConfirm(text: string): CaseToConfirm {
  const found = TO_CONFIRM.find((known) => known === text);
  if (found === undefined)
    throw new StationError('station/usage', {
      detail: `--confirm takes one of ${TO_CONFIRM.join(', ')}, not "${text}".`,
    });
  return found;
}
