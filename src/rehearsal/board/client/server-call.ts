/** How a board's client reaches a real server: HTTP or HTTPS from this machine, trusting what the board trusts. */
import http from 'node:http';
import https from 'node:https';
import { rootCertificates } from 'node:tls';
import type { ClientResponse, ServerCall } from '../options.ts';

/** Milliseconds that a request may take. */
const deadline = 30_000;

const verifyFailures: Readonly<Record<string, number>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 21,
  SELF_SIGNED_CERT_IN_CHAIN: 19,
  DEPTH_ZERO_SELF_SIGNED_CERT: 18,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 20,
  UNABLE_TO_GET_ISSUER_CERT: 2,
};

/** The words of mender-client for what Node says of a connection that failed. */
function inClientWords(error: unknown, target: URL, caPath: string): Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const port = target.port === '' ? (target.protocol === 'https:' ? '443' : '80') : target.port;
  if (code === 'ECONNREFUSED')
    return new Error(`dial tcp ${target.hostname}:${port}: connect: connection refused`);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return new Error(`dial tcp: lookup ${target.hostname}: no such host`);
  const verify = verifyFailures[code];
  if (verify !== undefined)
    return new Error(
      `certificate signed by unknown authority, openssl verify rc: ${verify} server cert file: ${caPath}`,
    );
  if (code === 'CERT_HAS_EXPIRED')
    return new Error(`certificate has expired, openssl verify rc: 10 server cert file: ${caPath}`);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return new Error(`failed to verify certificate: x509: certificate is not valid for ${target.hostname}`);
  return error instanceof Error ? error : new Error(String(error));
}

/** Sends one request over the network of this machine. A certificate is judged by the board's own clock. */
export const callServer: ServerCall = (url, request, trust) =>
  new Promise<ClientResponse>((resolve, reject) => {
    let target: URL;
    try {
      target = new URL(request.path, url);
    } catch {
      reject(new Error(`parse "${url}": invalid URI for request`));
      return;
    }
    const fail = (error: unknown): void => reject(inClientWords(error, target, trust.caPath));
    const secure = target.protocol === 'https:';
    const call = (secure ? https : http).request(
      target,
      {
        method: request.method,
        headers: request.headers,
        signal: AbortSignal.any([trust.signal, AbortSignal.timeout(deadline)]),
        agent: false,
        ...(secure
          ? {
              rejectUnauthorized: !trust.skipVerify,
              ca: [...rootCertificates, ...(trust.ca === undefined ? [] : [trust.ca])],
            }
          : {}),
      },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', fail);
        response.on('end', () => {
          const headers: Record<string, string> = {};
          for (const [name, value] of Object.entries(response.headers)) headers[name] = String(value);
          resolve({ status: response.statusCode ?? 0, headers, body: Buffer.concat(parts) });
        });
      },
    );
    call.on('error', fail);
    call.on('socket', (socket) => {
      socket.on('secureConnect', () => {
        if (trust.skipVerify || !('getPeerCertificate' in socket)) return;
        const { valid_from: from, valid_to: to } = (
          socket as import('node:tls').TLSSocket
        ).getPeerCertificate();
        if (trust.now < Date.parse(from))
          call.destroy(
            new Error(`certificate is not yet valid, openssl verify rc: 9 server cert file: ${trust.caPath}`),
          );
        else if (trust.now > Date.parse(to))
          call.destroy(
            new Error(`certificate has expired, openssl verify rc: 10 server cert file: ${trust.caPath}`),
          );
      });
    });
    call.end(request.body);
  });
