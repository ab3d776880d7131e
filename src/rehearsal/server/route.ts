import type { Admission } from './admission.ts';
import type { Device, DeviceStore } from './device-store.ts';
import type { DeviceTokens } from './device-tokens.ts';
import type { Environment } from './environment.ts';
import type { StepName } from './faults.ts';
import { parseJson, type Encodable, encode, type Parsed, type Reader } from './go-json.ts';
import type { Inventory } from './inventory.ts';
import type { User, Users } from './users.ts';
import { JSON_TYPE, type Deferred, type Reply, type WireRequest } from './wire.ts';

/** Everything that a server remembers. */
export interface State {
  readonly environment: Environment;
  readonly users: Users;
  readonly store: DeviceStore;
  readonly tokens: DeviceTokens;
  readonly inventory: Inventory;
  readonly admission: Admission;
}

/** One call that has been let through to its handler. */
export interface Call extends State {
  readonly request: WireRequest;
  readonly params: readonly string[];
  readonly query: URLSearchParams;
  /** Whether the workflows service can be reached for this call. */
  readonly workflows: boolean;
}

/** A management call, with who makes it. */
export interface UserCall extends Call {
  readonly user: User;
  readonly tokenId: string;
  /** The organization in the caller's token. */
  readonly tenant: string | undefined;
}

/** A call by a device with its token. */
export interface DeviceCall extends Call {
  readonly device: Device;
}

interface RouteBase {
  readonly method: string;
  /** Segments after the service's prefix; `:` stands for any one. */
  readonly pattern: string;
  readonly step: StepName | ((request: WireRequest) => StepName);
  /** Only in this version of the server. */
  readonly mode?: '2026' | '2023';
}

/** A route and who may call it. */
export type Route =
  | (RouteBase & { readonly access: 'anybody'; readonly handle: (call: Call) => Deferred })
  | (RouteBase & { readonly access: 'user'; readonly handle: (call: UserCall) => Deferred })
  | (RouteBase & { readonly access: 'device'; readonly handle: (call: DeviceCall) => Deferred });

/** The body as text. */
export function bodyText(request: WireRequest): string {
  return Buffer.from(request.body.buffer, request.body.byteOffset, request.body.byteLength).toString();
}

/** Reads the body as JSON with the reader that this version of the server uses. */
export function readBody(call: Call, reader: { readonly '2026': Reader; readonly '2023': Reader }): Parsed {
  const tooLarge = isTooLarge(call);
  if (tooLarge) return { ok: false, error: 'http: request body too large' };
  return parseJson(bodyText(call.request), reader[call.environment.mode]);
}

/** The 2026 server reads at most 1 MiB of a body. */
export const MAX_BODY_BYTES = 1024 * 1024;

/** Whether a body without announced length is over the limit, which the handler then meets while reading. */
export function isTooLarge(call: Call): boolean {
  const length = call.request.bodyLength ?? call.request.body.length;
  return call.environment.mode === '2026' && length > MAX_BODY_BYTES;
}

/** A 200 with JSON. */
export function ok(value: Encodable, headers: Reply['headers'] = {}): Reply {
  return { status: 200, headers: { 'content-type': JSON_TYPE, ...headers }, body: encode(value) };
}

/** A refusal with the usual body. */
export function refuse(status: number, error: string): Reply {
  return { status, error };
}
