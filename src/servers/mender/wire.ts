import * as z from 'zod';
import { fingerprint, fingerprintOfPem, publicKey } from '../../keys/public-key.ts';
import type { AuthSet, Device } from '../../model/device.ts';
import type { PublicKey } from '../../model/key.ts';
import { StationError } from '../../model/station-error.ts';
import { isIdentity, type Identity, type IdentityValue } from '../../model/identity.ts';

/** Bodies of a Mender server as of 2023 and 2026, read once into the station's own types. Unknown members are left. */

const authSet = z.object({
  id: z.string(),
  pubkey: z.string(),
  ts: z.string().optional(),
  status: z.enum(['accepted', 'preauthorized', 'pending', 'rejected']),
  /** Enterprise: with another tier it is another set. */
  tier: z.string().optional(),
});

/** `auth_sets` is null in every 409 body, `[]` in a device without any; identities of other programs may be anything. */
export const wireDevice = z.object({
  id: z.string().min(1),
  identity_data: z.unknown(),
  status: z.enum(['accepted', 'preauthorized', 'pending', 'rejected', 'noauth']),
  decommissioning: z.boolean().default(false),
  created_ts: z.string().optional(),
  auth_sets: z
    .array(authSet)
    .nullish()
    .transform((sets) => sets ?? []),
  check_in_time: z.string().optional(),
});
export type WireDevice = z.output<typeof wireDevice>;

export const wireDevices = z.array(wireDevice);
export const wireCount = z.object({ count: z.number().int().min(0) });
export const wireLimit = z.object({ limit: z.number().int() });
export const wireUser = z.object({ id: z.string(), email: z.string() });
export const wireInventory = z.object({
  attributes: z
    .array(z.object({ name: z.string(), value: z.unknown(), scope: z.string().optional() }))
    .nullish(),
});
export const wireFound = z.array(z.object({ id: z.string() }));
export const wireOrganization = z.object({ tenant_token: z.string().optional() });
export const wireError = z.object({ error: z.string() });

/** A device in the station's terms. */
export function asDevice(wire: WireDevice): Device {
  return {
    id: wire.id,
    identity: asIdentity(wire.identity_data),
    status: wire.status,
    decommissioning: wire.decommissioning,
    authSets: wire.auth_sets.map(asAuthSet),
    ...(wire.check_in_time === undefined ? {} : { lastCheckIn: wire.check_in_time }),
  };
}

/** Whether this is the device of an identity, number and text told apart. */
export function isDeviceOf(wire: WireDevice, identity: Identity): boolean {
  return isIdentity(wire.identity_data, identity);
}

function asAuthSet(wire: z.output<typeof authSet>): AuthSet {
  return {
    id: wire.id,
    fingerprint: fingerprintOfPem(wire.pubkey) ?? fingerprint(Buffer.from(wire.pubkey)),
    status: wire.status,
    keyType: keyTypeOf(wire.pubkey),
    ...(wire.ts === undefined ? {} : { since: wire.ts }),
    ...(wire.tier === undefined ? {} : { tier: wire.tier }),
  };
}

/** A key that this runtime cannot read is one all the same. */
function keyTypeOf(pem: string): PublicKey['type'] {
  try {
    return publicKey(pem).type;
  } catch (error) {
    if (error instanceof StationError) return 'other';
    throw error;
  }
}

/** Values that no board of the station's has (numbers, objects) are shown as their JSON. */
function asIdentity(data: unknown): Identity {
  if (typeof data !== 'object' || data === null) return {};
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, asValue(value)]));
}

function asValue(value: unknown): IdentityValue {
  if (typeof value === 'string') return value;
  const texts = z.array(z.string()).safeParse(value);
  return texts.success ? texts.data : JSON.stringify(value);
}

/** What a token says of itself. It is not verified: whoever sent it over a trusted connection has just made it. */
export interface TokenClaims {
  /** Of a device token the device, of a management token the user. */
  readonly subject: string | null;
  /** Of a device token the auth set. */
  readonly id: string | null;
  /** Seconds since the epoch; null where it does not say. */
  readonly issued: number | null;
  /** Seconds since the epoch; null where it does not end. */
  readonly expires: number | null;
  /** Servers of today name a key in their tokens; those of 2023 did not. */
  readonly namesKey: boolean;
}

const header = z.object({ kid: z.unknown().optional() });
const claims = z.object({
  sub: z.string().optional(),
  jti: z.string().optional(),
  iat: z.number().optional(),
  exp: z.number().optional(),
});

/** Reads a bare JWT; null when the text is none, whatever its content type said. */
export function readToken(text: string): TokenClaims | null {
  const [head, body, signature, ...more] = text.trim().split('.');
  if (!head || !body || !signature || more.length > 0) return null;
  const parsedHead = header.safeParse(jsonPart(head));
  const parsedBody = claims.safeParse(jsonPart(body));
  if (!parsedHead.success || !parsedBody.success) return null;
  const { sub, jti, iat, exp } = parsedBody.data;
  return {
    subject: sub ?? null,
    id: jti ?? null,
    issued: iat ?? null,
    expires: exp ?? null,
    namesKey: parsedHead.data.kid !== undefined,
  };
}

function jsonPart(part: string): unknown {
  return parseJson(Buffer.from(part, 'base64url').toString());
}

/** JSON as a value; undefined where the text is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The query of the next page from `Link` headers, which come in several lines and with relative targets:
 * `</api/management/v2/devauth/devices?page=2&per_page=2>; rel="next"`. Null on the last page.
 */
export function nextPage(link: string | undefined): URLSearchParams | null {
  for (const [, target = '', parameters = ''] of (link ?? '').matchAll(/<([^>]*)>([^<]*)/g)) {
    if (!/;\s*rel="?next"?\s*(?:[;,]|$)/.test(parameters)) continue;
    // Only the query is taken over: a page of the same list cannot be at another path or host.
    return new URL(target, 'http://server.invalid').searchParams;
  }
  return null;
}
