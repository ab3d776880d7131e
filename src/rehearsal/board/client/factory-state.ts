/** The client's files as the factory leaves them. */
import { fromText } from '../bytes.ts';
import type { FileSystem } from '../files/file-system.ts';
import { root } from '../files/credential.ts';
import type { SimulatedBoardOptions } from '../options.ts';
import { keyText } from './factory-key.ts';

/** A unit file of systemd for one of the client's services. */
export const unitFile = (description: string, start: string, before = ''): string => `[Unit]
Description=${description}
After=systemd-resolved.service

[Service]
Type=idle
User=root
Group=root
${before}ExecStart=${start}
Restart=on-abort

[Install]
WantedBy=multi-user.target
`;

/** The words by which the daemon with the key is started: 3.x takes a passphrase before the action, 4.x and 5.x behind it. */
export function daemonWords({ version, passphraseFile }: SimulatedBoardOptions['client']): readonly string[] {
  const passphrase = passphraseFile === undefined ? [] : ['--passphrase-file', passphraseFile];
  return version.startsWith('3.')
    ? ['/usr/bin/mender', '--no-syslog', ...passphrase, 'daemon']
    : ['/usr/bin/mender-auth', 'daemon', ...passphrase];
}

/** The text of the client's configuration file; undefined when there is none. */
export function configuration(options: SimulatedBoardOptions): string | undefined {
  const { client } = options;
  if (client.confText !== undefined) return client.confText;
  if (client.conf === undefined) return undefined;
  const conf: Record<string, unknown> = { ...client.conf };
  if (client.keyPath) {
    const [group = '', member = ''] = client.keyPath.member.split('.');
    conf[group] = {
      ...(client.conf[group] as object | undefined),
      [member]: client.keyPath.value,
      ...(client.sslEngine === undefined ? {} : { SSLEngine: client.sslEngine }),
    };
  } else if (client.sslEngine !== undefined) conf['HttpsClient'] = { SSLEngine: client.sslEngine };
  return `${JSON.stringify(conf, null, 2)}\n`;
}

/** Writes what the client keeps on the data partition. */
export function clientState(files: FileSystem, options: SimulatedBoardOptions): void {
  const { client } = options;
  files.put(root, '/data/mender/device_type', fromText(`device_type=${client.deviceType}`), 0o644);
  const key = keyText(options);
  const path = client.keyPath?.value ?? '/data/mender/mender-agent.pem';
  if (key !== undefined && path.startsWith('/')) {
    const folder = path.replace(/\/[^/]*$/u, '');
    if (folder !== '' && !files.peek(root, folder)) files.mkdir(root, folder, 0o700);
    files.put(root, path, fromText(key), 0o600);
  }
  const state =
    client.update === 'none'
      ? ''
      : JSON.stringify({
          Version: 2,
          Name: client.update === 'uncommitted' ? 'update-commit' : 'update-store',
          UpdateInfo: { Artifact: { ArtifactName: 'next' }, ID: 'c0ffee' },
        });
  files.put(
    root,
    '/data/mender/mender-store',
    fromText(`artifact-name${client.artifactName}${state === '' ? '' : `state${state}`}`).padEnd(8192, '\0'),
    0o600,
  );
  files.put(root, '/data/mender/mender-store-lock', '\0'.repeat(8192), 0o600);
  if (client.fallbackConf !== undefined)
    files.put(
      root,
      '/data/mender/mender.conf',
      fromText(`${JSON.stringify(client.fallbackConf, null, 2)}\n`),
      0o600,
    );
  if (client.update === 'downloading') {
    for (const folder of [
      '/data/mender/modules',
      '/data/mender/modules/v3',
      '/data/mender/modules/v3/payloads',
      '/data/mender/modules/v3/payloads/0000',
    ])
      files.mkdir(root, folder, 0o700);
  }
}
