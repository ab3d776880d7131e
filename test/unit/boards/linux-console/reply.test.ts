import { expect, test } from 'vitest';
import { checksum, Reply } from '../../../../src/boards/linux-console/reply.ts';

const NONCE = 'abcd2345';

/** What the loop on a board writes for a reply with this content. */
function written(content: Buffer, seq: string): { readonly lines: string[]; readonly header: string } {
  const lines = content.toString('base64').match(/.{1,76}/g) ?? [''];
  const text = lines.join('\n');
  return {
    header: `@${NONCE} ${seq} ${text.length} ${checksum(text)}`,
    lines: lines.map((line, index) => `${index + 1}:${line}`),
  };
}

const content = Buffer.from(Array.from({ length: 400 }, (_, index) => index % 251));

test('a whole reply is had when all of its lines came, the trailer or not', () => {
  const { header, lines } = written(content, '7');
  const reply = new Reply(NONCE, '7');
  for (const line of [header, ...lines]) reply.hear(line);
  expect(reply.whole).toEqual(content);
});

test('an empty reply is whole', () => {
  const { header, lines } = written(Buffer.alloc(0), '7');
  const reply = new Reply(NONCE, '7');
  for (const line of [header, ...lines]) reply.hear(line);
  expect(reply.whole).toEqual(Buffer.alloc(0));
});

test('lines that a kernel message was written into are asked for again, in few words', () => {
  const { header, lines } = written(content, '7');
  const reply = new Reply(NONCE, '7');
  reply.hear(header);
  for (const [index, line] of lines.entries()) {
    if (index === 1) {
      reply.hear(`${line.slice(0, 20)}[   12.345678] usb 1-1: new device`);
      reply.hear(line.slice(20));
    } else if (index === 3 || index === 4) reply.hear(line.slice(1));
    else reply.hear(line);
  }
  expect(reply.whole).toBeNull();
  expect(reply.request).toBe('2p;4,5p');
  for (const index of [1, 3, 4]) reply.hear(lines[index] ?? '');
  expect(reply.whole).toEqual(content);
});

test('without the header in front, the one behind serves, and lines of a wrong length do not count', () => {
  const { header, lines } = written(content, '7');
  const reply = new Reply(NONCE, '7');
  expect(reply.request).toBe('p');
  for (const line of lines.slice(0, -1)) reply.hear(line);
  reply.hear(`${lines.at(-1) ?? ''}AAAA`);
  expect(reply.request).toBe('');
  expect(reply.hear(`${header} .`)).toBe('trailer');
  expect(reply.missing).toEqual([lines.length]);
});

test('a flipped bit within the alphabet makes all be read again', () => {
  const { header, lines } = written(content, '7');
  const reply = new Reply(NONCE, '7');
  for (const line of [
    header,
    ...lines.with(
      2,
      (lines[2] ?? '').replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
    ),
  ])
    reply.hear(line);
  expect(reply.whole).toBeNull();
  expect(reply.request).toBe('p');
  for (const line of lines) reply.hear(line);
  expect(reply.whole).toEqual(content);
});

test('lines of the reply before are not taken for lines of this one', () => {
  const late = written(Buffer.from('x'.repeat(400)), '6');
  const { header, lines } = written(content, '7');
  const reply = new Reply(NONCE, '7');
  expect(reply.hear(late.header)).toBe('stale');
  for (const line of late.lines) expect(reply.hear(line)).toBeNull();
  reply.hear(`${late.header} .`);
  for (const line of [header, ...lines]) reply.hear(line);
  expect(reply.whole).toEqual(content);
});

test('the loop’s other words are known, those of another session are not', () => {
  const reply = new Reply(NONCE, '7');
  expect(reply.hear(`@${NONCE}`)).toBe('waiting');
  expect(reply.hear(`@${NONCE} ?`)).toBe('refused');
  expect(reply.hear(`@${NONCE} .`)).toBe('ended');
  expect(reply.hear('@zzzz9999 ?')).toBeNull();
});
