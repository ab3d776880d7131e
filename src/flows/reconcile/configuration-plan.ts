import type { StageRequest } from '../../boards/driver.ts';
import { createHash } from 'node:crypto';
import {
  editConfiguration,
  readConfiguration,
  type ClientConfiguration,
} from '../../boards/configuration.ts';
import { STATION_CA_FILE } from '../../boards/names.ts';
import type { ConfigurationFile, ConfigurationReading } from '../../model/board.ts';
import type { BoardProfile } from '../../model/profile.ts';
import { secret, type Secret } from '../../model/secret.ts';

/** What the client's configuration is to say; null leaves a member as it is. */
export interface WantedConfiguration {
  readonly serverUrl: string;
  readonly tenantToken: Secret<string> | null;
  /** PEM to install on the board. */
  readonly serverCa: string | null;
}

export interface ConfigurationPlan {
  /** What has to be written; empty where the configuration is as wanted. */
  readonly files: StageRequest['files'];
  /** Sentences for the operator. */
  readonly notes: readonly string[];
  /** Where the client reports to as it is, if that is another server or organization than the wanted one; else null. */
  readonly elsewhere: string | null;
}

/**
 * Compares both configuration files with what is wanted and plans the writing. The wanted members go into the file that
 * lasts; where the other file overrides one of them with another value, that file is edited too, since the client would
 * never see ours.
 *
 * @throws StationError `board/configuration-unreadable` for a file that is not the JSON it has to be.
 */
export function planConfiguration(
  reading: ConfigurationReading,
  wanted: WantedConfiguration,
  profile: BoardProfile,
  installedCaSha256: string | null,
): ConfigurationPlan {
  const caPath = wanted.serverCa === null ? null : `${profile.paths.dataDirectory}/${STATION_CA_FILE}`;
  const lastsInMain = profile.lastingConfiguration === 'main';
  const lasting = lastsInMain ? reading.main : reading.fallback;
  const other = lastsInMain ? reading.fallback : reading.main;
  const notes: string[] = [];
  const files: StageRequest['files'][number][] = [];
  const lastingContent = contentOf(lasting);
  const otherContent = contentOf(other);
  // The client refuses `ServerURL` and `Servers` side by side, also when they come from different files.
  const form = formOf(otherContent) ?? formOf(lastingContent) ?? 'ServerURL';

  if (!says(lastingContent, wanted, caPath)) files.push(edited(lasting, wanted, caPath, form));
  // The main file overrides the fallback; the fallback never overrides the main file.
  if (!lastsInMain && contradicts(otherContent, wanted, caPath)) {
    files.push(edited(other, wanted, caPath, form));
    notes.push(
      `${other.path} overrides ${lasting.path} and said otherwise; both were set. The next image should not carry these members.`,
    );
  }
  if (caPath !== null && wanted.serverCa !== null) {
    const pem = Buffer.from(wanted.serverCa);
    const installed = createHash('sha256').update(pem).digest('hex') === installedCaSha256;
    if (!installed) files.push({ target: caPath, content: secret(pem), mode: 0o644, masked: null });
  }
  const where = elsewhere(reading, wanted);
  if (where === OTHER_ORGANIZATION)
    notes.push(
      'The board had the token of another organization; it was replaced by the one that is stored for this server.',
    );
  return { files, notes, elsewhere: where };
}

const OTHER_ORGANIZATION = 'another organization';

/** Where the client reports to now, if it reports anywhere else. The main file overrides the other, member by member. */
function elsewhere(reading: ConfigurationReading, wanted: WantedConfiguration): string | null {
  const contents = [contentOf(reading.main), contentOf(reading.fallback)];
  const urls = contents.find((content) => (content?.serverUrls.length ?? 0) > 0)?.serverUrls ?? [];
  if (urls.length > 0 && !urls.some((url) => sameUrl(url, wanted.serverUrl))) return urls.join(' ');
  const token = contents.map((content) => content?.tenantToken?.reveal() ?? '').find((text) => text !== '');
  return wanted.tenantToken !== null && token !== undefined && token !== wanted.tenantToken.reveal()
    ? OTHER_ORGANIZATION
    : null;
}

type Form = 'ServerURL' | 'Servers';

function formOf(content: ClientConfiguration | null): Form | null {
  return content?.form === 'both' ? null : (content?.form ?? null);
}

function contentOf(file: ConfigurationFile): ClientConfiguration | null {
  return file.text === null ? null : readConfiguration(file.text, file.path);
}

/** Whether a file by itself says all that is wanted. */
function says(
  content: ClientConfiguration | null,
  wanted: WantedConfiguration,
  caPath: string | null,
): boolean {
  if (content === null) return false;
  return (
    content.form !== 'both' &&
    content.serverUrls.length === 1 &&
    sameUrl(content.serverUrls[0], wanted.serverUrl) &&
    (wanted.tenantToken === null || content.tenantToken?.reveal() === wanted.tenantToken.reveal()) &&
    (caPath === null || content.serverCertificate === caPath)
  );
}

/** Whether a file says something else than what is wanted; silence is no contradiction. */
function contradicts(
  content: ClientConfiguration | null,
  wanted: WantedConfiguration,
  caPath: string | null,
): boolean {
  if (content === null) return false;
  return (
    content.serverUrls.some((url) => !sameUrl(url, wanted.serverUrl)) ||
    content.serverUrls.length > 1 ||
    (wanted.tenantToken !== null &&
      content.tenantToken !== null &&
      content.tenantToken.reveal() !== '' &&
      content.tenantToken.reveal() !== wanted.tenantToken.reveal()) ||
    (caPath !== null && content.serverCertificate !== null && content.serverCertificate !== caPath)
  );
}

function sameUrl(a: string | undefined, b: string): boolean {
  return a !== undefined && a.replace(/\/+$/, '') === b.replace(/\/+$/, '');
}

function edited(
  file: ConfigurationFile,
  wanted: WantedConfiguration,
  caPath: string | null,
  form: Form,
): StageRequest['files'][number] {
  const text = editConfiguration(file.text, {
    serverUrl: wanted.serverUrl,
    form,
    ...(wanted.tenantToken === null ? {} : { tenantToken: wanted.tenantToken }),
    ...(caPath === null ? {} : { serverCertificate: caPath }),
  });
  return {
    target: file.path,
    content: secret(Buffer.from(text.reveal())),
    mode: 0o600,
    masked: 'configuration',
  };
}
