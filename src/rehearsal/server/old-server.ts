import { randomUUID } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { makeCertificate } from './certificate.ts';
import { isJsonObject, member, parseJson, type Json } from './go-json.ts';
import { parseIdentity } from './identity-data.ts';
import { isExpired, textClaim, TokenSigner } from './jwt.ts';
import { parsePublicKey } from './public-key.ts';

/**
 * A Mender server of 1.0 or 1.1 as far as documents describe it: login, the first user, and auth requests. Nothing here was
 * observed. Its routes are under version 0.1; whatever else is asked gets the gateway's own 404. How boards are
 * accepted is not described and done by {@link OldServer.acceptInUi}, in the place of the server's own UI.
 */
export interface OldServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** PEM of the authority to trust, with https. */
  readonly ca: string | undefined;
  /** E-mails of its users. */
  readonly users: () => readonly string[];
  /** Each call as `METHOD path status`. */
  readonly calls: readonly string[];
  /** Accepts every board that has knocked. */
  acceptInUi(): void;
}

export interface OldServerOptions {
  readonly port?: number;
  readonly tls?: boolean;
  /** `inital`: the first user's route as the API description misspells it, and no other. */
  readonly spelling?: 'initial' | 'inital';
  readonly users?: readonly { readonly email: string; readonly password: string }[];
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

interface Answer {
  readonly status: number;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string;
}

const USERADM = '/api/management/0.1/useradm';
const WEEK_SECONDS = 604_800;
const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };
const NOWHERE: Answer = {
  status: 404,
  headers: { 'content-type': 'text/html' },
  body: '<html><body><center><h1>404 Not Found</h1></center><hr><center>openresty</center></body></html>\n',
};
const refuse = (status: number, error: string): Answer => ({
  status,
  headers: JSON_TYPE,
  body: JSON.stringify({ error }),
});

export async function startOldServer(options: OldServerOptions = {}): Promise<OldServer> {
  const { port = 0, tls = false, spelling = 'initial' } = options;
  const passwords = new Map((options.users ?? []).map(({ email, password }) => [email, password]));
  const boards = new Map<string, 'pending' | 'accepted'>();
  const signer = new TokenSigner({ alg: 'RS256', typ: 'JWT' });
  const calls: string[] = [];
  const token = (scope: string, subject: string): Answer => {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      jti: randomUUID(),
      sub: subject,
      iss: 'mender.useradm',
      scp: scope,
      exp: now + WEEK_SECONDS,
    };
    return { status: 200, headers: JSON_TYPE, body: signer.sign(claims) };
  };

  function login({ headers }: Asked): Answer {
    const given = headers.authorization;
    if (given === undefined)
      return passwords.size === 0
        ? token('mender.users.initial.create', 'initial')
        : refuse(401, 'invalid or missing auth header');
    const [, encoded = ''] = /^Basic (\S+)$/i.exec(given) ?? [];
    const [email = '', ...rest] = Buffer.from(encoded, 'base64').toString().split(':');
    return passwords.has(email) && passwords.get(email) === rest.join(':')
      ? token('mender.*', email)
      : refuse(401, 'unauthorized');
  }

  function firstUser({ headers, body }: Asked): Answer {
    const [, bearer = ''] = /^Bearer (\S+)$/i.exec(headers.authorization ?? '') ?? [];
    const read = signer.read(bearer);
    const initial =
      read.ok &&
      textClaim(read.claims, 'scp') === 'mender.users.initial.create' &&
      !isExpired(read.claims, Date.now());
    if (!initial || passwords.size > 0) return refuse(401, 'unauthorized');
    const fields = objectOf(body);
    const [email, password] = [fields?.('email'), fields?.('password')];
    if (typeof email !== 'string' || typeof password !== 'string')
      return refuse(400, 'cannot decode the user');
    if (password.length < 8) return refuse(422, 'password too short');
    passwords.set(email, password);
    return { status: 201, headers: { location: `users/${randomUUID()}` } };
  }

  function authRequest({ headers, body }: Asked): Answer {
    const fields = objectOf(body);
    const [idData, pubkey] = [fields?.('id_data'), fields?.('pubkey')];
    if (typeof idData !== 'string' || typeof pubkey !== 'string')
      return refuse(400, 'failed to decode auth request');
    const [identity, key] = [parseIdentity(idData), parsePublicKey(pubkey, '2023')];
    if (!identity.ok || !key.ok) return refuse(400, 'invalid auth request');
    const signature = headers['x-men-signature'];
    if (typeof signature !== 'string') return refuse(400, 'missing request signature header');
    if (!key.key.verifies(signature, body)) return refuse(401, 'signature verification failed');
    const board = `${idData} ${key.key.pem}`;
    if (boards.get(board) === 'accepted') return token('mender.device', idData);
    boards.set(board, 'pending');
    return refuse(401, 'dev auth: unauthorized');
  }

  const routes: Readonly<Record<string, (asked: Asked) => Answer>> = {
    [`POST ${USERADM}/auth/login`]: login,
    [`POST ${USERADM}/users/${spelling}`]: firstUser,
    'POST /api/devices/0.1/authentication/auth_requests': authRequest,
  };
  const serve: http.RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const asked = { method, path: url, headers, body: Buffer.concat(chunks) };
      const answer = routes[`${method} ${url}`]?.(asked) ?? NOWHERE;
      calls.push(`${method} ${url} ${answer.status}`);
      response.writeHead(answer.status, answer.headers ?? {}).end(answer.body ?? '');
    });
  };
  const certificate = tls ? await makeCertificate() : undefined;
  const server =
    certificate === undefined
      ? http.createServer(serve)
      : https.createServer({ key: certificate.key, cert: certificate.cert }, serve);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const at = (server.address() as AddressInfo).port;
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${at}`,
    port: at,
    ca: certificate?.ca,
    users: () => [...passwords.keys()],
    calls,
    acceptInUi: () => {
      for (const board of boards.keys()) boards.set(board, 'accepted');
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function objectOf(body: Buffer): ((name: string) => Json | undefined) | undefined {
  const read = parseJson(body.toString(), 'decoder');
  if (!read.ok || !isJsonObject(read.value)) return undefined;
  const { value } = read;
  return (name) => member(value, name);
}
