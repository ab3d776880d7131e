import { Option, type Command } from 'commander';
import type { ServerView } from '../../contract.ts';
import { systemClock } from '../../model/clock.ts';
import { StationError } from '../../model/station-error.ts';
import { action, type ProgramParts } from '../context.ts';
import { table } from '../output.ts';
import { askSecret } from '../prompt.ts';
import { findings } from './doctor.ts';
import { addLoginCommands } from './server-login.ts';
import {
  ACCOUNT,
  addApiKeyCommand,
  addMicOptions,
  micParams,
  type MicOptions,
  type ServerKind,
} from './server-mic.ts';
import { addPinCommand, trustFor } from './server-trust.ts';

interface AddOptions extends MicOptions {
  readonly url?: string;
  readonly boardUrl?: string;
  readonly kind: ServerKind;
  readonly ca?: string;
  readonly pin?: string;
}

/** `station server add | list | remove | test | login | first-user | pin | logout | tenant-token | api-key`. */
export function addServerCommands(program: Command, parts: ProgramParts): void {
  const server = program
    .command('server')
    .description('the device servers that this station knows, and the login there');

  const add = server
    .command('add <name>')
    .description('store a server')
    .option('--url <url>', 'https://host[:port], without a path; of the kind mic with its path (/prod)')
    .option('--board-url <url>', 'what boards are told to use, where that differs')
    .addOption(new Option('--kind <kind>', 'what it is').choices(['mender', 'mic']).default('mender'))
    .option('--ca <file>', 'verify its certificate with this CA (PEM)')
    .option(
      '--pin <sha256>',
      'take only a certificate with this public key (SHA-256 of its SPKI, hex or base64)',
    );
  addMicOptions(add);
  action<AddOptions>(add, parts, (context, { url, boardUrl, kind, ca, pin, ...mic }, [name = '']) =>
    context.withStation('write', async (station) => {
      const trust = await trustFor(context, station, name, url, {
        ...(ca === undefined ? {} : { ca }),
        ...(pin === undefined ? {} : { pin }),
      });
      const view = await station.call(
        'server.add',
        {
          name,
          kind,
          trust,
          ...(url === undefined ? {} : { url }),
          ...(boardUrl === undefined ? {} : { boardUrl }),
          ...(await micParams(context, kind, mic)),
        },
        context.io.interrupted,
      );
      context.output.result(
        view,
        () => `Stored ${name}. Log in with: station server login ${name} --user ${ACCOUNT[kind]}`,
      );
      return 0;
    }),
  );

  action(server.command('list').description('the known servers'), parts, ({ io, output, withStation }) =>
    withStation('read', async (station) => {
      const { servers } = await station.call('snapshot', {});
      const now = (io.clock ?? systemClock).now();
      output.result(servers, (all) => listing(all, now));
      return 0;
    }),
  );

  action(
    server.command('remove <name>').description('forget a server, its login and its tenant token'),
    parts,
    ({ output, withStation }, _, [name = '']) =>
      withStation('write', async (station) => {
        await station.call('server.remove', { name });
        output.result({ removed: name }, () => `Removed ${name}.`);
        return 0;
      }),
  );

  action(
    server
      .command('test <name>')
      .description(
        'certificate, what answers, login, what the account may do, limit, clock; changes nothing',
      ),
    parts,
    ({ output, withStation }, _, [name = '']) =>
      withStation('read', async (station) => {
        const { lines } = await station.call('server.test', { name });
        output.result(lines, (all) => findings(all, output));
        return lines.some(({ state }) => state === 'bad') ? 1 : 0;
      }),
  );

  addLoginCommands(server, parts);
  addPinCommand(server, parts);
  addApiKeyCommand(server, parts);

  action(
    server.command('logout <name>').description('end the login'),
    parts,
    ({ output, withStation }, _, [name = '']) =>
      withStation('write', async (station) => {
        const view = await station.call('server.logout', { name });
        output.result(view, () => `Logged out of ${name}.`);
        return 0;
      }),
  );

  const token = server
    .command('tenant-token <name>')
    .description(
      "store the organization's tenant token (STATION_TENANT_TOKEN or the prompt), which boards get",
    )
    .option('--read', 'have the server tell it, as an admin of the organization')
    .option('--remove', 'forget it');
  action<{ readonly read?: boolean; readonly remove?: boolean }>(
    token,
    parts,
    ({ io, output, secrets, withStation }, { read, remove }, [name = '']) =>
      withStation('write', async (station) => {
        if (read === true && remove === true)
          throw new StationError('station/usage', { detail: 'Give --read or --remove, not both.' });
        if (read === true) {
          const view = await station.call('server.read-tenant-token', { name }, io.interrupted);
          output.result(view, () => 'Read from the server and stored.');
          return 0;
        }
        const given =
          remove === true
            ? null
            : (secrets.tenantToken ??
              (await askSecret(io, 'Tenant token', 'Give it in STATION_TENANT_TOKEN.')));
        const view = await station.call('server.tenant-token', { name, token: given?.reveal() ?? null });
        output.result(view, () => (given === null ? 'Forgotten.' : 'Stored.'));
        return 0;
      }),
  );
}

/** Time left of a login, in the two largest units. */
function left({ expiresAt, refreshed }: NonNullable<ServerView['session']>, now: number): string {
  if (refreshed === true) return 'renewed by itself';
  if (expiresAt === null) return 'no end';
  const minutes = Math.max(0, Math.floor((Date.parse(expiresAt) - now) / 60_000));
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  return hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min`;
}

function listing(servers: readonly ServerView[], now: number): string {
  if (servers.length === 0) return 'No server yet. Add one: station server add NAME --url https://HOST';
  return table(
    ['NAME', 'KIND', 'URL', 'TRUST', 'LOGIN', 'UNTIL', 'LEFT'],
    servers.map(({ name, kind, url, trust, session }) => [
      name,
      kind,
      url,
      trust.by,
      session?.account ?? '',
      session?.expiresAt ?? '',
      session === null ? '' : left(session, now),
    ]),
  );
}
