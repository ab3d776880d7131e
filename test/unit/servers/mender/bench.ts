import { expect } from 'vitest';
import { generateKeyPairSync } from 'node:crypto';
import { sign } from '../../../../src/keys/index.ts';
import { keyPair } from '../../../../src/keys/key-pair.ts';
import type { Device } from '../../../../src/model/device.ts';
import type { Identity } from '../../../../src/model/identity.ts';
import type { KeyPair } from '../../../../src/model/key.ts';
import { secret } from '../../../../src/model/secret.ts';
import {
  DEFAULT_ADMIN,
  startMenderServer,
  type MenderServer as Rehearsal,
  type Mode,
  type ServerOptions,
} from '../../../../src/rehearsal/server/index.ts';
import type { AuthAnswer } from '../../../../src/servers/device-server.ts';
import type { ConnectionOptions, Credentials } from '../../../../src/servers/connected-server.ts';
import { createMenderServer, type MenderServer } from '../../../../src/servers/mender/index.ts';
import { profileOf } from '../peers.ts';

export const never = new AbortController().signal;
export const ADMIN = {
  by: 'password' as const,
  user: DEFAULT_ADMIN.email,
  password: secret(DEFAULT_ADMIN.password),
} satisfies Credentials;
export const MODES: readonly Mode[] = ['2026', '2023'];

/** A Mender server on loopback and the station's client at it, logged in. */
export interface Bench extends AsyncDisposable {
  readonly rehearsal: Rehearsal;
  readonly server: MenderServer;
}

export async function bench(
  mode: Mode,
  rehearsalOptions: ServerOptions = {},
  options: ConnectionOptions = {},
): Promise<Bench> {
  const rehearsal = await startMenderServer({ mode, decommissionMs: 20, ...rehearsalOptions });
  const trust = rehearsal.ca === undefined ? undefined : ({ by: 'ca', pem: rehearsal.ca } as const);
  const server = createMenderServer(profileOf(rehearsal.url, trust), options);
  await server.login(ADMIN, never);
  return {
    rehearsal,
    server,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await rehearsal.close();
    },
  };
}

export function newKey(): KeyPair {
  return keyPair(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
}

let boards = 0;
export function newIdentity(): Identity {
  boards += 1;
  return { mac: `52:54:00:00:00:${boards.toString(16).padStart(2, '0')}` };
}

/** Signs and sends an auth request as a board does. */
export function knock(
  server: MenderServer,
  identity: Identity,
  pair: KeyPair,
  tenantToken: string | null = null,
): Promise<AuthAnswer> {
  const options = { tenantToken: tenantToken === null ? null : secret(tenantToken), tier: 'standard' };
  const request = server.authRequest(identity, pair, options);
  return server.submit(request, secret(sign(pair, request.reveal())), never);
}

/** A board that has knocked with a key and waits. */
export async function pending(
  server: MenderServer,
): Promise<{ identity: Identity; pair: KeyPair; device: Device }> {
  const [identity, pair] = [newIdentity(), newKey()];
  await knock(server, identity, pair);
  const device = await server.findAfterKnock(identity, pair, never);
  if (device === null) throw new Error('the device that has just knocked is not there');
  return { identity, pair, device };
}

/** The id of the auth set of a key. */
export function setOf(device: Device | null, pair: KeyPair): string {
  const set = device?.authSets.find(({ fingerprint }) => fingerprint === pair.fingerprint);
  if (set === undefined) throw new Error('there is no auth set of this key');
  return set.id;
}

export function code(wanted: string, details: object = {}): Error {
  return expect.objectContaining({
    code: wanted,
    details: expect.objectContaining(details) as object,
  }) as Error;
}
