import { expect, test } from 'vitest';
import { Line } from '../../../../src/boards/linux-console/line.ts';
import { lastWords } from '../../../../src/boards/linux-console/login.ts';
import { systemClock } from '../../../../src/model/clock.ts';
import type { TranscriptEntry } from '../../../../src/serial/transcript.ts';

const signal = new AbortController().signal;

/** A line whose board says what the test says. */
function lineWith(): { line: Line; hear: (bytes: Uint8Array | string) => void; shown: () => string } {
  const entries: TranscriptEntry[] = [];
  let receive: (data: Uint8Array) => void = () => undefined;
  const line = new Line({
    link: {
      name: 'test',
      ended: new Promise(() => undefined),
      write: () => Promise.resolve(),
      close: () => Promise.resolve(),
      onData: (receiver) => {
        receive = receiver;
        return () => undefined;
      },
    },
    clock: systemClock,
    transcript: { add: (entry) => entries.push(entry) },
    baudRate: 115_200,
  });
  return {
    line,
    hear: (bytes) => receive(Buffer.from(bytes)),
    shown: () =>
      entries
        .filter((entry) => entry.way === 'received')
        .map((entry) => ('text' in entry ? entry.text : `[${entry.masked}]`))
        .join(''),
  };
}

test('a character that comes in two pieces is one in the transcript', () => {
  const { line, hear, shown } = lineWith();
  const text = 'Straße → ● Started 日本\r\n';
  for (const byte of Buffer.from(text)) hear(Uint8Array.of(byte));
  line[Symbol.dispose]();
  expect(shown()).toBe(text);
});

test('bytes that are no text are shown as such, and none is lost to the driver', () => {
  const { line, hear, shown } = lineWith();
  hear(Uint8Array.of(0x61, 0xff, 0xc3));
  expect(line.text).toBe('a\xff\xc3');
  line[Symbol.dispose]();
  expect(shown()).toBe('a\ufffd\ufffd');
});

test('what comes in a long wait after a password is seen at once', async () => {
  const { line, hear, shown } = lineWith();
  await line.sendPassword('correct horse', '\r', signal);
  hear('\r\nChecking disks, this may take minutes\r\n');
  expect(shown()).toBe('\r\nChecking disks, this may take minutes\r\n');
});

test('an echo that comes in two pieces, with something sent in between, is masked', async () => {
  const { line, hear, shown } = lineWith();
  await line.sendPassword('correct horse', '\r', signal);
  hear('\r\ncorrect');
  await line.send('\r', signal);
  hear(' horse\r\n# ');
  line[Symbol.dispose]();
  expect(shown()).toBe('\r\n[password]\r\n# ');
});

test('the last words that an error tells hold no password', async () => {
  const { line, hear } = lineWith();
  await line.sendPassword('correct horse', '\r', signal);
  hear('\r\nsh: correct horse: not found\r\n');
  expect(lastWords(line)).toBe('sh: [password]: not found');
});
