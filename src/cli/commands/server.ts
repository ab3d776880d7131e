import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { ServerView } from '../../contract.ts';
import type { Trust } from '../../model/server-profile.ts';
import { StationError } from '../../model/station-error.ts';
import { action, type CommandContext, type ProgramParts } from '../context.ts';
import { table } from '../output.ts';
import { askSecret, readSecret } from '../prompt.ts';
import { findings } from './doctor.ts';

interface AddOptions {
  readonly url: string;
  readonly boardUrl?: string;
  readonly kind: 'mender' | 'mic';
  readonly ca?: string;
  readonly pin?: string;
}

interface LoginOptions {
  readonly user?: string;
  readonly otp?: string;
  readonly passwordStdin?: boolean;
}

/** `station server add | list | remove | test | login | logout | tenant-token`. */
export function addServerCommands(program: Command, parts: ProgramParts): void {
  const server = program
    .command('server')
    .description('the device servers that this station knows, and the login there');

  const add = server
    .command('add <name>')
    .description('store a server')
    .requiredOption('--url <url>', 'https://host[:port], without a path')
    .option('--board-url <url>', 'what boards are told to use, where that differs')
    .option('--kind <kind>', 'mender or mic', 'mender')
    .option('--ca <file>', 'verify its certificate with this CA (PEM)')
    .option(
      '--pin <sha256>',
      'take only a certificate with this public key (SHA-256 of its SPKI, hex or base64)',
    );
  action<AddOptions>(add, parts, ({ output, withStation }, { url, boardUrl, kind, ca, pin }, [name = '']) =>
    withStation('write', async (station) => {
      const trust = await trustOf(ca, pin);
      const view = await station.call('server.add', {
        name,
        url,
        kind,
        trust,
        ...(boardUrl === undefined ? {} : { boardUrl }),
      });
      output.result(view, () => `Stored ${name}. Log in with: station server login ${name} --user EMAIL`);
      return 0;
    }),
  );

  action(server.command('list').description('the known servers'), parts, ({ output, withStation }) =>
    withStation('read', async (station) => {
      const { servers } = await station.call('snapshot', {});
      output.result(servers, listing);
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
    server.command('test <name>').description('reachable? certificate, login, rights, limit, clock'),
    parts,
    ({ output, withStation }, _, [name = '']) =>
      withStation('read', async (station) => {
        const { lines } = await station.call('server.test', { name });
        output.result(lines, (all) => findings(all, output));
        return lines.some(({ state }) => state === 'bad') ? 1 : 0;
      }),
  );

  const login = server
    .command('login <name>')
    .description('log in; one login serves all calls until it ends')
    .option('--user <email>', 'the account; not needed with STATION_TOKEN')
    .option('--otp <code>', 'the second factor, where the account has one')
    .option('--password-stdin', 'read the password from stdin');
  action<LoginOptions>(login, parts, (context, options, [name = '']) =>
    context.withStation('write', async (station) => {
      const credentials = await credentialsFor(context, name, options);
      const view = await station.call('server.login', { name, keep: true, ...credentials });
      context.output.result(view, () => signedIn(view));
      return 0;
    }),
  );

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
    .option('--remove', 'forget it');
  action<{ readonly remove?: boolean }>(
    token,
    parts,
    ({ io, output, secrets, withStation }, { remove }, [name = '']) =>
      withStation('write', async (station) => {
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

async function trustOf(ca: string | undefined, pin: string | undefined): Promise<Trust> {
  if (ca !== undefined && pin !== undefined)
    throw new StationError('station/usage', { detail: 'Give --ca or --pin, not both.' });
  if (pin !== undefined) return { by: 'pin', spkiSha256: pin };
  if (ca === undefined) return { by: 'system' };
  try {
    return { by: 'ca', pem: await readFile(ca, 'utf8') };
  } catch (cause) {
    throw new StationError('station/usage', { detail: `The CA file ${ca} cannot be read.` }, { cause });
  }
}

async function credentialsFor(
  { io, secrets }: CommandContext,
  name: string,
  { user, otp, passwordStdin }: LoginOptions,
): Promise<{ user?: string; password?: string; otp?: string; token?: string }> {
  if (user === undefined) {
    if (secrets.token === null) {
      throw new StationError('station/usage', {
        detail: 'Give --user EMAIL, or a personal access token in STATION_TOKEN.',
      });
    }
    return { token: secrets.token.reveal() };
  }
  const password =
    passwordStdin === true
      ? await readSecret(io)
      : (secrets.password ??
        (await askSecret(
          io,
          `Password of ${user} at ${name}`,
          'Give it with --password-stdin or in STATION_PASSWORD.',
        )));
  return { user, password: password.reveal(), ...(otp === undefined ? {} : { otp }) };
}

function signedIn({ name, session }: ServerView): string {
  if (session === null) return `Not logged in at ${name}.`;
  const until = session.expiresAt === null ? 'until it is revoked' : `until ${session.expiresAt}`;
  return `Logged in at ${name} as ${session.account}, ${until}.`;
}

function listing(servers: readonly ServerView[]): string {
  if (servers.length === 0) return 'No server yet. Add one: station server add NAME --url https://HOST';
  return table(
    ['NAME', 'KIND', 'URL', 'TRUST', 'LOGIN', 'UNTIL'],
    servers.map(({ name, kind, url, trust, session }) => [
      name,
      kind,
      url,
      trust.by,
      session?.account ?? '',
      session?.expiresAt ?? '',
    ]),
  );
}
