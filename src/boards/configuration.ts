import * as z from 'zod';
import { secret, type Secret } from '../model/secret.ts';
import { StationError } from '../model/station-error.ts';

/** What the station needs to know of a mender.conf. Members that it does not know are kept when it edits the file. */
export interface ClientConfiguration {
  /** How the servers are named. The client refuses both forms side by side, also over two files. */
  readonly form: 'ServerURL' | 'Servers' | 'both' | null;
  readonly serverUrls: readonly string[];
  readonly tenantToken: Secret<string> | null;
  readonly serverCertificate: string | null;
  /** `Security.AuthPrivateKey`: makes the key static, for every client. */
  readonly authPrivateKey: string | null;
  /** `HttpsClient.Key`: signs auth requests too in 3.x, not in 4.x and later. */
  readonly httpsClientKey: string | null;
  /** `HttpsClient.Certificate`: what the client shows in mutual TLS, with `HttpsClient.Key` as its private half. */
  readonly httpsClientCertificate: string | null;
  /** The OpenSSL engine, where a key is in one. */
  readonly engine: string | null;
  readonly tier: string;
}

/** What to change; members left out stay. */
export interface ConfigurationEdit {
  readonly serverUrl: string;
  /** Which form to write; the other form's member is removed. */
  readonly form: 'ServerURL' | 'Servers';
  readonly tenantToken?: Secret<string>;
  readonly serverCertificate?: string;
}

const fileSchema = z.looseObject({
  ServerURL: z.string().optional(),
  Servers: z.array(z.looseObject({ ServerURL: z.string().optional() })).optional(),
  TenantToken: z.string().optional(),
  ServerCertificate: z.string().optional(),
  Security: z
    .looseObject({ AuthPrivateKey: z.string().optional(), SSLEngine: z.string().optional() })
    .optional(),
  HttpsClient: z
    .looseObject({
      Certificate: z.string().optional(),
      Key: z.string().optional(),
      SSLEngine: z.string().optional(),
    })
    .optional(),
  DeviceTier: z.string().optional(),
});

/**
 * Reads a mender.conf.
 *
 * @throws StationError `board/configuration-unreadable` for a text that is not a JSON object, or whose members are of
 * another type than the client takes.
 */
export function readConfiguration(text: Secret<string>, path: string): ClientConfiguration {
  const file = parse(text, path);
  const urls = (file.Servers ?? []).map((server) => server.ServerURL ?? '').filter((url) => url !== '');
  const single = file.ServerURL ?? '';
  const hasBoth = single !== '' && urls.length > 0;
  return {
    form: hasBoth ? 'both' : single !== '' ? 'ServerURL' : urls.length > 0 ? 'Servers' : null,
    serverUrls: single === '' ? urls : [single, ...urls],
    tenantToken: file.TenantToken === undefined || file.TenantToken === '' ? null : secret(file.TenantToken),
    serverCertificate: present(file.ServerCertificate),
    authPrivateKey: present(file.Security?.AuthPrivateKey),
    httpsClientKey: present(file.HttpsClient?.Key),
    httpsClientCertificate: present(file.HttpsClient?.Certificate),
    engine: present(file.Security?.SSLEngine) ?? present(file.HttpsClient?.SSLEngine),
    tier: present(file.DeviceTier) ?? 'standard',
  };
}

/**
 * Edits a mender.conf: the named members are set, all others are kept in their order. A missing file (null) becomes a
 * new one.
 *
 * @throws StationError `board/configuration-unreadable` as `readConfiguration` does; nothing is guessed of a broken file.
 */
export function editConfiguration(
  text: Secret<string> | null,
  edit: ConfigurationEdit,
  path = 'mender.conf',
): Secret<string> {
  const file: Record<string, unknown> = text === null ? {} : { ...parse(text, path) };
  const server = { ServerURL: edit.serverUrl };
  if (edit.form === 'ServerURL') {
    delete file['Servers'];
    file['ServerURL'] = edit.serverUrl;
  } else {
    delete file['ServerURL'];
    file['Servers'] = [server];
  }
  if (edit.tenantToken !== undefined) file['TenantToken'] = edit.tenantToken.reveal();
  if (edit.serverCertificate !== undefined) file['ServerCertificate'] = edit.serverCertificate;
  return secret(`${JSON.stringify(file, null, 2)}\n`);
}

function parse(text: Secret<string>, path: string): z.infer<typeof fileSchema> {
  let json: unknown;
  try {
    json = JSON.parse(text.reveal());
  } catch {
    // The parser's own message quotes the text, which holds the tenant token.
    throw new StationError('board/configuration-unreadable', { path, detail: 'it is not valid JSON' });
  }
  const parsed = fileSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const member = issue?.path.join('.') ?? '';
  throw new StationError('board/configuration-unreadable', {
    path,
    detail: member === '' ? 'it is not a JSON object' : `its member ${member} is not of the right type`,
  });
}

function present(value: string | undefined): string | null {
  return value === undefined || value === '' ? null : value;
}
