import type { ErrorCode } from '../../model/error-table.ts';
import type { ServerProfile } from '../../model/server-profile.ts';
import { StationError } from '../../model/station-error.ts';
import { UnusableProxy } from './proxy.ts';
import { NoTls, PinMismatch, UnreadableCa } from './trust.ts';
import { ProxyRefused, ProxyUnreachable } from './tunnel.ts';

const ANOTHER_KIND = {
  mender: 'server/not-mender',
  mic: 'server/not-mic',
} as const satisfies Record<ServerProfile['kind'], ErrorCode>;

/** What answers is not a server of the kind that its profile says. */
export function anotherKind({ name, kind }: ServerProfile, detail: string, cause?: unknown): StationError {
  return new StationError(ANOTHER_KIND[kind], { server: name, detail }, { cause });
}

/** A call had no whole answer within its deadline. */
export class CallTimedOut extends Error {
  readonly ms: number;

  constructor(ms: number) {
    super(`no answer within ${ms} ms`);
    this.ms = ms;
  }
}

/** Node's names for what is wrong with a certificate; its own, and the same over OpenSSL and BoringSSL. */
const CERTIFICATE_CODE =
  /CERT|UNABLE_TO_VERIFY|SELF_SIGNED|ISSUER|ALTNAME|_CRL|CA_|PATH_LENGTH|HOSTNAME_MISMATCH/;

/** Words for the codes that people meet; any other is shown as it is. */
const CERTIFICATE_WORDS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its CA is not known here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its CA is not known here',
  UNABLE_TO_GET_ISSUER_CERT: 'its CA is not known here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its CA is not known here',
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet: check the clock of this machine',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is for another host name',
};

const NETWORK_WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (connection refused)',
  ENOTFOUND: 'its name is not known (DNS)',
  EAI_AGAIN: 'its name cannot be looked up now (DNS)',
  ECONNRESET: 'the connection was cut',
  EHOSTUNREACH: 'there is no route to it',
  EPROTO: 'what answers there does not speak TLS',
  ENETUNREACH: 'there is no network',
  UND_ERR_SOCKET: 'the connection was cut',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
};

const PROXY_WORDS: Readonly<Record<number, string>> = {
  403: 'it does not allow this host (403)',
  407: 'it wants a login: none was given, or not the right one (407)',
  502: 'it cannot reach the server either (502)',
  503: 'it cannot reach the server either (503)',
  504: 'it got no answer from the server (504)',
};

/** What went wrong on the way to a server or back, as the station's error. */
export function asServerError(profile: Pick<ServerProfile, 'name'>, thrown: unknown): StationError {
  if (thrown instanceof StationError) return thrown;
  const server = profile.name;
  const cause = { cause: thrown };
  if (thrown instanceof CallTimedOut)
    return new StationError('server/timeout', { server, seconds: thrown.ms / 1000 }, cause);
  if (thrown instanceof PinMismatch) {
    const { seen, pinned } = thrown;
    return new StationError(
      'server/pin-mismatch',
      { server, seen: seen === '' ? 'none' : seen, pinned },
      cause,
    );
  }
  if (thrown instanceof NoTls) {
    const detail = 'its URL has no TLS (http://), which cannot hold a pin or a CA';
    return new StationError('server/certificate', { server, detail }, cause);
  }
  if (thrown instanceof UnreadableCa) {
    const detail = 'the CA in the settings of this server is no PEM certificate';
    return new StationError('server/certificate', { server, detail }, cause);
  }
  if (thrown instanceof UnusableProxy) {
    const { variable, message: detail } = thrown;
    return new StationError('server/proxy-unusable', { server, variable, detail }, cause);
  }
  if (thrown instanceof ProxyRefused) {
    const { proxy, status } = thrown;
    return new StationError(
      'server/proxy-refused',
      { server, proxy, detail: PROXY_WORDS[status] ?? `it answers ${status}` },
      cause,
    );
  }
  if (thrown instanceof ProxyUnreachable) {
    const why = codeOf(thrown.cause);
    const detail = CERTIFICATE_WORDS[why] ?? NETWORK_WORDS[why] ?? thrown.message;
    return new StationError('server/proxy-unreachable', { server, proxy: thrown.proxy, detail }, cause);
  }
  const code = codeOf(thrown);
  if (CERTIFICATE_CODE.test(code))
    return new StationError('server/certificate', { server, detail: CERTIFICATE_WORDS[code] ?? code }, cause);
  const detail = NETWORK_WORDS[code] ?? (thrown instanceof Error ? thrown.message : 'unknown reason');
  return new StationError('server/unreachable', { server, detail }, cause);
}

function codeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return '';
  // Several addresses of one name were tried: what each met is alike, and the first will do.
  if (thrown instanceof AggregateError && thrown.errors.length > 0) return codeOf(thrown.errors[0]);
  return 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
}
