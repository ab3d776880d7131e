/** A client's configuration file as the client reads it. */
import { z } from 'zod';
import { toText } from '../bytes.ts';
import { SystemError } from '../files/errors.ts';
import type { FileSystem } from '../files/file-system.ts';
import { root } from '../files/credential.ts';

const schema = z.looseObject({
  ServerURL: z.string().optional(),
  Servers: z.array(z.looseObject({ ServerURL: z.string().optional() })).optional(),
  ServerCertificate: z.string().optional(),
  SkipVerify: z.boolean().optional(),
  TenantToken: z.string().optional(),
  RetryPollIntervalSeconds: z.number().optional(),
  HttpsClient: z
    .looseObject({
      Certificate: z.string().optional(),
      Key: z.string().optional(),
      SSLEngine: z.string().optional(),
    })
    .optional(),
  Security: z
    .looseObject({ AuthPrivateKey: z.string().optional(), SSLEngine: z.string().optional() })
    .optional(),
  DeviceTier: z.string().optional(),
});

export type ClientConfiguration = z.infer<typeof schema>;

export interface LoadedConfiguration {
  readonly settings: ClientConfiguration;
  readonly servers: readonly string[];
  /** The files that were read, the main one last. */
  readonly files: readonly string[];
}

/** A configuration that the client refuses, with its words. */
export class BadConfiguration extends Error {
  readonly file: string;
  constructor(file: string, message: string) {
    super(message);
    this.file = file;
  }
}

/** The main file's members win over those of the fallback in the data directory. */
export const mainFile = '/etc/mender/mender.conf';
export const fallbackFile = '/var/lib/mender/mender.conf';

/** Reads the fallback file and the main file over it. Throws `BadConfiguration`. */
export function loadConfiguration(
  machine: { readonly files: FileSystem },
  places: { readonly main: string; readonly fallback: string } = { main: mainFile, fallback: fallbackFile },
): LoadedConfiguration {
  let settings: ClientConfiguration = {};
  const files: string[] = [];
  for (const file of [places.fallback, places.main]) {
    let text: string;
    try {
      text = toText(machine.files.read(root, file));
    } catch (error) {
      if (error instanceof SystemError && (error.errno === 'ENOENT' || error.errno === 'ENOTDIR')) continue;
      throw new BadConfiguration(file, error instanceof Error ? error.message : String(error));
    }
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      throw new BadConfiguration(
        file,
        text.trim() === '' || !text.includes('}')
          ? 'unexpected end of JSON input'
          : 'invalid character in JSON input',
      );
    }
    const parsed = schema.safeParse(json);
    if (!parsed.success)
      throw new BadConfiguration(file, `json: cannot unmarshal: ${parsed.error.issues[0]?.message ?? ''}`);
    settings = { ...settings, ...parsed.data };
    files.push(file);
  }
  const list = settings.Servers ?? [];
  if (list.length > 0 && (settings.ServerURL ?? '') !== '')
    throw new BadConfiguration(
      files.at(-1) ?? places.main,
      'Both Servers AND ServerURL given in mender.conf',
    );
  const servers =
    list.length > 0
      ? list.map((server) => server.ServerURL ?? '')
      : settings.ServerURL !== undefined && settings.ServerURL !== ''
        ? [settings.ServerURL]
        : [];
  return { settings, servers, files };
}
