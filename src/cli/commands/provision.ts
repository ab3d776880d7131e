import type { Command } from 'commander';
import type { CallInput, ProvisionReport, StationApi } from '../../contract.ts';
import { BATCH_ALLOWANCES } from '../../model/batch.ts';
import { identityLabel } from '../../model/identity.ts';
import type { Plan } from '../../model/rekey.ts';
import { StationError } from '../../model/station-error.ts';
import { askForBoards } from '../board-secrets.ts';
import { collect } from '../collect.ts';
import { action, type CommandContext, type ProgramParts } from '../context.ts';
import type { ExitStatus } from '../exit-status.ts';
import { table, type Output } from '../output.ts';
import { printableValue } from '../printable.ts';
import { inventoryText, withInventory } from '../inventory.ts';
import { showProgress } from '../progress.ts';

interface ProvisionOptions {
  readonly server: string;
  readonly profile: string;
  readonly port: readonly string[];
  readonly key?: string;
  readonly label?: string;
  readonly dryRun?: boolean;
  readonly batch?: string;
  readonly allow?: readonly string[];
  readonly nameTag?: string;
  readonly tag?: readonly string[];
  readonly group?: string;
}

/** `station provision`. */
export function addProvisionCommands(program: Command, parts: ProgramParts): void {
  const provision = program
    .command('provision')
    .description('the main job: every board gets its key, is accepted, proves it and is recorded')
    .requiredOption('--server <name>', 'where the boards are accepted')
    .requiredOption('--port <port>', 'path or slot; repeat for more boards, which run side by side', collect)
    .option('--profile <name>', 'board profile', 'mender')
    .option(
      '--key <source>',
      'board, generate[:TYPE], import:DIR or keep; TYPE: ed25519 p256 p384 rsa2048 rsa3072 rsa4096',
    )
    .option('--label <text>', 'a work order or the like, kept in the record')
    .option('--batch <name>', 'count boards in this batch: strangers, repeats and other keys are refused')
    .option(
      '--allow <what>',
      `with --batch, and an admin's right: let through what would be refused (${BATCH_ALLOWANCES.join(', ')}); recorded`,
      collect,
    )
    .option('--name-tag <text>', 'name on the server once a board is through, e.g. "gateway {mac}"')
    .option('--tag <name=value>', 'tag on the server once a board is through; repeat for more', collect)
    .option('--group <name>', 'group on the server once a board is through')
    .option(
      '--dry-run',
      'say what would be done to boards and server; change nothing (takes the home as the job itself would)',
    );
  action<ProvisionOptions>(provision, parts, (context, options) =>
    context.withStation('write', async (station) =>
      options.dryRun === true
        ? tellPlans(context, await planWith(context, station, options))
        : tellReport(context, await provisionWith(context, station, options)),
    ),
  );
}

async function provisionWith(
  context: CommandContext,
  station: StationApi,
  options: ProvisionOptions,
): Promise<ProvisionReport> {
  const { io, output, common } = context;
  const secrets = await askForBoards(context, station, options);
  using _progress = showProgress(station, io, output, common.quiet);
  const report = await station.call(
    'provision',
    {
      ports: [...options.port],
      server: options.server,
      profile: options.profile,
      ...secrets,
      ...(options.key === undefined ? {} : { keySource: options.key }),
      ...(options.label === undefined ? {} : { label: options.label }),
      ...wishOf(options),
      ...againstBatch(options),
    },
    io.interrupted,
  );
  return await withInventory(station, report, io);
}

function wishOf({ nameTag, tag = [], group }: ProvisionOptions): Pick<CallInput<'provision'>, 'inventory'> {
  if (nameTag === undefined && group === undefined && tag.length === 0) return {};
  const tags = Object.fromEntries(
    tag.map((text) => {
      const at = text.indexOf('=');
      if (at > 0 && at < text.length - 1) return [text.slice(0, at), text.slice(at + 1)];
      throw new StationError('station/usage', { detail: `--tag takes name=value, not "${text}".` });
    }),
  );
  return {
    inventory: {
      tags,
      ...(nameTag === undefined ? {} : { nameTag }),
      ...(group === undefined ? {} : { group }),
    },
  };
}

async function planWith(
  context: CommandContext,
  station: StationApi,
  options: ProvisionOptions,
): Promise<readonly Plan[]> {
  const { port, server, profile, key } = options;
  const { password } = await askForBoards(context, station, { profile });
  return await station.call(
    'provision.plan',
    {
      ports: [...port],
      server,
      profile,
      ...(password === undefined ? {} : { password }),
      ...(key === undefined ? {} : { keySource: key }),
      ...againstBatch(options),
    },
    context.io.interrupted,
  );
}

function againstBatch({
  batch,
  allow = [],
}: ProvisionOptions): Pick<CallInput<'provision'>, 'batch' | 'allow'> {
  const known = allow.map((what) => {
    const found = BATCH_ALLOWANCES.find((name) => name === what);
    if (found !== undefined) return found;
    throw new StationError('station/usage', {
      detail: `--allow takes one of ${BATCH_ALLOWANCES.join(', ')}, not "${what}".`,
    });
  });
  return { ...(batch === undefined ? {} : { batch }), allow: known };
}

/** Prints what jobs would do, and gives the exit status: 1 where one would stop. */
export function tellPlans({ output }: CommandContext, plans: readonly Plan[]): ExitStatus {
  output.result({ plans }, () => printableValue(plans).map(planText).join('\n\n'));
  return plans.every(({ ends }) => ends !== 'stop') ? 0 : 1;
}

function planText({ slot, identity, actions, ends, error, notes }: Plan): string {
  const ending = { pass: 'It would pass.', already: 'Nothing is to be done.', stop: 'It would stop.' }[ends];
  return [
    `${slot}${identity === null ? '' : `  ${identityLabel(identity)}`}`,
    ...actions.map(({ on, says }) => `  ${on.padEnd(7)} ${says}`),
    `  ${ending}`,
    ...(error === null ? [] : [`  ${error.code} ${error.message}`, `  ${error.remedy}`]),
    ...notes.map((note) => `  note    ${note}`),
  ].join('\n');
}

/** Prints the result of jobs and gives their exit status. */
export function tellReport(context: CommandContext, report: ProvisionReport): ExitStatus {
  return tellJobs(context, report, () => '');
}

/** The same for a result that holds more than jobs; `rest` says the rest of it in words. */
export function tellJobs<R extends ProvisionReport>(
  context: CommandContext,
  report: R,
  rest: (report: R) => string,
): ExitStatus {
  const { output, io } = context;
  output.result(report, (all) =>
    [all.jobs.length === 0 ? '' : summary(all, output), rest(all)].filter((text) => text !== '').join('\n\n'),
  );
  for (const { slot, error, notes, inventory } of printableValue(report.jobs)) {
    for (const note of notes) output.note(`${slot}: ${note}`);
    if (inventory !== undefined) output.note(`${slot}: name/tags/group: ${inventoryText(inventory)}`);
    if (inventory?.error != null) output.note(`  ${inventory.error.remedy}`);
    if (error === null) continue;
    output.note(`${slot}: ${output.style('red', error.code)} ${error.message}`);
    output.note(`  ${error.unchanged}`);
    output.note(`  ${error.remedy}`);
  }
  if (io.interrupted.aborted) return 130;
  return report.jobs.every(({ verdict }) => verdict === 'pass' || verdict === 'already') ? 0 : 1;
}

const OLD_KEY = { 'refused-tested': 'refused, tested', 'removed-not-tested': 'removed, not tested' } as const;

function summary({ jobs, elapsedMs }: ProvisionReport, output: Output): string {
  const colors = { pass: 'green', already: 'green', fail: 'red', stopped: 'yellow' } as const;
  const rows = jobs.map((job) => [
    job.slot,
    {
      text: job.verdict.toUpperCase(),
      style: (text: string) => output.style(colors[job.verdict], text),
    },
    job.identity === null ? '' : identityLabel(job.identity),
    job.deviceId ?? '',
    job.keyType ?? '',
    job.keyFingerprint?.slice(0, 23) ?? '',
    job.proof ?? '',
    job.oldKey === 'none' ? '' : OLD_KEY[job.oldKey],
    (job.steps.reduce((sum, { ms }) => sum + ms, 0) / 1000).toFixed(1),
    job.error?.code ?? '',
  ]);
  const good = jobs.filter(({ verdict }) => verdict === 'pass' || verdict === 'already').length;
  return [
    table(
      ['SLOT', 'VERDICT', 'IDENTITY', 'DEVICE', 'KEY', 'FINGERPRINT', 'PROOF', 'OLD KEY', 'SECONDS', 'ERROR'],
      rows,
    ),
    '',
    `${good} of ${jobs.length} done in ${(elapsedMs / 1000).toFixed(1)} s`,
  ].join('\n');
}
