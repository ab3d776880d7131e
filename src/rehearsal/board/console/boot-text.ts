/** What a kernel and its init print on a console while they start. */

const devices = [
  'mmc0',
  'usb 1-1',
  'eth0',
  'gpio',
  'i2c-1',
  'spi0.0',
  'rtc-ds1307',
  'thermal',
  'watchdog',
  'pinctrl',
];
const services = [
  'Create Static Device Nodes in /dev',
  'Load Kernel Modules',
  'Journal Service',
  'Flush Journal to Persistent Storage',
  'Network Configuration',
  'Network Time Synchronization',
  'System Logging Service',
  'D-Bus System Message Bus',
  'User Login Management',
  'Permit User Sessions',
];

/** The lines of a boot: kernel first, then init's. */
export function bootLines(
  kernel: string,
  init: 'systemd' | 'busybox',
  count: number,
  hostname: string,
): string[] {
  const lines = [
    'Starting kernel ...\r\n\r\n',
    `[    0.000000] Linux version ${kernel} (debian-kernel@lists.debian.org) #1 SMP PREEMPT_DYNAMIC\r\n`,
    '[    0.000000] Command line: console=ttyS0,115200 root=/dev/mmcblk0p2\r\n',
  ];
  const kernelLines = Math.floor(count * 0.6);
  for (let index = 0; index < kernelLines; index++) {
    const device = devices[index % devices.length] ?? '';
    lines.push(
      `[${(0.01 + index * 0.021).toFixed(6).padStart(12)}] ${device}: registered new interface driver ${index}, login: disabled at probe\r\n`,
    );
  }
  lines.push(
    `[${(0.02 + kernelLines * 0.021).toFixed(6).padStart(12)}] EXT4-fs (mmcblk0p2): mounted filesystem with ordered data mode. Quota mode: none.\r\n`,
  );
  if (init === 'busybox') {
    for (let index = kernelLines; index < count; index++)
      lines.push(`Starting ${(services[index % services.length] ?? '').toLowerCase()}: OK\r\n`);
    return lines;
  }
  lines.push(
    `\r\nWelcome to \x1b[1mDebian GNU/Linux 12 (bookworm)\x1b[0m!\r\r\n\r\r\n[${(0.1 + kernelLines * 0.021).toFixed(6).padStart(12)}] systemd[1]: Hostname set to <${hostname}>.\r\n`,
  );
  for (let index = kernelLines; index < count; index++) {
    const service = services[index % services.length] ?? '';
    lines.push(
      index % 2 === 0
        ? `         Starting \x1b[0;1;39m${service}\x1b[0m...\r\r\n`
        : `[\x1b[0;32m  OK  \x1b[0m] Started \x1b[0;1;39m${service}\x1b[0m.\r\r\n`,
    );
  }
  return lines;
}
