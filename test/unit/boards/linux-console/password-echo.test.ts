import { describe, expect, test } from 'vitest';
import {
  PasswordMask,
  withoutPasswords,
  type Shown,
} from '../../../../src/boards/linux-console/password-echo.ts';

/** What a person would read, with masks as `***`. */
const shown = (parts: readonly Shown[]): string =>
  parts.map((part) => ('text' in part ? part.text : '***')).join('');

function read(received: string, password: string): string {
  return shown(withoutPasswords(received, [password]));
}

const NOISE = '[   75.927771] usb 1-1: new device\r\n';

describe('an echoed password is masked', () => {
  test.each([
    ['at once', 'hunter2\r\n', '***\r\n'],
    ['after a line end', '\r\nhunter2\r\n', '\r\n***\r\n'],
    ['after a message of the kernel', `\r\n${NOISE}hunter2\r\n`, `\r\n${NOISE}***\r\n`],
    ['at the end of what came', `${NOISE}hunter2`, `${NOISE}***`],
    ['more than once', 'hunter2\r\nLogin incorrect\r\nhunter2\r\n', '***\r\nLogin incorrect\r\n***\r\n'],
    ['with a message within it', `hun${NOISE}ter2\r\n`, '***\r\n'],
  ])('%s', (_, received, expected) => {
    expect(read(received, 'hunter2')).toBe(expected);
    // And however it comes in pieces.
    for (const size of [1, 2, 5]) {
      const mask = new PasswordMask();
      mask.add('hunter2');
      const pieces = received.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
      expect(shown([...pieces.flatMap((piece) => mask.push(piece)), ...mask.flush()])).toBe(expected);
    }
  });

  test('anywhere, where it is too long to come up by chance', () => {
    expect(read('sh: correct-horse: not found\r\n', 'correct-horse')).toBe('sh: ***: not found\r\n');
  });
});

test('a word of the board that holds a short password is no echo of it', () => {
  expect(read('\r\nboard1 login: ', 'board')).toBe('\r\nboard1 login: ');
  expect(read('\r\nLinux board 6.1\r\n', 'board')).toBe('\r\nLinux board 6.1\r\n');
});

test('a password of signs is taken as it is', () => {
  expect(read('a.*(b\r\n', 'a.*(b')).toBe('***\r\n');
  expect(read('aXX(b\r\n', 'a.*(b')).toBe('aXX(b\r\n');
});

test('without a password nothing is masked', () => {
  expect(read('\r\n# ', '')).toBe('\r\n# ');
});

test('what cannot be an echo is shown at once, and no more is held than may become one', () => {
  const mask = new PasswordMask();
  mask.add('hunter2');
  expect(shown(mask.push('\r\nLinux hunter 6.1\r\nhun'))).toBe('\r\nLinux hunter 6.1\r\n');
  expect(shown(mask.push('gry?\r\n# '))).toBe('hungry?\r\n# ');
});

test('of several passwords that were sent, none is shown, also late', () => {
  const mask = new PasswordMask();
  mask.add('first');
  expect(shown(mask.push('\r\nLogin incorrect\r\nlogin: '))).toBe('\r\nLogin incorrect\r\nlogin: ');
  mask.add('second');
  expect(shown(mask.push('first\r\nsecond\r\n'))).toBe('***\r\n***\r\n');
});
