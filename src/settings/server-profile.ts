import { X509Certificate } from 'node:crypto';
import * as z from 'zod';
import { isLoopback, type ServerProfile } from '../model/server-profile.ts';
import { StationError } from '../model/station-error.ts';

/** Names of servers, profiles and credentials: they are typed, shown and part of file names. */
export const profileName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/, 'letters, digits, blank . _ - (64 at most)');

/** A URL in one spelling: origin and path, without a slash at the end. */
const baseUrl = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : null;
  const problem =
    url === null || !/^https?:$/.test(url.protocol)
      ? 'give it as https://host or https://host:port'
      : url.username !== '' || url.password !== ''
        ? 'leave user and password out'
        : url.search !== '' || url.hash !== ''
          ? `leave the path out, and what follows it (${url.origin})`
          : null;
  if (url !== null && problem === null) return url.origin + url.pathname.replace(/\/+$/, '');
  context.issues.push({ code: 'custom', message: problem ?? 'not a URL', input: text });
  return z.NEVER;
});

/** The kinds whose address has a path of its own, such as the stage of an API gateway. */
const HAS_PATH: Readonly<Record<ServerProfile['kind'], boolean>> = { mender: false, mic: true };

const pin = z.string().transform((text, context) => {
  const bare = text.trim().replace(/^(pin-)?sha-?256(:|=|\/\/)/i, '');
  const hex = bare.replaceAll(':', '').toLowerCase();
  if (/^[0-9a-f]{64}$/.test(hex)) return hex;
  if (/^[A-Za-z0-9+/]{43}=?$/.test(bare)) return Buffer.from(bare, 'base64').toString('hex');
  context.issues.push({
    code: 'custom',
    message: 'a pin is the SHA-256 of the server’s public key (SPKI), 64 hex digits or base64',
    input: text,
  });
  return z.NEVER;
});

const authorities = z.string().transform((text, context) => {
  try {
    return certificates(text);
  } catch (thrown) {
    context.issues.push({
      code: 'custom',
      message: thrown instanceof Error ? thrown.message : String(thrown),
      input: text,
    });
    return z.NEVER;
  }
});

/** The host of a stack; one that is served under a port here is a bench's. */
const stackHost = z
  .string()
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::\d{1,5})?$/,
    'a host, as in customer.mic.telenorconnexion.com',
  );
const micName = z.string().regex(/^[^\0-\x1f]{1,256}$/, 'a name');

export const serverProfileSchema = z
  .strictObject({
    name: profileName,
    kind: z.enum(['mender', 'mic']).default('mender'),
    url: baseUrl,
    boardUrl: baseUrl.exactOptional(),
    trust: z
      .discriminatedUnion('by', [
        z.strictObject({ by: z.literal('system') }),
        z.strictObject({ by: z.literal('ca'), pem: authorities }),
        z.strictObject({ by: z.literal('pin'), spkiSha256: pin }),
      ])
      .default({ by: 'system' }),
    mic: z
      .strictObject({
        host: stackHost.nullable().default(null),
        discovery: z
          .array(z.url({ protocol: /^https?$/ }))
          .max(8)
          .readonly()
          .default([]),
        thingType: micName.nullable().default(null),
        domain: micName.nullable().default(null),
        iotCa: authorities.nullable().default(null),
      })
      .exactOptional(),
  })
  .check((context) => {
    const { url, boardUrl, kind, mic } = context.value;
    const report = (member: string, message = 'http is for a server on this machine; use https'): void => {
      context.issues.push({
        code: 'custom',
        message,
        input: context.value,
        path: [member],
      });
    };
    for (const [member, text] of [
      ['url', url],
      ['boardUrl', boardUrl],
    ] as const) {
      if (text !== undefined && !HAS_PATH[kind] && text !== new URL(text).origin)
        report(member, `leave the path out (${new URL(text).origin})`);
    }
    if (
      mic?.discovery.every((service) => isHttps(service) || isLoopback(new URL(service).hostname)) === false
    )
      report('mic.discovery');
    if (!isHttps(url) && !isLoopback(new URL(url).hostname)) report('url');
    // A bench's server on this machine may show boards another address of it.
    if (boardUrl !== undefined && !isHttps(boardUrl) && isHttps(url)) report('boardUrl');
  });

/**
 * A server profile in its normal form: URL as origin, pin as 64 hex digits, CA certificates parsed and nothing else.
 *
 * @throws StationError `station/server-invalid`.
 */
export function parseServerProfile(input: unknown): ServerProfile {
  const parsed = serverProfileSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new StationError('station/server-invalid', {
    detail: parsed.error.issues
      .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
      .join('; '),
  });
}

function isHttps(url: string): boolean {
  return url.startsWith('https://');
}

/** The certificates in a PEM text, written anew. A private key beside them is refused: it must not end up in settings. */
function certificates(text: string): string {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text))
    throw new Error('the file holds a private key; give the certificate alone');
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (blocks === null) throw new Error('there is no PEM certificate in it');
  return blocks
    .map((block, index) => {
      try {
        return new X509Certificate(block).toString();
      } catch (thrown) {
        throw new Error(`certificate ${index + 1} cannot be read`, { cause: thrown });
      }
    })
    .join('');
}
