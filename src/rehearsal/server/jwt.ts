import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { encode, isJsonObject, parseJson, type Encodable, type Json } from './go-json.ts';

export type Claims = { readonly [name: string]: Json };

export type ReadToken =
  | { readonly ok: true; readonly claims: Claims }
  /** The claims could not be read at all; `reason` in Go's words. */
  | { readonly ok: false; readonly why: 'unreadable'; readonly reason: string }
  /** It reads as a token, but this signer did not sign it. */
  | { readonly ok: false; readonly why: 'forged' };

/**
 * Issues and checks tokens that look like RS256 ones of a 2048-bit key: same header, same claims, same length.
 * Nobody but the issuer checks a token of this server, so the 256 signature bytes are a keyed hash, which costs
 * microseconds where an RSA signature costs most of a millisecond. As with RS256, equal claims give equal tokens.
 */
export class TokenSigner {
  private readonly secret = randomBytes(32);
  private readonly header: string;
  /** Tokens that were checked before, so that a call on a kept connection costs a look-up. */
  private readonly checked = new Map<string, Claims>();

  constructor(header: { readonly [name: string]: Encodable }) {
    this.header = base64url(encode(header));
  }

  sign(claims: { readonly [name: string]: Encodable | undefined }): string {
    const text = `${this.header}.${base64url(encode(claims))}`;
    return `${text}.${this.signature(text)}`;
  }

  read(token: string): ReadToken {
    const known = this.checked.get(token);
    if (known) return { ok: true, claims: known };
    const parts = token.split('.');
    const [, payload, signature] = parts;
    if (parts.length !== 3 || payload === undefined || signature === undefined) {
      return { ok: false, why: 'unreadable', reason: 'incorrect token format' };
    }
    if (!/^[A-Za-z0-9_-]*$/.test(payload)) {
      return {
        ok: false,
        why: 'unreadable',
        reason: 'failed to decode base64 JWT claims: illegal base64 data',
      };
    }
    const claims = parseJson(Buffer.from(payload, 'base64url').toString(), 'unmarshal');
    if (!claims.ok) {
      return { ok: false, why: 'unreadable', reason: `failed to decode JSON JWT claims: ${claims.error}` };
    }
    if (!isJsonObject(claims.value)) {
      return {
        ok: false,
        why: 'unreadable',
        reason: 'failed to decode JSON JWT claims: json: cannot unmarshal',
      };
    }
    const given = Buffer.from(signature);
    const right = Buffer.from(this.signature(token.slice(0, token.lastIndexOf('.'))));
    if (given.length !== right.length || !timingSafeEqual(given, right)) return { ok: false, why: 'forged' };
    if (this.checked.size >= 20_000) this.checked.clear();
    this.checked.set(token, claims.value);
    return { ok: true, claims: claims.value };
  }

  private signature(text: string): string {
    const blocks = [0, 1, 2, 3].map((block) =>
      createHmac('sha512', this.secret).update(`${block}.`).update(text).digest(),
    );
    return Buffer.concat(blocks).toString('base64url');
  }
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}

/** A claim that is a text, else undefined. */
export function textClaim(claims: Claims, name: string): string | undefined {
  const value = claims[name];
  return typeof value === 'string' ? value : undefined;
}

/** Whether the token has an end and it has come; `nowMs` in milliseconds. */
export function isExpired(claims: Claims, nowMs: number): boolean {
  const end = claims['exp'];
  return typeof end === 'number' && end <= nowMs / 1000;
}
