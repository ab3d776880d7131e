import { describe, expect, test } from 'vitest';
import { withoutPassword } from '../../../../src/boards/linux-console/password-echo.ts';

/** What a person would read, with masks as `***`. */
function read(received: string, password: string): string {
  return withoutPassword(received, password)
    .map((part) => ('text' in part ? part.text : '***'))
    .join('');
}

const NOISE = '[   75.927771] usb 1-1: new device\r\n';

describe('an echoed password is masked', () => {
  test.each([
    ['at once', 'hunter2\r\n', '***\r\n'],
    ['after a line end', '\r\nhunter2\r\n', '\r\n***\r\n'],
    ['after a message of the kernel', `\r\n${NOISE}hunter2\r\n`, `\r\n${NOISE}***\r\n`],
    ['at the end of what came', `${NOISE}hunter2`, `${NOISE}***`],
    ['more than once', 'hunter2\r\nLogin incorrect\r\nhunter2\r\n', '***\r\nLogin incorrect\r\n***\r\n'],
    ['with a message within it', `hun${NOISE}ter2\r\n`, '***'],
  ])('%s', (_, received, shown) => {
    expect(read(received, 'hunter2')).toBe(shown);
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
