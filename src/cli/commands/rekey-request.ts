import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { RekeyApprovalReport, RekeyFileReport, RekeyRequestView } from '../../contract.ts';
import { identityLabel } from '../../model/identity.ts';
import { StationError } from '../../model/station-error.ts';
import { writeDocument } from '../../settings/index.ts';
import { askForBoards } from '../board-secrets.ts';
import { action, type CommandContext, type ProgramParts } from '../context.ts';
import type { ExitStatus } from '../exit-status.ts';
import { wholeNumber } from '../numbers.ts';
import { table } from '../output.ts';
import { printableValue } from '../printable.ts';
import { showProgress } from '../progress.ts';
import { askYes } from '../prompt.ts';
import { reasonOf } from '../reason.ts';
import { tellReport } from './provision.ts';

interface RequestOptions {
  readonly server: string;
  readonly port: string;
  readonly profile: string;
  readonly reason: string;
  readonly out: string;
  readonly key?: string;
  readonly label?: string;
  readonly approver?: string;
  readonly hours: string;
}

interface ApproveOptions {
  readonly server: string;
  readonly out?: string;
  readonly tidy?: boolean;
  readonly otherAddress?: boolean;
  readonly otherKey?: boolean;
  readonly yes?: boolean;
}

/** A week: the longest that a request may wait for its approval. */
const MOST_HOURS = 7 * 24;
/** What each of these files begins with. */
const MAGIC = '{\n  "kind": "station-';

/** `station rekey request`, `approve`, `finish` and `approver`: a re-key without an admin's login at the unit. */
export function addRekeyRequestCommands(rekey: Command, parts: ProgramParts): void {
  addRequest(rekey, parts);
  addApprove(rekey, parts);
  addFinish(rekey, parts);
  addApproverCommands(rekey, parts);
}

function addRequest(rekey: Command, parts: ProgramParts): void {
  const request = rekey
    .command('request')
    .description('stage and prove a new key without the server, and write a request to an admin elsewhere')
    .requiredOption('--server <name>', 'where the unit is accepted; no login is needed')
    .requiredOption('--port <port>', 'path or slot')
    .requiredOption('--reason <why>', 'as for rekey')
    .requiredOption('--out <file>', 'the request')
    .option('--profile <name>', 'board profile', 'mender')
    .option('--key <source>', 'board, generate[:TYPE] or import:DIR')
    .option('--label <text>', 'a work order or the like, kept in the record')
    .option('--approver <station>', 'whose admin it is for, where several are known')
    .option('--hours <n>', 'how long the request is good', '24');
  action<RequestOptions>(request, parts, (context, options) =>
    context.withStation('write', async (station) => {
      const { io, output, common } = context;
      const secrets = await askForBoards(context, station, options);
      let report: RekeyFileReport;
      {
        using _progress = showProgress(station, io, output, common.quiet);
        report = await station.call(
          'rekey.request',
          {
            port: options.port,
            server: options.server,
            profile: options.profile,
            reason: reasonOf(options.reason),
            expiresMs: wholeNumber(options.hours, '--hours', 1, MOST_HOURS) * 3_600_000,
            ...secrets,
            ...(options.key === undefined ? {} : { keySource: options.key }),
            ...(options.label === undefined ? {} : { label: options.label }),
            ...(options.approver === undefined ? {} : { approver: options.approver }),
          },
          io.interrupted,
        );
      }
      write(options.out, report.file);
      const { file: _file, ...told } = report;
      output.result({ ...told, out: options.out }, (shown) =>
        [
          `${shown.out} asks ${shown.approver} to have the key ${shown.fingerprint} accepted, until ${shown.expires}.`,
          'The new key is staged, the old one active, nothing was sent. Keep the unit, or connect it again for:',
          '  station rekey finish APPROVAL',
          `This station signs with ${shown.stationKey}: the admin may ask for it.`,
        ].join('\n'),
      );
      return 0;
    }),
  );
}

function addApprove(rekey: Command, parts: ProgramParts): void {
  const approve = rekey
    .command('approve')
    .description(
      'at the admin’s station: have a requested key accepted; with --tidy, once the unit has it, remove the old one',
    )
    .argument('<file>', 'the request')
    .requiredOption('--server <name>', 'where the unit is accepted')
    .option('--out <file>', 'the approval, for the station that asked')
    .option('--tidy', 'remove the old keys of a unit that has its new one, and approve nothing')
    .option('--other-address', 'the server of the request is the given one, under another address')
    .option('--other-key', 'the unit still has the key of its request, though another one is accepted')
    .option('--yes', 'do not ask');
  action<ApproveOptions>(approve, parts, (context, options, [path = '']) =>
    context.withStation('write', async (station) => {
      const { io, output } = context;
      const call = {
        file: await read(path),
        server: options.server,
        otherAddress: options.otherAddress === true,
      };
      const view = await station.call('rekey.read-request', call, io.interrupted);
      if (output.json === false) output.note(description(printableValue(view)));
      const tidy = options.tidy === true;
      if (tidy && view.state !== 'accepted')
        throw new StationError('request/nothing-to-tidy', { server: options.server });
      if (!tidy && options.out === undefined)
        throw new StationError('station/usage', { detail: 'Say where the approval goes: --out FILE.' });
      const question = tidy
        ? 'Has the unit its new key, and is every other key of this device to be removed'
        : view.state === 'accepted'
          ? 'This key is accepted already. Write its approval again'
          : 'Have this key accepted';
      if (options.yes !== true && !(await askYes(io, question))) {
        output.note('Nothing was changed.');
        return 1;
      }
      const report = await station.call(
        'rekey.approve',
        { ...call, otherKey: options.otherKey === true, tidy },
        io.interrupted,
      );
      if (options.out !== undefined) write(options.out, report.file);
      const { file: _file, ...told } = report;
      output.result({ ...told, out: options.out ?? null }, approved);
      return 0;
    }),
  );
}

function addFinish(rekey: Command, parts: ProgramParts): void {
  const finish = rekey
    .command('finish')
    .description('put an approved key in use; the board may be on any port, no login is needed')
    .argument('<file>', 'the approval');
  action(finish, parts, (context, _options, [path = '']) =>
    context.withStation('write', async (station) =>
      tellReport(context, await finishWith(context, station, path)),
    ),
  );
}

async function finishWith(
  context: CommandContext,
  station: Parameters<Parameters<CommandContext['withStation']>[1]>[0],
  path: string,
) {
  const { io, output, common } = context;
  const file = await read(path);
  const [waiting] = await station.call('resume.list', {});
  const secrets =
    waiting === undefined ? {} : await askForBoards(context, station, { profile: waiting.profile });
  using _progress = showProgress(station, io, output, common.quiet);
  return await station.call('rekey.finish', { file, ...secrets }, io.interrupted);
}

function addApproverCommands(rekey: Command, parts: ProgramParts): void {
  const approver = rekey
    .command('approver')
    .description('the key that requests to this station are sealed to; add and list: those of others')
    .enablePositionalOptions()
    .option('--out <file>', 'write it to a file for other stations');
  action<{ readonly out?: string }>(approver, parts, ({ output, withStation }, { out }) =>
    withStation('write', async (station) => {
      const { file, view } = await station.call('approver.export', {});
      if (out !== undefined) write(out, file);
      output.result(out === undefined ? { ...view, file } : { ...view, out }, (shown) =>
        'file' in shown && out === undefined ? shown.file : `${shown.station} ${shown.key}`,
      );
      return 0;
    }),
  );
  const add = approver
    .command('add')
    .description('let the admin of a station approve requests of this one')
    .argument('<file>', 'what that station exported');
  action(add, parts, ({ output, withStation }, _options, [path = '']) =>
    withStation('write', async (station): Promise<ExitStatus> => {
      const added = await station.call('approver.add', { file: await read(path) });
      output.result(added, ({ station: name, key }) =>
        [
          `${name} may approve requests of this station.`,
          `Compare its key with station doctor there: ${key}`,
        ].join('\n'),
      );
      return 0;
    }),
  );
  const list = approver.command('list').description('the stations that may approve requests of this one');
  action(list, parts, ({ output, withStation }) =>
    withStation('read', async (station): Promise<ExitStatus> => {
      output.result(await station.call('approver.list', {}), (all) =>
        all.length === 0
          ? 'None.'
          : table(
              ['STATION', 'KEY', 'SINCE'],
              all.map(({ station: name, key, at }) => [name, key, at]),
            ),
      );
      return 0;
    }),
  );
}

function description(view: RekeyRequestView): string {
  const { station, stationKey, operator, at, expires, identity, fingerprint, oldKey, reason, device } = view;
  const lines: [string, string][] = [
    ['unit', `${identityLabel(identity)} (${JSON.stringify(identity)})`],
    ['reason', reason.text === '' ? reason.code : `${reason.code}: ${reason.text}`],
    ['asked by', `${operator ?? 'somebody'} at ${station}, ${at}; good until ${expires}`],
    ['signed by', stationKey],
    ['new key', fingerprint],
    ['old key', oldKey ?? 'not known'],
    ['server', view.serverUrl],
    [
      'device',
      `${device.id}, ${device.status}${device.lastCheckIn === undefined ? '' : `, last seen ${device.lastCheckIn}`}`,
    ],
    ...device.authSets.map(({ status, fingerprint: key }): [string, string] => [
      'auth set',
      `${status}, ${key}`,
    ]),
  ];
  return lines.map(([name, value]) => `${name.padEnd(10)} ${value}`).join('\n');
}

function approved({
  how,
  deviceId,
  tidied,
  out,
}: Omit<RekeyApprovalReport, 'file'> & { out: string | null }): string {
  if (tidied) return `Every other key of the device ${deviceId} was removed.`;
  return [
    how === 'preauthorized'
      ? `The new key is preauthorized beside the old one; the first request of the unit changes it.`
      : `The new key is accepted in place of the old one: the unit is refused until it has it.`,
    `Give ${out ?? 'the approval'} to the station that asked. When the unit has its new key, remove the old one:`,
    '  station rekey approve REQUEST --server NAME --tidy',
  ].join('\n');
}

function write(path: string, file: string): void {
  writeDocument(path, Buffer.from(file), { force: true, magic: MAGIC });
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    throw new StationError(
      'request/unreadable',
      { detail: thrown instanceof Error ? thrown.message : String(thrown) },
      { cause: thrown },
    );
  }
}
