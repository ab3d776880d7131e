import type { Command } from 'commander';
import type { ProvisionReport } from '../../contract.ts';
import { identityLabel } from '../../model/identity.ts';
import type { InterruptedJob } from '../../model/rekey.ts';
import { StationError } from '../../model/station-error.ts';
import { askForBoards } from '../board-secrets.ts';
import { action, type CommandContext, type ProgramParts } from '../context.ts';
import type { ExitStatus } from '../exit-status.ts';
import { stepLabel } from '../../model/step-labels.ts';
import { showProgress } from '../progress.ts';
import { table } from '../output.ts';
import { tellJobs } from './provision.ts';

interface ResumeOptions {
  readonly all?: boolean;
  readonly list?: boolean;
  readonly dismiss?: string;
}

/** `station resume`. */
export function addResumeCommand(program: Command, parts: ProgramParts): void {
  const command = program
    .command('resume')
    .description('what was interrupted, and finish it: boards are found by identity, on any port')
    .argument('[job]', 'one interrupted job; all of them where it is left out')
    .option('--all', 'finish every interrupted job whose board is here (the default)')
    .option('--list', 'only list: which unit, where it was cut, what state it was left in')
    .option('--dismiss <job>', 'take a job off the list without finishing it');
  action<ResumeOptions>(command, parts, (context, options, [job]) => {
    const ways = [job, options.all, options.list, options.dismiss].filter((way) => way !== undefined);
    if (ways.length > 1)
      throw new StationError('station/usage', {
        detail: 'resume takes one of: a job, --all, --list, --dismiss JOB.',
      });
    if (options.list === true) return list(context);
    return options.dismiss === undefined ? resume(context, job) : dismiss(context, options.dismiss);
  });
}

function list({ output, withStation }: CommandContext): Promise<ExitStatus> {
  return withStation('read', async (station) => {
    output.result(await station.call('resume.list', {}), listing);
    return 0;
  });
}

function dismiss({ output, withStation }: CommandContext, job: string): Promise<ExitStatus> {
  return withStation('write', async (station) => {
    await station.call('resume.dismiss', { job });
    output.result({ dismissed: job }, ({ dismissed }) => `${dismissed} is off the list; its record says so.`);
    return 0;
  });
}

/** Finishes what can be finished, and tells what still waits for its board. */
function resume(context: CommandContext, job: string | undefined): Promise<ExitStatus> {
  const { io, output, common, withStation } = context;
  return withStation('write', async (station) => {
    const known = await station.call('resume.list', {});
    const profile = known.find((one) => job === undefined || one.job === job)?.profile ?? '';
    const { password } = profile === '' ? {} : await askForBoards(context, station, { profile });
    const params = {
      ...(job === undefined ? {} : { job }),
      ...(password === undefined ? {} : { password }),
    };
    let report: ProvisionReport;
    {
      using _progress = showProgress(station, io, output, common.quiet);
      report = await station.call('resume', params, io.interrupted);
    }
    const all = await station.call('resume.list', {});
    const waiting = all.filter((one) => job === undefined || one.job === job);
    const status = tellJobs(context, { ...report, waiting }, ({ jobs, waiting: left }) =>
      left.length > 0
        ? listing(left)
        : jobs.length === 0
          ? 'Nothing was interrupted.'
          : 'Nothing is left to be finished.',
    );
    return status === 0 && waiting.length > 0 ? 1 : status;
  });
}

function listing(jobs: readonly InterruptedJob[]): string {
  if (jobs.length === 0) return 'Nothing was interrupted.';
  const rows = jobs.map(({ job, flow, startedAt, identity, server, step, keyMaker, boardAt, port }) => [
    job,
    flow,
    startedAt,
    identity === null ? 'not read' : identityLabel(identity),
    server,
    step === null ? '' : stepLabel(step, keyMaker),
    port,
    boardAt ?? '',
  ]);
  return [
    table(['JOB', 'FLOW', 'STARTED', 'IDENTITY', 'SERVER', 'CUT IN', 'WAS ON', 'IS ON'], rows),
    '',
    ...jobs.map(
      ({ job, left, safe }) =>
        `${job}: ${left} ${safe ? 'Safe to unplug.' : 'Keep it here: not safe to be used as it is.'}`,
    ),
  ].join('\n');
}
