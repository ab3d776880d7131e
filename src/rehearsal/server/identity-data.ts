import { createHash } from 'node:crypto';
import { encodeSorted, isJsonObject, kindOf, parseJson, RawJson, type Json } from './go-json.ts';

/**
 * What a device says it is. Two texts are the same identity when they are equal after parsing and writing with sorted
 * keys; numbers are float64, so integers above 2^53 collide.
 */
export interface IdentityData {
  /** SHA-256 of the sorted form, hex. */
  readonly hash: string;
  /** As answered: the sorted object, or `null` where it has no member. */
  readonly view: RawJson;
  /** The members by name; empty for `{}` and `null`. */
  readonly members: ReadonlyMap<string, Json>;
  /** Bytes of the text as sent: a document of the database holds it twice. */
  readonly size: number;
}

export type ParsedIdentity =
  { readonly ok: true; readonly identity: IdentityData } | { readonly ok: false; readonly error: string };

/** Reads the `id_data` text of an auth request: an object or `null`; the error is in Go's words. */
export function parseIdentity(text: string): ParsedIdentity {
  const parsed = parseJson(text, 'unmarshal');
  if (!parsed.ok) return parsed;
  if (parsed.value !== null && !isJsonObject(parsed.value)) {
    const kind = kindOf(parsed.value);
    return {
      ok: false,
      error: `json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`,
    };
  }
  return { ok: true, identity: identityOf(parsed.value, Buffer.byteLength(text)) };
}

/** The identity that a parsed object is. */
export function identityOf(value: { readonly [key: string]: Json } | null, size?: number): IdentityData {
  const sorted = encodeSorted(value);
  const members = new Map(Object.entries(value ?? {}));
  return {
    hash: createHash('sha256').update(sorted).digest('hex'),
    view: new RawJson(members.size === 0 ? 'null' : sorted),
    members,
    size: size ?? sorted.length,
  };
}
