import type { Command } from 'commander';
import type { ServerView } from '../../contract.ts';
import type { Secret } from '../../model/secret.ts';
import { asStationError, StationError } from '../../model/station-error.ts';
import type { Station } from '../../station.ts';
import { shortLoginText, untilText } from '../../station/signin/session-end.ts';
import { action, type CommandContext, type ProgramParts } from '../context.ts';
import { askSecret, readSecret } from '../prompt.ts';

interface LoginOptions {
  readonly user?: string;
  readonly otp?: string;
  readonly passwordStdin?: boolean;
  /** False with `--no-keep`. */
  readonly keep: boolean;
}

interface FirstUserOptions {
  readonly user: string;
  readonly passwordStdin?: boolean;
}

/** `station server login | first-user`. */
export function addLoginCommands(server: Command, parts: ProgramParts): void {
  const login = server
    .command('login <name>')
    .description('log in; one login serves all calls until it ends')
    .option('--user <email>', 'the account; not needed with STATION_TOKEN')
    .option(
      '--otp <code>',
      'the code of the second factor; asked for at the terminal where the account has one',
    )
    .option('--password-stdin', 'read the password from stdin')
    .option('--no-keep', 'only see that the account may log in: the login is ended again, and none is kept');
  action<LoginOptions>(login, parts, (context, options, [name = '']) =>
    context.withStation('write', async (station) => {
      const { keep } = options;
      const credentials = await credentialsFor(context, name, options);
      const view = await withCode(context, station, { name, keep }, () =>
        station.call('server.login', { name, keep, ...credentials }, context.io.interrupted),
      );
      if (keep) context.output.result(view, signedIn);
      else {
        // A login is of this process alone then; one that nobody can use any more must not stay open at the server.
        const after = await station.call('server.logout', { name });
        context.output.result(after, () => `${signedIn(view)}\nLogged out again: no login is kept here.`);
      }
      return 0;
    }),
  );

  const first = server
    .command('first-user <name>')
    .description('make the first user of a server of 1.0 or 1.1 that has none, and log in with it')
    .requiredOption('--user <email>', 'its e-mail address')
    .option('--password-stdin', 'read its password from stdin');
  action<FirstUserOptions>(first, parts, (context, { user, passwordStdin }, [name = '']) =>
    context.withStation('write', async (station) => {
      const password = await newPassword(context, user, passwordStdin === true);
      const params = { name, user, password: password.reveal(), keep: true };
      const view = await station.call('server.first-user', params, context.io.interrupted);
      context.output.result(view, (made) => `Made the first user of ${name}. ${signedIn(made)}`);
      return 0;
    }),
  );
}

/** Asks for the code of the second factor where the server wants one and somebody is there to be asked. */
async function withCode(
  { io }: CommandContext,
  station: Station,
  { name, keep }: { readonly name: string; readonly keep: boolean },
  login: () => Promise<ServerView>,
): Promise<ServerView> {
  try {
    return await login();
  } catch (thrown) {
    if (asStationError(thrown).code !== 'server/otp-needed' || !io.stdin.isTTY) throw thrown;
    const otp = await askSecret(io, `Code of the second factor at ${name}`, '');
    return await station.call('server.login', { name, keep, otp: otp.reveal() }, io.interrupted);
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

/** A password that is typed blind is typed twice. */
async function newPassword(
  { io, secrets }: CommandContext,
  user: string,
  fromStdin: boolean,
): Promise<Secret<string>> {
  if (fromStdin) return await readSecret(io);
  if (secrets.password !== null) return secrets.password;
  const password = await askSecret(
    io,
    `Password for ${user}, of 8 characters or more`,
    'Give it with --password-stdin or in STATION_PASSWORD.',
  );
  const again = await askSecret(io, 'Once more', '');
  if (again.reveal() !== password.reveal())
    throw new StationError('station/usage', { detail: 'The two passwords differ.' });
  return password;
}

function signedIn({ name, session }: ServerView): string {
  if (session === null) return `Not logged in at ${name}.`;
  const short = shortLoginText(session);
  return `Logged in at ${name} as ${session.account}, ${untilText(session)}.${short === null ? '' : `\n${short}`}`;
}
