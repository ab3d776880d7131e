import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import type { Secret } from '../model/secret.ts';

/** 2^15 rounds of 8 blocks take 32 MiB and some 80 ms: little for a person, much for who tries a million codes. */
const COST = { N: 32_768, r: 8, p: 1 } as const;
const MAXMEM = 64 * 1024 * 1024;
const BYTES = 32;

const base64 = z.base64().min(1).max(128);
/** A PIN or a badge as it is stored: never the code itself. */
export const codeHashSchema = z.strictObject({
  salt: base64,
  hash: base64,
  /** scrypt's cost, kept with each hash so that a later version may raise it. */
  N: z
    .int()
    .min(2)
    .max(1 << 20),
  r: z.int().min(1).max(32),
  p: z.int().min(1).max(16),
});
export type CodeHash = z.infer<typeof codeHashSchema>;

/** Hashes a code with scrypt (RFC 7914). `salt`: that of codes among which one is looked for by itself; else a new one. */
export async function hashCode(code: Secret<string>, salt = newSalt()): Promise<CodeHash> {
  const hash = await derive(code, { salt, ...COST });
  return { salt, hash: hash.toString('base64'), ...COST };
}

export async function isCode(code: Secret<string>, stored: CodeHash): Promise<boolean> {
  const hash = await derive(code, stored);
  const wanted = Buffer.from(stored.hash, 'base64');
  return hash.length === wanted.length && timingSafeEqual(hash, wanted);
}

export function newSalt(): string {
  return randomBytes(16).toString('base64');
}

function derive(code: Secret<string>, { salt, N, r, p }: Omit<CodeHash, 'hash'>): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(
      code.reveal().normalize('NFC'),
      Buffer.from(salt, 'base64'),
      BYTES,
      { N, r, p, maxmem: Math.max(MAXMEM, 256 * N * r) },
      (error, key) => (error === null ? resolve(key) : reject(error)),
    );
  });
}
