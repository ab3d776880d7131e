import type { Command } from 'commander';
import type { IdentifyReport } from '../../contract.ts';
import type { UnitReport } from '../../model/rekey.ts';
import { askForBoards } from '../board-secrets.ts';
import { action, type ProgramParts } from '../context.ts';

interface IdentifyOptions {
  readonly port: string;
  readonly profile: string;
  readonly server?: string;
}

/** `station identify`. */
export function addIdentifyCommand(program: Command, parts: ProgramParts): void {
  const command = program
    .command('identify')
    .description('read a board: identity, key in use, staged key, configuration; changes nothing')
    .requiredOption('--port <port>', 'path or slot')
    .option('--profile <name>', 'board profile', 'mender')
    .option(
      '--server <name>',
      'also what that server and the record have of it, and what a re-key would do; not while a window has this home',
    );
  action<IdentifyOptions>(command, parts, (context, { port, profile, server }) =>
    // Reading goes on beside a window; a login may be renewed, which only the one that writes in the home does.
    context.withStation(server === undefined ? 'read' : 'write', async (station) => {
      const { io, output } = context;
      const { password } = await askForBoards(context, station, { profile });
      const call = { port, profile, ...(password === undefined ? {} : { password }) };
      if (server === undefined)
        output.result(await station.call('identify', call, io.interrupted), description);
      else output.result(await station.call('rekey.look', { ...call, server }, io.interrupted), unit);
      return 0;
    }),
  );
}

function unit(report: UnitReport): string {
  const { port, slot, identity, key, staged, serverUrls, device, offline, jobs, former, obstacle } = report;
  const lines: [string, string][] = [
    ['port', `${port} (${slot})`],
    ['identity', JSON.stringify(identity)],
    ['key', `${key.fingerprint ?? 'not known'}${key.type === null ? '' : ` (${key.type})`}, ${key.path}`],
    ['staged key', staged === null ? 'none' : (staged.fingerprint ?? 'not known')],
    ['servers', serverUrls.join(' ') || 'none'],
    [
      'device',
      offline !== null ? offline.message : device === null ? 'none' : `${device.id}, ${device.status}`,
    ],
    ...(device === null
      ? []
      : device.authSets.map(({ id, fingerprint, status, since }): [string, string] => [
          'auth set',
          `${status}, ${fingerprint}, ${id}${since === undefined ? '' : `, since ${since}`}`,
        ])),
    ...(device?.lastCheckIn === undefined ? [] : [['last seen', device.lastCheckIn] as [string, string]]),
    ...(former === null
      ? []
      : [
          ['was', `${JSON.stringify(former.identity)}, ${former.device?.id ?? 'no device'}`] as [
            string,
            string,
          ],
        ]),
    ...jobs.map(({ at, flow, verdict, job }): [string, string] => [
      'job',
      `${at}, ${flow}, ${verdict}, ${job}`,
    ]),
  ];
  return [
    ...lines.map(([name, value]) => `${name.padEnd(11)} ${value}`),
    '',
    ...report.sentences,
    ...(obstacle === null ? [] : [`It cannot be re-keyed as it is: ${obstacle.message} ${obstacle.remedy}`]),
  ].join('\n');
}

function description({ port, slot, board, serverUrls, warnings }: IdentifyReport): string {
  const { identity, client, key, staged } = board;
  const lines: [string, string][] = [
    ['port', `${port} (${slot})`],
    [
      'identity',
      identity.state === 'read' ? JSON.stringify(identity.identity) : `${identity.state}: ${identity.script}`,
    ],
    ['host', `${board.hostname}, ${board.kernel}, ${board.init}`],
    [
      'client',
      `${client.version ?? 'none'} (${client.running ? 'running' : 'not running'}), update: ${client.update}`,
    ],
    [
      'key',
      `${key.state}, ${key.publicKey === null ? '' : `${key.publicKey.type} ${key.publicKey.fingerprint}, `}${key.realPath}`,
    ],
    [
      'staged key',
      staged === null ? 'none' : (staged.publicKey?.fingerprint ?? `file sha256 ${staged.sha256}`),
    ],
    ['servers', serverUrls.join(' ') || 'none'],
    ['clock', `${Math.round(board.clockSkewMs / 1000)} s off`],
    [
      'openssl',
      board.opensslVersion === null
        ? 'none'
        : `${board.opensslVersion}; signs ${board.canSign.join(' ') || 'nothing'}`,
    ],
    ['free', `${Math.round(board.dataDirectory.freeBytes / 1024)} KiB in ${board.dataDirectory.path}`],
  ];
  return [
    ...lines.map(([name, value]) => `${name.padEnd(11)} ${value}`),
    ...warnings.map((warning) => `warning     ${warning}`),
  ].join('\n');
}
