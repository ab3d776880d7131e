import { onTestFinished } from 'vitest';
import { systemClock, type Clock } from '../../../../src/model/clock.ts';
import { secret } from '../../../../src/model/secret.ts';
import type { MicSettings, ServerProfile } from '../../../../src/model/server-profile.ts';
import {
  makeMicCertificates,
  MIC_ADMIN,
  startMicServer,
  type MicServer,
  type MicServerOptions,
} from '../../../../src/rehearsal/mic/index.ts';
import type {
  ConnectedServer,
  ConnectionOptions,
  Credentials,
} from '../../../../src/servers/connected-server.ts';
import type { CredentialIssuer } from '../../../../src/servers/device-server.ts';
import { createDeviceServer } from '../../../../src/servers/index.ts';

export const never = new AbortController().signal;
export const ADMIN: Credentials = {
  by: 'password',
  user: MIC_ADMIN.userName,
  password: secret(MIC_ADMIN.password),
};
export const IDENTITY = { mac: '52:54:00:c0:00:01' };

/** One set for all stacks of a test file. */
const certificates = makeMicCertificates();

/** A stack on loopback, until the test ends. */
export async function stackOf(options: MicServerOptions = {}): Promise<MicServer> {
  const stack = await startMicServer({ certificates: await certificates, ...options });
  onTestFinished(() => stack.close());
  return stack;
}

export function micProfile(stack: MicServer, mic: Partial<MicSettings> = {}): ServerProfile {
  return {
    name: 'stack',
    kind: 'mic',
    url: stack.url,
    trust: stack.url.startsWith('https:') ? { by: 'ca', pem: stack.ca } : { by: 'system' },
    mic: { host: null, discovery: [], thingType: null, domain: null, iotCa: stack.ca, ...mic },
  };
}

/** A clock whose wall time can be moved; its pauses take no time. */
export function movableClock(): Clock & { forward: (ms: number) => void } {
  let ahead = 0;
  return {
    now: () => systemClock.now() + ahead,
    monotonic: () => systemClock.monotonic() + ahead,
    sleep: () => Promise.resolve(),
    forward: (ms) => {
      ahead += ms;
    },
  };
}

export interface MicBench {
  readonly stack: MicServer;
  readonly server: ConnectedServer;
  readonly issuer: CredentialIssuer;
  readonly clock: ReturnType<typeof movableClock>;
}

/** A stack on loopback and the station's client at it, nobody logged in. */
export async function micBench(
  stackOptions: MicServerOptions = {},
  options: ConnectionOptions = {},
  mic: Partial<MicSettings> = {},
): Promise<MicBench> {
  const clock = movableClock();
  const stack = await stackOf({ now: () => clock.now(), ...stackOptions });
  const server = createDeviceServer(micProfile(stack, mic), {
    clock,
    apiKey: () => secret(stack.apiKey),
    ...options,
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const { issuer } = server;
  if (issuer === undefined) throw new Error('a stack issues credentials');
  return { stack, server, issuer, clock };
}
