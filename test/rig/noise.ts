/** What other writers put on a board's console between and into the lines of the shell. */

const KERNEL_LINES = [
  'sysrq: HELP : loglevel(0-9) reboot(b) crash(c) terminate-all-tasks(e) memory-full-oom-kill(f) kill-all-tasks(i)',
  'usb 1-1.4: new full-speed USB device number 7 using xhci_hcd',
  'EXT4-fs (mmcblk0p4): mounted filesystem with ordered data mode. Quota mode: none.',
  'random: crng init done',
  'IPv6: ADDRCONF(NETDEV_CHANGE): eth0: link becomes ready',
  'mmc0: Timeout waiting for hardware interrupt.',
  'audit: type=1400 audit(1763758424.121:12): apparmor="STATUS" operation="profile_load" profile="unconfined"',
];

/** The `n`-th kernel message of a board that has been up for `uptimeMs`, as the kernel writes it to its console. */
export function kernelLine(n: number, uptimeMs: number): Buffer {
  const text = KERNEL_LINES[n % KERNEL_LINES.length] ?? '';
  return Buffer.from(`[${(uptimeMs / 1000).toFixed(6).padStart(12)}] ${text}\r\n`);
}
