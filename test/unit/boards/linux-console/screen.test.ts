import { expect, test } from 'vitest';
import { isGarbled, readScreen, withoutNoise } from '../../../../src/boards/linux-console/screen.ts';

test.each([
  ['login', '\r\r\nboard1 login: '],
  ['login', '\r\nLogin incorrect\r\nboard1 login: '],
  ['login', '\r\r\nDebian GNU/Linux 12 board1 ttyS0\r\n\r\nboard-1.lan login: '],
  // A kernel message and a message of systemd on top of the prompt.
  ['login', 'board1 login: [   75.927771] sysrq: HELP : loglevel(0-9) reboot(b)\r\n'],
  ['login', 'qemu4 login: [\x1b[0;32m  OK  \x1b[0m] Finished systemd-update-ut... - Record Runlevel.\r\r\n'],
  [
    'login',
    `\r\r\nboard1 login: \r${' '.repeat(79)}\r\r\nBroadcast message from root@board1 (ttyS0) (Sat Nov 21):  \x07\x07\r\n\r\n maintenance at noon\r\n`,
  ],
  ['other', 'permitted by applicable law.\r\nLast login: '],
  ['other', 'Last login: Sat Nov 21 20:53:44 UTC 2026 on ttyS0\r\n'],
  ['password', 'root\r\r\nPassword: '],
  ['expired', 'Changing password for root.\r\nCurrent password: '],
  [
    'expired',
    'You are required to change your password immediately (administrator enforced).\r\nChanging password for root.\r\nCurrent password: ',
  ],
  ['shell', '\x1b[?2004hroot@board1:~# '],
  ['shell', '\r\n/ # \x1b[6n'],
  ['shell', '\r\n# '],
  ['shell', 'tech@board1:~$ '],
  ['shell', 'root@board:/> '],
  ['shell', 'root@board1:~# [   12.429182] random: crng init done\r\n'],
  ['countdown', 'Hit any key to stop autoboot:  2 \b\b\b 1 '],
  ['bootloader', '<INTERRUPT>\r\n=> '],
  ['bootloader', '\r\nU-Boot> '],
  ['bootloader', '\r\nZynqMP> '],
  ['askfirst', '\r\nPlease press Enter to activate this console. '],
  ['loop', '\r\n@abcd2345\r\n'],
  ['loop', '\r\n@abcd2345 ?\r\n'],
  ['other', '[    0.000000] Booting Linux\r\n[    0.100000] Memory: 1 GB\r\nStarting udev'],
  ['empty', '[    0.000000] Booting Linux\r\n'],
  ['empty', '\r\n'],
] as const)('%s: %j', (screen, text) => {
  expect(readScreen(text)).toBe(screen);
});

test('a message in the middle of a word leaves the word', () => {
  expect(withoutNoise('abcde[   75.927771] sysrq: HELP \r\nfghij\r\n')).toBe('abcdefghij\n');
});

test('noise of a wrong baud rate is garbled; colours, UTF-8 and a terminal’s padding are not', () => {
  expect(isGarbled('\xf8\x00\xe0\x1c\xfe\x80\x9c\xf0\xe6\x03\xfc\xc0\xe0\xff\x9e')).toBe(true);
  expect(isGarbled('\x1b[0;1;32m\xe2\x97\x8f\x1b[0m mender-client.service - Mender \xe2\x80\xa6\r\n')).toBe(
    false,
  );
  expect(isGarbled(`^C\x1b[?2004hroot@board1:~# \x1b[K${'\0'.repeat(60)}\r\n`)).toBe(false);
});
