import { createHash } from 'node:crypto';
import type { FileReading, FileToStage } from '../../boards/driver.ts';
import { secret } from '../../model/secret.ts';
import type { BoardProfile } from '../../model/profile.ts';
import type { IssuedCredentials, IssuerEndpoint } from '../../servers/device-server.ts';
import type { FileFact } from './decide.ts';

type Mqtt = NonNullable<BoardProfile['mqtt']>;

/** The files of a board's MQTT client, in the order in which they are put in place: certificate and key last, side by side. */
export function pathsOf({ keyFile, certificateFile, caFile, configurationFile }: Mqtt): readonly string[] {
  return [caFile, configurationFile, certificateFile, keyFile].filter((path) => path !== null);
}

/** What these files are to hold. */
export function wantedFiles(
  mqtt: Mqtt,
  issued: IssuedCredentials,
  endpoint: IssuerEndpoint,
): readonly FileToStage[] {
  const { keyFile, certificateFile, caFile, configurationFile } = mqtt;
  const shown = (path: string, text: string): FileToStage => ({
    path,
    content: secret<Uint8Array>(Buffer.from(text)),
    mode: 0o644,
    masked: null,
  });
  const { host, port, ca } = endpoint;
  const configuration = { host, port, clientId: issued.thing, keyFile, certificateFile, caFile };
  return [
    ...(caFile === null ? [] : [shown(caFile, ca)]),
    ...(configurationFile === null
      ? []
      : [shown(configurationFile, `${JSON.stringify(configuration, null, 2)}\n`)]),
    shown(certificateFile, issued.certificatePem),
    { path: keyFile, content: issued.privateKeyPem, mode: 0o600, masked: 'private key' as const },
  ];
}

/** What the board has of what is wanted. Without anything wanted yet, nothing of it is in place. */
export function fileFacts(
  readings: readonly FileReading[],
  wanted: readonly FileToStage[] | null,
): readonly FileFact[] {
  return readings.map(({ path, sha256, stagedSha256 }) => {
    const file = wanted?.find((one) => one.path === path);
    const hash = file === undefined ? null : hashOf(file);
    return {
      path,
      inPlace: hash !== null && sha256 === hash,
      staged: stagedSha256 === null ? 'none' : stagedSha256 === hash ? 'wanted' : 'other',
    };
  });
}

/** Hex SHA-256. */
export function hashOf({ content }: FileToStage): string {
  return createHash('sha256').update(content.reveal()).digest('hex');
}
