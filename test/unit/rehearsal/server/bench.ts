import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import {
  createMenderCore,
  DEFAULT_ADMIN,
  type CoreOptions,
  type DeviceView,
  type MenderCore,
  type Mode,
  type Outcome,
  type WireResponse,
} from '../../../../src/rehearsal/server/index.ts';

export const MODES = ['2026', '2023'] as const;

export const DEVAUTH = '/api/management/v2/devauth';
export const USERADM = '/api/management/v1/useradm';
export const AUTH_REQUESTS = '/api/devices/v1/authentication/auth_requests';
export const ATTRIBUTES = '/api/devices/v1/inventory/device/attributes';

/** A device's key pair. */
export interface Key {
  readonly pem: string;
  readonly privateKey: KeyObject;
}

const EC = { namedCurve: 'P-256' } as const;

export function newKey(): Key {
  const { privateKey, publicKey } = generateKeyPairSync('ec', EC);
  return keyOf(privateKey, publicKey);
}

export function keyOf(privateKey: KeyObject, publicKey: KeyObject): Key {
  return { privateKey, pem: publicKey.export({ type: 'spki', format: 'pem' }).toString() };
}

export interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  /** Objects are sent as JSON with its type. */
  readonly body?: unknown;
  /** Default: the admin's. `null`: none. */
  readonly token?: string | null;
}

export interface Answer {
  readonly status: number;
  readonly headers: WireResponse['headers'];
  readonly body: string;
  /** The text of `{"error":...}`, else undefined. */
  readonly error: string | undefined;
  readonly json: unknown;
}

interface DeviceJson {
  readonly id: string;
  readonly status: string;
  readonly decommissioning: boolean;
  readonly identity_data: unknown;
  readonly auth_sets:
    readonly { readonly id: string; readonly pubkey: string; readonly status: string }[] | null;
}

/** A server in virtual time with its admin logged in. */
export class Bench {
  readonly core: MenderCore;
  readonly mode: Mode;
  now = Date.parse('2026-03-01T10:00:00.250Z');
  readonly admin: string;

  constructor(mode: Mode, options: CoreOptions = {}) {
    this.mode = mode;
    this.core = createMenderCore({ mode, clock: () => this.now, decommissionMs: 'manual', ...options });
    this.admin = this.login().body;
  }

  /** Sends a request and lets time pass until it is answered. */
  send(method: string, target: string, { headers = {}, body, token }: Sent = {}): Answer {
    return answerOf(
      this.settle(this.open(method, target, { headers, body, ...(token === undefined ? {} : { token }) })),
    );
  }

  /** Sends a request, without waiting for its answer. */
  open(method: string, target: string, { headers = {}, body, token = this.admin }: Sent = {}): Outcome {
    const all: Record<string, string> = { host: 'localhost' };
    if (token !== null) all['authorization'] = `Bearer ${token}`;
    if (body !== undefined && typeof body !== 'string') all['content-type'] = 'application/json';
    for (const [name, value] of Object.entries(headers)) all[name.toLowerCase()] = value;
    const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);
    return this.core.handle({ method, target, headers: all, body: Buffer.from(text) });
  }

  settle(outcome: Outcome): WireResponse {
    let at = outcome;
    while (at.kind === 'wait') {
      this.now += at.ms;
      at = at.next();
    }
    if (at.kind !== 'answer') throw new Error(`no answer: ${at.kind}`);
    return at.response;
  }

  login(
    email: string = DEFAULT_ADMIN.email,
    password: string = DEFAULT_ADMIN.password,
    sent: Sent = {},
  ): Answer {
    const authorization = `Basic ${Buffer.from(`${email}:${password}`).toString('base64')}`;
    return this.send('POST', `${USERADM}/auth/login`, {
      ...sent,
      token: null,
      headers: { authorization, ...sent.headers },
    });
  }

  /** Whether a management token still works: the status of a cheap call. */
  probe(token: string): Answer {
    return this.send('GET', `${DEVAUTH}/devices/count`, { token });
  }

  /** An auth request, signed as a device does. */
  knock(identity: unknown, key: Key, extra: Record<string, unknown> = {}): Answer {
    const idData = typeof identity === 'string' ? identity : JSON.stringify(identity);
    return this.knockText(JSON.stringify({ id_data: idData, pubkey: key.pem, ...extra }), key);
  }

  knockText(text: string, key: Key, headers: Readonly<Record<string, string>> = {}): Answer {
    const algorithm = key.privateKey.asymmetricKeyType === 'ed25519' ? null : 'sha256';
    const signature = sign(algorithm, Buffer.from(text), key.privateKey).toString('base64');
    const all = { 'content-type': 'application/json', 'x-men-signature': signature, ...headers };
    return this.send('POST', AUTH_REQUESTS, { token: null, headers: all, body: text });
  }

  preauthorize(
    identity: unknown,
    key: Key | { readonly pem: string },
    extra: Record<string, unknown> = {},
  ): Answer {
    return this.send('POST', `${DEVAUTH}/devices`, {
      body: { identity_data: identity, pubkey: key.pem, ...extra },
    });
  }

  put(deviceId: string, setId: string, status: string): Answer {
    return this.send('PUT', `${DEVAUTH}/devices/${deviceId}/auth/${setId}/status`, { body: { status } });
  }

  deleteSet(deviceId: string, setId: string): Answer {
    return this.send('DELETE', `${DEVAUTH}/devices/${deviceId}/auth/${setId}`);
  }

  /** What `GET devices/{id}` shows. */
  get(deviceId: string): Answer & { readonly device: DeviceJson } {
    const answer = this.send('GET', `${DEVAUTH}/devices/${deviceId}`);
    return { ...answer, device: answer.json as DeviceJson };
  }

  /** The device of an identity, as the server sees it inside. */
  device(identity: Readonly<Record<string, unknown>>): DeviceView {
    const found = this.core
      .inspect()
      .find((device) => JSON.stringify(device.identity) === JSON.stringify(identity));
    if (!found) throw new Error(`no device ${JSON.stringify(identity)}`);
    return found;
  }

  /** The id of the set with this key. */
  setId(identity: Readonly<Record<string, unknown>>, key: Key): string {
    const found = this.device(identity).sets.find((set) => set.pubkey === key.pem);
    if (!found) throw new Error('no such auth set');
    return found.id;
  }

  setStatus(identity: Readonly<Record<string, unknown>>, key: Key): string | undefined {
    return this.device(identity).sets.find((set) => set.pubkey === key.pem)?.status;
  }

  /** Knocks, accepts by hand and authenticates: the device's token. */
  admit(identity: Readonly<Record<string, unknown>>, key: Key): string {
    this.knock(identity, key);
    this.accept(identity, key);
    return this.knock(identity, key).body;
  }

  accept(identity: Readonly<Record<string, unknown>>, key: Key): Answer {
    return this.put(this.device(identity).id, this.setId(identity, key), 'accepted');
  }

  /** Whether a device token works: 200 or 401. */
  use(token: string): number {
    return this.send('PATCH', ATTRIBUTES, { token, body: [] }).status;
  }
}

function answerOf(response: WireResponse): Answer {
  let json: unknown;
  try {
    json = JSON.parse(response.body);
  } catch {
    json = undefined;
  }
  const error = (json as { readonly error?: string } | null | undefined)?.error;
  return { ...response, json, error };
}

/** The claims of a token. */
export function claims(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >;
}
