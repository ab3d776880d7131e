/** What is on a simulated board's disk when it leaves the factory. */
import { fromText } from './bytes.ts';
import { exampleIdentity } from './client/example-identity.ts';
import { clientState, configuration, daemonWords, unitFile } from './client/factory-state.ts';
import { identityScript } from './client/identity.ts';
import { FileSystem } from './files/file-system.ts';
import { root } from './files/credential.ts';
import type { SimulatedBoardOptions } from './options.ts';
import { programs } from './programs.ts';

/** Which of the programs go where; everything else is in /usr/bin. */
const places: Readonly<Record<string, string>> = {
  agetty: '/usr/sbin',
  hwclock: '/usr/sbin',
  reboot: '/usr/sbin',
  poweroff: '/usr/sbin',
  pidof: '/usr/bin',
};

function installed(options: SimulatedBoardOptions): string[] {
  const { version } = options.client;
  const systemd = options.system.init === 'systemd';
  return Object.keys(programs).filter((name) => {
    if (options.system.absent.includes(name)) return false;
    if (name === 'openssl') return options.system.openssl !== 'absent';
    if (name === 'systemctl') return systemd;
    if (name === 'fw_printenv') return options.client.update === 'uncommitted';
    if (name === 'busctl') return systemd && options.system.dbus;
    if (name === 'mender') return version.startsWith('3.');
    if (name === 'mender-auth' || name === 'mender-update')
      return version !== 'absent' && !version.startsWith('3.');
    if (name === 'bash') return options.console.shell === 'bash';
    if (name === 'dash') return options.console.sh === 'dash' || options.console.shell === 'dash';
    return name !== 'init-script' && name !== 'sh';
  });
}

/** Makes a board's file systems as they leave the factory: everything on them is durable. */
export function createImage(options: SimulatedBoardOptions, now: () => number): FileSystem {
  const { storage, client, system } = options;
  const files = new FileSystem({ now, device: '/dev/mmcblk0p2', capacity: storage.rootCapacity });
  const directory = (path: string, mode = 0o755): void => {
    let here = '';
    for (const part of path.split('/').filter((one) => one !== '')) {
      here += `/${part}`;
      if (!files.peek(root, here)) files.mkdir(root, here, here === path ? mode : 0o755);
    }
  };
  for (const path of [
    '/usr/bin',
    '/usr/sbin',
    '/etc/mender',
    '/etc/init.d',
    '/var/log',
    '/usr/lib/systemd/system',
    '/root',
    '/home',
    '/boot',
    '/mnt',
    '/opt',
    '/usr/share/mender/identity',
    '/usr/share/mender/modules/v3',
    '/etc/ssl/certs',
  ])
    directory(path, path === '/root' ? 0o700 : 0o755);
  for (const name of ['bin', 'sbin', 'lib']) files.symlink(root, `usr/${name}`, `/${name}`);
  for (const name of installed(options)) {
    const node = files.put(root, `${places[name] ?? '/usr/bin'}/${name}`, '\x7fELF', 0o755);
    node.program = name;
  }
  const shell = files.put(root, '/usr/bin/sh', '\x7fELF', 0o755);
  shell.program = options.console.sh;
  if (options.console.shell === 'ash' || options.console.sh === 'ash') {
    if (!files.peek(root, '/usr/bin/ash')) files.put(root, '/usr/bin/ash', '\x7fELF', 0o755).program = 'ash';
  }

  const text = (path: string, content: string, mode = 0o644): void => {
    files.put(root, path, fromText(content), mode);
    files.chmod(root, path, mode);
  };
  text('/etc/hostname', `${options.hostname}\n`);
  text(
    '/etc/os-release',
    `PRETTY_NAME="${system.pretty}"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n`,
  );
  text(
    '/etc/passwd',
    options.users
      .map((user) => `${user.name}:x:${user.uid}:${user.uid}::${user.home}:/bin/${options.console.shell}\n`)
      .join(''),
  );
  text('/etc/motd', options.console.motd);
  if (system.init === 'busybox')
    text('/etc/inittab', '::sysinit:/etc/init.d/rcS\nttyS0::respawn:/sbin/agetty -L 115200 ttyS0 vt102\n');
  text('/etc/machine-id', `${Buffer.from(options.hostname.padEnd(16, '\0').slice(0, 16)).toString('hex')}\n`);
  text('/etc/ssl/certs/ca-certificates.crt', '');
  text('/var/log/auth.log', '', 0o640);
  for (const user of options.users) {
    directory(user.home, 0o700);
    if (user.uid !== 0) files.chown(root, user.home, user.uid, user.uid);
    if (options.console.hushLogin) files.put(root, `${user.home}/.hushlogin`, '');
  }

  directory('/data');
  const data = files.mount('/data', {
    device: '/dev/mmcblk0p4',
    type: 'ext4',
    capacity: storage.dataCapacity,
  });
  for (const [path, type, mode] of [
    ['/proc', 'proc', 0o555],
    ['/sys', 'sysfs', 0o555],
    ['/dev', 'devtmpfs', 0o755],
    ['/run', 'tmpfs', 0o755],
    ['/tmp', 'tmpfs', 0o1777],
  ] as const) {
    directory(path);
    files.mount(path, {
      device: type === 'devtmpfs' ? 'udev' : type,
      type,
      capacity: type === 'tmpfs' || type === 'devtmpfs' ? 64 * 1024 * 1024 : 0,
      volatile: true,
      mode,
    });
  }

  directory('/var/lib');
  files.symlink(root, '/data/mender', '/var/lib/mender');
  if (storage.dataDirectory) files.mkdir(root, '/data/mender', 0o700);
  if (client.version !== 'absent') {
    const conf = configuration(options);
    if (conf !== undefined) text('/etc/mender/mender.conf', conf, 0o600);
    if (client.passphraseFile !== undefined && client.key.kind === 'encrypted')
      text(client.passphraseFile, `${client.key.passphrase}\n`, 0o600);
    text('/etc/mender/artifact_info', `artifact_name=${client.artifactName}\n`);
    if (options.serverCertificate !== undefined) text('/etc/mender/server.crt', options.serverCertificate);
    if (system.init === 'systemd') {
      if (client.version.startsWith('3.'))
        text(
          '/usr/lib/systemd/system/mender-client.service',
          unitFile(
            'Mender OTA update service',
            daemonWords(client).join(' '),
            'ExecStartPre=/bin/mkdir -p -m 0700 /data/mender\n',
          ),
        );
      else {
        text(
          '/usr/lib/systemd/system/mender-authd.service',
          unitFile('Mender authentication service', daemonWords(client).join(' ')),
        );
        text(
          '/usr/lib/systemd/system/mender-updated.service',
          unitFile('Mender OTA update service', '/usr/bin/mender-update daemon'),
        );
      }
    } else files.put(root, '/etc/init.d/mender-client', '#!/bin/sh\n', 0o755).program = 'init-script';
    if (storage.dataDirectory) clientState(files, options);
  }
  if (options.identity.kind !== 'missing') {
    const script = {
      script: exampleIdentity,
      lines: `#!/bin/sh\ncat <<'END'\n${options.identity.lines.join('\n')}\nEND\n`,
      fails: '#!/bin/sh\necho "no serial number in the fuses" >&2\nexit 3\n',
      nonsense: '#!/bin/sh\necho "\x01\x02 cannot open /dev/i2c-1"\n',
      'not-executable': exampleIdentity,
    }[options.identity.kind];
    text(identityScript, script, options.identity.kind === 'not-executable' ? 0o644 : 0o755);
  }
  files.syncAll();
  if (storage.dataFull) data.capacity = Math.ceil(data.used / 4096) * 4096;
  data.readOnly = storage.dataReadOnly;
  const [rootMount] = files.mounts;
  if (rootMount) rootMount.readOnly = storage.rootReadOnly;
  return files;
}
