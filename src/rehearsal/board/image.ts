/** What is on a simulated board's disk when it leaves the factory, and what its kernel puts there at each boot. */
import { generateKeyPairSync } from 'node:crypto';
import { fromText } from './bytes.ts';
import { identityScript } from './client/identity.ts';
import { clientPem } from './client/key.ts';
import { FileSystem, root } from './files/file-system.ts';
import type { KeyType, SimulatedBoardOptions } from './options.ts';
import { programs } from './programs.ts';

const exampleIdentity = `#!/bin/sh

# Example script called by Mender client to collect device identity data. The
# script needs to be located at
# $(datadir)/mender/identity/mender-device-identity path for the agent to find
# it. The script shall exit with non-0 status on errors.

set -ue

SCN=/sys/class/net
min=65535
arphrd_ether=1
ifdev=

# find iface with lowest ifindex, skip non ARPHRD_ETHER types (lo, sit ...)
for dev in $SCN/*; do
    if [ ! -f "$dev/type" ]; then
        continue
    fi

    iftype=$(cat $dev/type)
    if [ $iftype -ne $arphrd_ether ]; then
        continue
    fi

    # Skip dummy interfaces
    if echo "$dev" | grep -q "$SCN/dummy" 2>/dev/null; then
	continue
    fi

    idx=$(cat $dev/ifindex)
    if [ $idx -lt $min ]; then
        min=$idx
        ifdev=$dev
    fi
done

if [ -z "$ifdev" ]; then
    echo "no suitable interfaces found" >&2
    exit 1
else
    echo "using interface $ifdev" >&2
    # grab MAC address
    echo "mac=$(cat $ifdev/address)"
fi
`;

const unitFile = (description: string, start: string, before = ''): string => `[Unit]
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

/** A key of a type, quickly made: for a board that is delivered with one. */
export function factoryKey(type: KeyType): string {
  const key =
    type === 'ed25519'
      ? generateKeyPairSync('ed25519').privateKey
      : type === 'p-256' || type === 'p-384'
        ? generateKeyPairSync('ec', { namedCurve: type === 'p-256' ? 'prime256v1' : 'secp384r1' }).privateKey
        : generateKeyPairSync('rsa', { modulusLength: Number(type.slice(4)) }).privateKey;
  return clientPem(key);
}

function keyText(options: SimulatedBoardOptions): string | undefined {
  const { key } = options.client;
  switch (key.kind) {
    case 'missing':
      return undefined;
    case 'present':
      return key.pem ?? factoryKey(key.type ?? 'ed25519');
    case 'unreadable':
      return key.content;
    case 'encrypted':
      return generateKeyPairSync('ed25519', {
        publicKeyEncoding: { type: 'spki', format: 'pem' },
        privateKeyEncoding: {
          type: 'pkcs8',
          format: 'pem',
          cipher: 'aes-256-cbc',
          passphrase: key.passphrase,
        },
      }).privateKey;
  }
}

function configuration(options: SimulatedBoardOptions): string | undefined {
  const { client } = options;
  if (client.confText !== undefined) return client.confText;
  if (client.conf === undefined) return undefined;
  const conf: Record<string, unknown> = { ...client.conf };
  if (client.keyPath) {
    const [group = '', member = ''] = client.keyPath.member.split('.');
    conf[group] = {
      [member]: client.keyPath.value,
      ...(client.sslEngine === undefined ? {} : { SSLEngine: client.sslEngine }),
    };
  } else if (client.sslEngine !== undefined) conf['HttpsClient'] = { SSLEngine: client.sslEngine };
  return `${JSON.stringify(conf, null, 2)}\n`;
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
    text('/etc/mender/artifact_info', `artifact_name=${client.artifactName}\n`);
    if (options.serverCertificate !== undefined) text('/etc/mender/server.crt', options.serverCertificate);
    if (system.init === 'systemd') {
      if (client.version.startsWith('3.'))
        text(
          '/usr/lib/systemd/system/mender-client.service',
          unitFile(
            'Mender OTA update service',
            '/usr/bin/mender --no-syslog daemon',
            'ExecStartPre=/bin/mkdir -p -m 0700 /data/mender\n',
          ),
        );
      else {
        text(
          '/usr/lib/systemd/system/mender-authd.service',
          unitFile('Mender authentication service', '/usr/bin/mender-auth daemon'),
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

function clientState(files: FileSystem, options: SimulatedBoardOptions): void {
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

/** What the kernel and its file systems have anew at each boot. */
export function populateVolatile(
  files: FileSystem,
  options: SimulatedBoardOptions,
  machine: {
    readonly now: () => number;
    readonly uptime: () => number;
    readonly bootId: string;
    readonly consoleLevel: () => number;
    readonly setConsoleLevel: (level: number) => void;
  },
): void {
  for (const [name, device, mode] of [
    ['null', 'null', 0o666],
    ['zero', 'zero', 0o666],
    ['full', 'full', 0o666],
    ['random', 'random', 0o666],
    ['urandom', 'random', 0o666],
    ['tty', 'tty', 0o666],
    ['console', 'console', 0o600],
    ['ttyS0', 'console', 0o620],
    ['stdin', 'stdin', 0o666],
    ['stdout', 'stdout', 0o666],
    ['stderr', 'stderr', 0o666],
  ] as const)
    files.device(`/dev/${name}`, device, mode);
  const generated = (path: string, generate: () => string, consume?: (data: string) => void): void => {
    const node = files.put(root, path, '', consume ? 0o644 : 0o444);
    node.generate = generate;
    if (consume) node.consume = consume;
  };
  for (const path of [
    '/proc/sys',
    '/proc/sys/kernel',
    '/proc/sys/kernel/random',
    '/proc/self',
    '/run/lock',
    '/sys/class',
    '/sys/class/net',
    '/sys/class/net/lo',
    '/sys/class/net/eth0',
    '/sys/firmware',
    '/sys/devices',
  ])
    files.mkdir(root, path, 0o755);
  if (options.system.init === 'systemd') files.mkdir(root, '/run/systemd', 0o755);
  if (options.system.init === 'systemd') files.mkdir(root, '/run/systemd/system', 0o755);
  generated('/proc/uptime', () => `${machine.uptime().toFixed(2)} ${machine.uptime().toFixed(2)}\n`);
  generated(
    '/proc/sys/kernel/printk',
    () => `${machine.consoleLevel()}\t4\t1\t7\n`,
    (data) => {
      const level = Number(/^\s*([0-9]+)/u.exec(data)?.[1]);
      if (Number.isInteger(level)) machine.setConsoleLevel(level);
    },
  );
  generated('/proc/sys/kernel/random/boot_id', () => `${machine.bootId}\n`);
  generated('/proc/sys/kernel/hostname', () => `${options.hostname}\n`);
  generated('/proc/mounts', () =>
    files.mounts
      .map(
        (mount) =>
          `${mount.device} ${mount.path} ${mount.type} ${mount.readOnly ? 'ro' : 'rw'},relatime 0 0\n`,
      )
      .join(''),
  );
  generated('/proc/cmdline', () => `console=ttyS0,${options.line.baud} root=/dev/mmcblk0p2\n`);
  generated('/proc/version', () => `Linux version ${options.system.kernel}\n`);
  generated('/proc/meminfo', () => 'MemTotal:         498232 kB\nMemFree:          401220 kB\n');
  generated('/sys/class/net/lo/type', () => '772\n');
  generated('/sys/class/net/lo/ifindex', () => '1\n');
  generated('/sys/class/net/lo/address', () => '00:00:00:00:00:00\n');
  generated('/sys/class/net/eth0/type', () => '1\n');
  generated('/sys/class/net/eth0/ifindex', () => '2\n');
  generated('/sys/class/net/eth0/address', () => `${options.mac}\n`);
  files.syncAll();
}
