import { generateKeyPairSync, sign } from 'node:crypto';
import {
  createMenderCore,
  type CoreOptions,
  type IdKind,
  type MenderCore,
  type Mode,
  type Outcome,
  type WireRequest,
  type WireResponse,
} from '../../../../src/rehearsal/server/index.ts';
import { parseIdentity } from '../../../../src/rehearsal/server/identity-data.ts';
import { parsePublicKey } from '../../../../src/rehearsal/server/public-key.ts';
import { claimsOf, wholeBody, type Exchange } from './recording.ts';

/** A run of exchanges against one server. */
export interface Segment {
  readonly from: number;
  /** Index after the last one. */
  readonly to: number;
  readonly mode: Mode;
  readonly options?: CoreOptions;
  /** The recorder went round the gateway, without a token: one is put in. */
  readonly direct?: boolean;
}

/** What was done to the real server between the recorded exchanges, out of the recorder's sight. */
export type Unseen = { readonly [before: number]: (replay: Replay) => void };

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/;
const NOBODY = '00000000-0000-4000-8000-000000000000';
const JWT = /ey[\w-]+\.[\w-]+\.[\w-]*/;

interface Mention {
  readonly at: number;
  readonly id: string;
}

/**
 * Plays recorded exchanges against the server. The server is made to give the recorded ids to what it makes, so that what
 * remains different are tokens and times. What was done unseen is done again where a recorded exchange shows that it had been.
 */
export class Replay {
  readonly core: MenderCore;
  private readonly exchanges: readonly Exchange[];
  private readonly segment: Segment;
  private index: number;
  private now = Date.parse('2026-11-21T21:00:00.123Z');
  private readonly nextIds: Partial<Record<IdKind, string[]>> = {};
  private readonly given = new Set<string>();
  private fallbacks = 0;
  /** Auth set id -> the request that made it. */
  private readonly makers = new Map<string, WireRequest>();
  /** Token id -> the newest token of ours. */
  private readonly tokens = new Map<string, string>();
  private readonly passwords = new Map<string, { readonly email: string; password: string }>();
  /** The key of recorded bodies that were cut before their key: that of the exchanges around them. */
  private lastKey = '';
  private subject: { readonly identity: string; readonly key: string } | undefined;

  constructor(exchanges: readonly Exchange[], segment: Segment) {
    this.exchanges = exchanges;
    this.segment = segment;
    this.index = segment.from;
    this.core = createMenderCore({
      admin: 'none',
      decommissionMs: 'manual',
      mode: segment.mode,
      clock: () => this.now,
      newId: (kind) => this.newId(kind),
      ...segment.options,
    });
  }

  advance(seconds: number): void {
    this.now += seconds * 1000;
  }

  /** Makes a user as the command line does, with the id that the recording shows. */
  addUser(email: string, password: string, id: string): void {
    this.nextIds.user = [id];
    this.core.createUser(email, password);
    this.passwords.set(id, { email, password });
  }

  /** Gives these ids to what is made next. */
  expectIds(kind: IdKind, ...ids: string[]): void {
    this.nextIds[kind] = ids;
  }

  /** Answers exchange `index` of the recording. */
  play(index: number, body?: { readonly text: string; readonly signature: string }): WireResponse {
    this.index = index;
    this.now += 7;
    const exchange = this.exchanges[index]!;
    this.prepare(exchange);
    const request = this.request(exchange, body);
    const response = this.send(request);
    this.learn(exchange, request, response);
    return response;
  }

  /** Sends a request and waits, in no time, for its answer. */
  send(request: WireRequest): WireResponse {
    const response = finish(this.core.handle(request));
    if (request.target.endsWith('/auth_requests')) this.keepToken(response.body);
    return response;
  }

  private keepToken(text: string): void {
    if (!JWT.test(text) || JWT.exec(text)?.[0] !== text) return;
    this.tokens.set(String(claimsOf(text)['jti']), text);
  }

  /** The recorded request with our tokens in it. */
  request(exchange: Exchange, body?: { readonly text: string; readonly signature: string }): WireRequest {
    const headers: Record<string, string> = { host: 'localhost' };
    for (const [name, value] of Object.entries(exchange.reqHeaders)) headers[name.toLowerCase()] = value;
    if (body) headers['x-men-signature'] = body.signature;
    if (this.segment.direct === true) headers['authorization'] = `Bearer ${this.tokens.get('direct') ?? ''}`;
    for (const name of ['authorization', 'cookie']) {
      const value = headers[name];
      const token = JWT.exec(value ?? '')?.[0];
      if (value !== undefined && token !== undefined) headers[name] = value.replace(token, this.ours(token));
    }
    const text = body?.text ?? wholeBody(exchange.reqBody ?? '', this.tail(exchange));
    return { method: exchange.method, target: exchange.path, headers, body: Buffer.from(text) };
  }

  private tail(exchange: Exchange): string {
    if (!exchange.path.endsWith('/auth_requests')) return '';
    const inIdentity = exchange.label.startsWith('id_data of');
    return inIdentity ? `\\"}","pubkey":${JSON.stringify(this.lastKey)}}` : '"}';
  }

  private ours(recorded: string): string {
    const claims = claimsOf(recorded);
    const mine = this.tokens.get(String(claims['jti']));
    if (mine === undefined) return recorded;
    const header = recorded.slice(0, recorded.indexOf('.'));
    // The recorder also sent tokens that it had spoilt: spoil ours in the same way.
    const original = this.unspoilt(recorded);
    if (original === recorded) return mine;
    const [, payload = '', signature = ''] = mine.split('.');
    if (recorded.endsWith('.')) return `${header}.${payload}.`;
    const swapped = signature.startsWith('AA') ? 'BB' : 'AA';
    return `${header}.${payload}.${swapped}${signature.slice(2)}`;
  }

  /** The first token with the same id that the recording shows; a later, different one with the same claims is spoilt. */
  private unspoilt(recorded: string): string {
    const claims = claimsOf(recorded);
    if (claims['mender.device'] === true) return recorded;
    for (const exchange of this.exchanges) {
      const token = JWT.exec(
        exchange.reqHeaders['Authorization'] ?? exchange.reqHeaders['Cookie'] ?? '',
      )?.[0];
      if (token !== undefined && claimsOf(token)['jti'] === claims['jti']) return token;
    }
    return recorded;
  }

  private prepare(exchange: Exchange): void {
    const { environment } = this.core;
    environment.workflows = /unreachable|same request again/.test(exchange.label) ? 'down' : 'up';
    if (/after the workflow ran/.test(exchange.label)) this.core.finishDecommissions();
    this.subject = undefined;
    this.makeUnseenSet(exchange);
    this.obtainToken(exchange);
    // Tokens that were used when they had expired: their time passes now.
    if (/expired/.test(exchange.label)) this.advance(4);
    const requestId = exchange.resHeaders['x-men-requestid'];
    this.nextIds.request = typeof requestId === 'string' ? [requestId] : [];
    const created = exchange.resHeaders['location'];
    if (exchange.status === 201 && typeof created === 'string') {
      this.expectIds(exchange.path.endsWith('/users') ? 'user' : 'device', UUID.exec(created)?.[0] ?? '');
    }
    this.subject = this.subjectOf(exchange);
    if (exchange.path.endsWith('/settings/tokens') && exchange.method === 'POST')
      this.expectAccessToken(exchange);
    const cookie = JWT.exec(String(exchange.resHeaders['set-cookie'] ?? ''))?.[0];
    if (cookie !== undefined) this.expectIds('session', String(claimsOf(cookie)['jti']));
  }

  /** Identity and key that an exchange is about. */
  private subjectOf(exchange: Exchange): { readonly identity: string; readonly key: string } | undefined {
    let body: unknown;
    try {
      body = JSON.parse(wholeBody(exchange.reqBody ?? '', this.tail(exchange)));
    } catch {
      return undefined;
    }
    if (typeof body !== 'object' || body === null) return undefined;
    const { id_data: idData, identity_data: data, pubkey } = body as Record<string, unknown>;
    if (typeof pubkey !== 'string') return undefined;
    const identity = typeof idData === 'string' ? idData : JSON.stringify(data ?? null);
    const key = parsePublicKey(pubkey, this.segment.mode);
    if (key.ok && exchange.reqBody?.length !== undefined) this.lastKey = pubkey;
    return { identity: hashOf(identity), key: key.ok ? key.key.pem : '' };
  }

  private expectAccessToken(exchange: Exchange): void {
    const name = String((safeJson(exchange.reqBody) as { name?: unknown } | undefined)?.name);
    const listed = this.later((later) => {
      if (!later.path.endsWith('/settings/tokens') || later.method !== 'GET') return undefined;
      const list = JSON.parse(later.resBody) as { readonly id: string; readonly name: string }[];
      return list.find((token) => token.name === name)?.id;
    });
    const used = (): string | undefined => {
      const header = this.exchanges[this.index + 1]?.reqHeaders['Authorization'] ?? '';
      const token = JWT.exec(header)?.[0];
      return token === undefined ? undefined : String(claimsOf(token)['jti']);
    };
    const id = listed ?? (name === 'shortlived' ? used() : undefined);
    if (id !== undefined) this.expectIds('session', id);
  }

  private later<T>(look: (exchange: Exchange) => T | undefined): T | undefined {
    for (let at = this.index + 1; at < this.segment.to; at += 1) {
      const found = look(this.exchanges[at]!);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Gets the token that an exchange uses, where the recording does not show how it was got. */
  private obtainToken(exchange: Exchange): void {
    if (this.segment.direct === true) {
      this.addUser('direct@example.com', 'first-pass-99', 'direct');
      this.logIn('direct', 'direct', undefined);
      return;
    }
    const recorded = JWT.exec(
      exchange.reqHeaders['Authorization'] ?? exchange.reqHeaders['Cookie'] ?? '',
    )?.[0];
    if (recorded === undefined) return;
    const { jti, sub, exp, iat } = claimsOf(recorded);
    const id = String(jti);
    const seconds = typeof exp === 'number' && typeof iat === 'number' ? exp - iat : undefined;
    if (claimsOf(recorded)['mender.device'] === true) {
      this.obtainDeviceToken(id, seconds);
      return;
    }
    if (this.tokens.has(id)) return;
    const user = String(sub);
    if (!this.passwords.has(user)) this.addUser(`${user}@example.com`, 'first-pass-99', user);
    if (seconds === undefined && /PAT/.test(exchange.label)) this.mintAccessToken(user, id, id);
    else this.logIn(user, id, seconds);
  }

  /** Logs a user in, unseen. */
  logIn(user: string, sessionId: string, seconds: number | undefined): void {
    const { email, password } = this.passwords.get(user)!;
    const usual = this.core.environment.sessionSeconds;
    this.core.environment.sessionSeconds = seconds ?? usual;
    this.expectIds('session', sessionId);
    const response = this.send({
      method: 'POST',
      target: '/api/management/v1/useradm/auth/login',
      headers: { authorization: `Basic ${Buffer.from(`${email}:${password}`).toString('base64')}` },
      body: Buffer.alloc(0),
    });
    this.core.environment.sessionSeconds = usual;
    this.tokens.set(sessionId, response.body);
  }

  /** Makes a personal access token, unseen. */
  mintAccessToken(user: string, name: string, id: string): void {
    const session = `session for ${name}`;
    this.logIn(user, session, undefined);
    this.expectIds('session', id);
    const response = this.send({
      method: 'POST',
      target: '/api/management/v1/useradm/settings/tokens',
      headers: {
        authorization: `Bearer ${this.tokens.get(session) ?? ''}`,
        'content-type': 'application/json',
      },
      body: Buffer.from(JSON.stringify({ name })),
    });
    this.tokens.set(id, response.body);
  }

  private obtainDeviceToken(setId: string, seconds: number | undefined): void {
    const newest = this.tokens.get(setId);
    const { exp, iat } = newest === undefined ? {} : claimsOf(newest);
    if (typeof exp === 'number' && typeof iat === 'number' && exp - iat === seconds) return;
    const usual = this.core.environment.deviceTokenSeconds;
    this.core.environment.deviceTokenSeconds = seconds ?? usual;
    this.send(this.makers.get(setId)!);
    this.core.environment.deviceTokenSeconds = usual;
  }

  /** Some exchanges are about a device that had knocked unseen. */
  private makeUnseenSet(exchange: Exchange): void {
    const found = /devices\/([0-9a-f-]{36})\/auth\/([0-9a-f-]{36})\/status$/.exec(exchange.path);
    const [, device = NOBODY, set = NOBODY] = found ?? [];
    if (
      !found ||
      exchange.method !== 'PUT' ||
      set === NOBODY ||
      this.given.has(set) ||
      this.given.has(device)
    )
      return;
    this.expectIds('device', device);
    this.expectIds('auth-set', set);
    this.knock(`unseen ${set}`);
  }

  /** A device with a key of its own knocks, unseen. */
  knock(name: string, times = 1): void {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const pubkey = publicKey.export({ type: 'spki', format: 'pem' });
    const body = Buffer.from(JSON.stringify({ id_data: JSON.stringify({ name }), pubkey }));
    const signature = sign(null, body, privateKey).toString('base64');
    const headers = { 'content-type': 'application/json', 'x-men-signature': signature };
    const target = '/api/devices/v1/authentication/auth_requests';
    for (let n = 0; n < times; n += 1) this.send({ method: 'POST', target, headers, body });
  }

  private learn(exchange: Exchange, request: WireRequest, response: WireResponse): void {
    if (exchange.path.endsWith('/settings/tokens') || exchange.path.endsWith('/auth/login'))
      this.keepToken(response.body);
    const made = response.headers['location'];
    if (exchange.method === 'POST' && exchange.path.endsWith('/users') && typeof made === 'string') {
      const { email, password } = JSON.parse(exchange.reqBody ?? '') as { email: string; password: string };
      this.passwords.set(UUID.exec(made)?.[0] ?? '', { email, password });
    }
    if (exchange.path.endsWith('/auth_requests')) this.rememberMaker(request);
  }

  private rememberMaker(request: WireRequest): void {
    for (const device of this.core.inspect()) {
      for (const set of device.sets) {
        if (this.makers.has(set.id) || set.pubkey !== this.subject?.key) continue;
        if (hashOf(JSON.stringify(device.identity)) === this.subject.identity)
          this.makers.set(set.id, request);
      }
    }
  }

  private newId(kind: IdKind): string {
    const id = this.nextIds[kind]?.shift() ?? this.recordedId(kind) ?? this.fallbackId(kind);
    this.given.add(id);
    return id;
  }

  /** Ids that the recording never shows. The first devices sort before all others and the rest after: a page shows so. */
  private fallbackId(kind: IdKind): string {
    this.fallbacks += 1;
    const low = kind === 'device' && [...this.given].filter((id) => id.startsWith('00000000-')).length < 2;
    return `${low ? '00000000' : 'ffffffff'}-ffff-4fff-8fff-${this.fallbacks.toString(16).padStart(12, '0')}`;
  }

  /** The id that the recording shows later for what is being made now. */
  private recordedId(kind: IdKind): string | undefined {
    if (kind === 'device') return this.recordedDevice();
    if (kind === 'auth-set') return this.recordedSet();
    return undefined;
  }

  private recordedDevice(): string | undefined {
    const shown = this.shown();
    const exact = shown.find(({ identity }) => identity === this.subject?.identity)?.device;
    if (exact !== undefined && !this.given.has(exact)) return exact;
    const near = this.mentions((exchange) => /devices\/([0-9a-f-]{36})/.exec(exchange.path)?.[1]).find(
      ({ id, at }) => at <= this.index + 3 && !shown.some(({ device }) => device === id),
    );
    return near?.id;
  }

  private recordedSet(): string | undefined {
    const shown = this.shown();
    const { identity, key } = this.subject ?? {};
    const exact = shown.find(
      (set) => set.identity === identity && set.key === key && !this.given.has(set.set),
    );
    const device = this.newestDevice(identity);
    const near = this.mentions((exchange) => {
      const [, mentioned, set] = /devices\/([0-9a-f-]{36})\/auth\/([0-9a-f-]{36})/.exec(exchange.path) ?? [];
      return mentioned === device ? set : undefined;
    }).find(({ id }) => !shown.some(({ set }) => set === id));
    // Of the same key there may be one set after the other: the one that is mentioned first was first.
    return near !== undefined && near.at < (exact?.at ?? Infinity) ? near.id : exact?.set;
  }

  private newestDevice(identity: string | undefined): string | undefined {
    return this.core
      .inspect()
      .filter((device) => hashOf(JSON.stringify(device.identity)) === identity)
      .at(-1)?.id;
  }

  /** Ids not yet given that later exchanges mention, in that order. */
  private mentions(find: (exchange: Exchange) => string | undefined): Mention[] {
    const found: Mention[] = [];
    for (let at = this.index + 1; at < this.segment.to; at += 1) {
      const id = find(this.exchanges[at]!);
      if (id !== undefined && id !== NOBODY && !this.given.has(id)) found.push({ at, id });
    }
    return found;
  }

  /** Devices and sets that later answers show with identity and key. */
  private shown(): readonly ShownSet[] {
    return this.exchanges.slice(this.index + 1, this.segment.to).flatMap((exchange, offset) => {
      const at = this.index + 1 + offset;
      const body = safeJson(exchange.resBody);
      const devices = Array.isArray(body) ? body : [body];
      return devices.flatMap((device: unknown) => {
        const view = device as Shown | undefined;
        if (view?.identity_data === undefined) return [];
        const identity = hashOf(JSON.stringify(view.identity_data));
        const sets = view.auth_sets ?? [];
        const none = { at, identity, device: view.id, set: '', key: '' };
        return [
          none,
          ...sets.map((set) => ({ at, identity, device: view.id, set: set.id, key: set.pubkey })),
        ];
      });
    });
  }
}

interface ShownSet {
  readonly at: number;
  readonly identity: string;
  readonly device: string;
  readonly set: string;
  readonly key: string;
}

interface Shown {
  readonly id: string;
  readonly identity_data?: unknown;
  readonly auth_sets?: readonly { readonly id: string; readonly pubkey: string }[] | null;
}

function hashOf(identity: string): string {
  const parsed = parseIdentity(identity);
  return parsed.ok ? parsed.identity.hash : '';
}

function safeJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

/** Runs an outcome to its end without letting time pass. */
export function finish(outcome: Outcome): WireResponse {
  if (outcome.kind === 'wait') return finish(outcome.next());
  if (outcome.kind !== 'answer') throw new Error(`no answer: ${outcome.kind}`);
  return outcome.response;
}
