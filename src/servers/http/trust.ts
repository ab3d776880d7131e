import { createHash, X509Certificate } from 'node:crypto';
import { createSecureContext, getCACertificates, TLSSocket, type SecureContext } from 'node:tls';
import { buildConnector } from 'undici';
import type { Trust } from '../../model/server-profile.ts';

/** The server showed another key than the pinned one. Both as hex SHA-256 of the SPKI. */
export class PinMismatch extends Error {
  readonly pinned: string;
  readonly seen: string;

  constructor(pinned: string, seen: string) {
    super('the server shows another key than the pinned one');
    this.pinned = pinned;
    this.seen = seen;
  }
}

/** A pin or a CA was asked for, and the URL has no TLS to hold it. */
export class NoTls extends Error {}

/** The CA of the server's profile is no certificate. */
export class UnreadableCa extends Error {}

/**
 * Opens connections under a trust, to be used by undici.
 *
 * A pin is compared after the handshake and before a byte of the request is written. Node calls `checkServerIdentity`
 * for certificates alone whose chain verifies, so a self-signed one would slip past it; hence the comparison is done on
 * the socket. Sessions are never resumed: a resumed session shows no certificate.
 */
export function connector(trust: Trust, connectTimeoutMs: number): buildConnector.connector {
  if (trust.by === 'pin') return pinned(trust.spkiSha256, connectTimeoutMs);
  let overTls: buildConnector.connector | null = null;
  const plain = buildConnector({ timeout: connectTimeoutMs });
  return (options, callback) => {
    if (options.protocol === 'https:') {
      try {
        overTls ??= buildConnector({
          secureContext: trust.by === 'ca' ? createSecureContext({ ca: trust.pem }) : systemContext(),
          timeout: connectTimeoutMs,
          maxCachedSessions: 0,
        });
      } catch (error) {
        callback(new UnreadableCa('the CA cannot be read', { cause: error }), null);
        return;
      }
      overTls(options, callback);
    } else if (trust.by === 'system') plain(options, callback);
    else callback(new NoTls(), null);
  };
}

/**
 * A pin in one spelling, hex: from base64 or hex, with or without colons, blanks and a leading `sha256/` or `sha256:`.
 *
 * @returns null when it is no SHA-256.
 */
export function normalPin(pin: string): string | null {
  const text = pin.trim().replace(/^sha256[/:]+/i, '');
  const hex = text.replace(/[:\s]/g, '');
  if (/^[0-9a-f]{64}$/i.test(hex)) return hex.toLowerCase();
  if (!/^[A-Za-z0-9+/]{43}=?$/.test(text)) return null;
  return Buffer.from(text, 'base64').toString('hex');
}

/** Hex SHA-256 of a certificate's SubjectPublicKeyInfo. */
export function spkiSha256(certificate: X509Certificate): string {
  return createHash('sha256')
    .update(certificate.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

let context: SecureContext | null = null;

/**
 * Node's own list of authorities and the operating system's: a company's own CA is in the latter alone. Made at the
 * first use and shared: reading some hundred certificates takes a tenth of a second.
 */
export function systemContext(): SecureContext {
  context ??= createSecureContext({ ca: [...getCACertificates('default'), ...getCACertificates('system')] });
  return context;
}

function pinned(pin: string, connectTimeoutMs: number): buildConnector.connector {
  const wanted = normalPin(pin);
  const connect = buildConnector({
    // The pin takes the place of chain and host name: both are left aside here and only here.
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    maxCachedSessions: 0,
    timeout: connectTimeoutMs,
  });
  return (options, callback) => {
    if (options.protocol !== 'https:') {
      callback(new NoTls(), null);
      return;
    }
    connect(options, (...outcome) => {
      const [error, socket] = outcome;
      if (error !== null) {
        callback(error, null);
        return;
      }
      const seen = socket instanceof TLSSocket ? shownKey(socket) : '';
      if (wanted !== null && seen === wanted) {
        callback(null, socket);
        return;
      }
      socket.destroy();
      callback(new PinMismatch(wanted ?? pin, seen), null);
    });
  };
}

/** Empty where there is none that can be read: whoever listens there may show anything, and that is no pinned key. */
function shownKey(socket: TLSSocket): string {
  try {
    const certificate = socket.getPeerX509Certificate();
    return certificate === undefined ? '' : spkiSha256(certificate);
  } catch {
    return '';
  }
}
