/** What a board's kernel and its file systems hold anew at each boot. */
import type { FileSystem } from './files/file-system.ts';
import { root } from './files/credential.ts';
import type { SimulatedBoardOptions } from './options.ts';

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
