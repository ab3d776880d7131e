import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { CallInput } from '../../contract.ts';
import type { Secret } from '../../model/secret.ts';
import { StationError } from '../../model/station-error.ts';
import { collect } from '../collect.ts';
import { action, type CommandContext, type ProgramParts } from '../context.ts';
import { askSecret, readSecret } from '../prompt.ts';

/** What `station server add` takes for a stack of the Managed IoT Cloud. */
export interface MicOptions {
  readonly host?: string;
  readonly discovery?: readonly string[];
  readonly thingType?: string;
  readonly domain?: string;
  readonly iotCa?: string;
  readonly apiKeyStdin?: boolean;
}

export type ServerKind = NonNullable<CallInput<'server.add'>['kind']>;
type MicInput = NonNullable<CallInput<'server.add'>['mic']>;

/** By what an account is named at a server of each kind. */
export const ACCOUNT: Readonly<Record<ServerKind, string>> = { mender: 'EMAIL', mic: 'USER' };
const HAS_API_KEY: Readonly<Record<ServerKind, boolean>> = { mender: false, mic: true };

export function addMicOptions(add: Command): void {
  add
    .option('--host <host>', 'mic: the host of the stack, in place of --url and an API key')
    .option('--discovery <url>', "mic: a discovery service in place of the vendor's own", collect)
    .option('--thing-type <type>', 'mic: as what boards are made; not needed where the stack has one type')
    .option('--domain <name>', 'mic: where boards are made; else the domain of the account')
    .option('--iot-ca <file>', "mic: verify its MQTT endpoint with this CA (PEM), not with Amazon's roots")
    .option('--api-key-stdin', 'mic: read the API key from stdin (or give it in STATION_API_KEY)');
}

/** What the call takes of these; nothing for another kind that was given none of them. */
export async function micParams(
  { io, secrets }: CommandContext,
  kind: ServerKind,
  { host, discovery, thingType, domain, iotCa, apiKeyStdin }: MicOptions,
): Promise<{ mic?: MicInput; apiKey?: string }> {
  const mic: MicInput = {
    ...(host === undefined ? {} : { host }),
    ...(discovery === undefined ? {} : { discovery: [...discovery] }),
    ...(thingType === undefined ? {} : { thingType }),
    ...(domain === undefined ? {} : { domain }),
    ...(iotCa === undefined ? {} : { iotCa: await readCa(iotCa) }),
  };
  // The environment's key is of whichever server; it is no argument of one that has none.
  const key = apiKeyStdin === true ? await readSecret(io) : HAS_API_KEY[kind] ? secrets.apiKey : null;
  return {
    ...(Object.keys(mic).length === 0 ? {} : { mic }),
    ...(key === null ? {} : { apiKey: key.reveal() }),
  };
}

/** `station server api-key`. */
export function addApiKeyCommand(server: Command, parts: ProgramParts): void {
  const apiKey = server
    .command('api-key <name>')
    .description('store the API key of a server of the kind mic (STATION_API_KEY, --stdin or the prompt)')
    .option('--stdin', 'read it from stdin')
    .option('--remove', 'forget it');
  action<{ readonly remove?: boolean; readonly stdin?: boolean }>(
    apiKey,
    parts,
    (context, { remove, stdin }, [name = '']) =>
      context.withStation('write', async (station) => {
        const key = remove === true ? null : await givenKey(context, stdin === true);
        const view = await station.call('server.api-key', { name, key: key?.reveal() ?? null });
        context.output.result(view, () => (key === null ? 'Forgotten.' : 'Stored.'));
        return 0;
      }),
  );
}

async function givenKey({ io, secrets }: CommandContext, fromStdin: boolean): Promise<Secret<string>> {
  if (fromStdin) return await readSecret(io);
  return secrets.apiKey ?? (await askSecret(io, 'API key', 'Give it with --stdin or in STATION_API_KEY.'));
}

async function readCa(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new StationError('station/usage', { detail: `The CA file ${path} cannot be read.` }, { cause });
  }
}
