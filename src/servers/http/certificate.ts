import { createHash, type X509Certificate } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import { connect } from 'node:tls';
import { StationError } from '../../model/station-error.ts';
import type { ServerProfile } from '../../model/server-profile.ts';
import { connectorFor } from './connector.ts';
import { asServerError } from './failure.ts';
import { NO_PROXIES, proxyFor, type ProxySettings } from './proxy.ts';
import { spkiSha256, systemContext } from './trust.ts';
import { openTunnel } from './tunnel.ts';

/** A server's certificate as a person compares it before pinning its key. Hashes are hex SHA-256. */
export interface ShownCertificate {
  readonly subject: string;
  readonly issuer: string;
  /** ISO 8601; words where the certificate's own date is none. */
  readonly validFrom: string;
  /** ISO 8601; words where the certificate's own date is none. */
  readonly validTo: string;
  readonly spkiSha256: string;
  readonly certificateSha256: string;
  /** Whether it would be trusted without a pin or a CA of its own, host name included. */
  readonly trustedBySystem: boolean;
}

const DEADLINE_MS = 10_000;

/**
 * Looks at the certificate that a server shows. Sends no request, so an untrusted server learns nothing.
 *
 * @throws StationError `server/unreachable`, `server/timeout`; `server/certificate` for a URL without TLS.
 */
export async function showCertificate(
  url: string,
  signal: AbortSignal,
  proxies: ProxySettings = NO_PROXIES,
  deadlineMs: number = DEADLINE_MS,
): Promise<ShownCertificate> {
  const { protocol, hostname, port } = new URL(url);
  if (protocol !== 'https:')
    throw new StationError('server/certificate', { server: url, detail: 'its URL has no TLS (http://)' });
  signal.throwIfAborted();
  const host = hostname.replace(/^\[|\]$/g, '');
  const tunnel = await tunnelTo(url, host, port, proxies, deadlineMs);
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<ShownCertificate>();
  const socket = connect({
    ...(tunnel === null ? { host, port: port === '' ? 443 : Number(port) } : { socket: tunnel }),
    ...(isIP(host) === 0 ? { servername: host } : {}),
    secureContext: systemContext(),
    // Looking is all that is done on this connection; `authorized` says what verification found.
    rejectUnauthorized: false,
  });
  const abort = (): void => reject(signal.reason);
  const timer = setTimeout(
    () => reject(new StationError('server/timeout', { server: url, seconds: deadlineMs / 1000 })),
    deadlineMs,
  );
  signal.addEventListener('abort', abort, { once: true });
  socket.on('error', (error: Error) =>
    reject(new StationError('server/unreachable', { server: url, detail: error.message }, { cause: error })),
  );
  socket.once('secureConnect', () => {
    const certificate = socket.getPeerX509Certificate();
    if (certificate === undefined) {
      reject(new StationError('server/certificate', { server: url, detail: 'it shows none' }));
      return;
    }
    try {
      resolve(shown(certificate, socket.authorized));
    } catch (cause) {
      // Whoever listens there may show anything; thrown in here it would end the process.
      const detail = `it cannot be read (${cause instanceof Error ? cause.message : String(cause)})`;
      reject(new StationError('server/certificate', { server: url, detail }, { cause }));
    }
  });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
    socket.destroy();
  }
}

/**
 * Opens a connection under the profile's trust, as every call does, and closes it: what was verified is what calls rely on.
 * Sends no request.
 *
 * @throws StationError `server/certificate`, `server/pin-mismatch`, `server/unreachable`; the signal's reason when aborted.
 */
export async function verifyCertificate(
  profile: ServerProfile,
  signal: AbortSignal,
  proxies: ProxySettings = NO_PROXIES,
  deadlineMs: number = DEADLINE_MS,
): Promise<void> {
  const { protocol, hostname, host, port } = new URL(profile.url);
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  const name = hostname.replace(/^\[|\]$/g, '');
  connectorFor(
    profile,
    deadlineMs,
    proxies,
  )(
    { protocol, hostname: name, host, port, ...(isIP(name) === 0 ? { servername: name } : {}) },
    (...[error, socket]) => {
      socket?.destroy();
      if (error === null) resolve(undefined);
      else reject(asServerError(profile, error));
    },
  );
  try {
    await promise;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** The way through the proxy that the environment names for this URL; null where it names none. */
async function tunnelTo(
  url: string,
  host: string,
  port: string,
  proxies: ProxySettings,
  timeoutMs: number,
): Promise<Socket | null> {
  try {
    const proxy = proxyFor(new URL(url), proxies);
    return proxy === null ? null : await openTunnel(proxy, { host, port }, timeoutMs);
  } catch (error) {
    throw asServerError({ name: url }, error);
  }
}

function shown(certificate: X509Certificate, trustedBySystem: boolean): ShownCertificate {
  return {
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    validFrom: dateOf(certificate.validFrom),
    validTo: dateOf(certificate.validTo),
    spkiSha256: spkiSha256(certificate),
    certificateSha256: createHash('sha256').update(certificate.raw).digest('hex'),
    trustedBySystem,
  };
}

function dateOf(text: string): string {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? `unreadable (${text})` : date.toISOString();
}

function oneLine(name: string | undefined): string {
  return (name ?? '').split('\n').join(', ');
}
