/** A prompt that answers an Enter of before, and comes when the name is on its way already. */
import { expect, test } from 'vitest';
import { Line } from '../../../../src/boards/linux-console/line.ts';
import { logIn } from '../../../../src/boards/linux-console/login.ts';
import { systemClock } from '../../../../src/model/clock.ts';
import { secret } from '../../../../src/model/secret.ts';
import type { ByteLink } from '../../../../src/serial/link.ts';
import { boardProfileSchema } from '../../../../src/settings/board-profile.ts';

/** A getty that has an Enter to answer before the name, and login behind it: it takes what is typed next as the password. */
function lateGetty(): { readonly link: ByteLink; readonly typed: string[] } {
  let say: (text: string) => void = () => undefined;
  const typed: string[] = [];
  let asks: 'name' | 'password' | 'shell' = 'name';
  const hear = (text: string): void => {
    typed.push(text);
    if (asks === 'name') {
      asks = 'password';
      say('\r\nboard login: ');
      setTimeout(() => say('root\r\nPassword: '), 100);
    } else if (asks === 'password') {
      asks = text === 'right\r' ? 'shell' : 'name';
      say(asks === 'shell' ? '\r\nroot@board:~# ' : '\r\nLogin incorrect\r\nboard login: ');
    }
  };
  return {
    typed,
    link: {
      name: 'getty',
      ended: new Promise(() => undefined),
      write: (data) => {
        hear(Buffer.from(data).toString());
        return Promise.resolve();
      },
      onData: (receive) => {
        say = (text) => receive(Buffer.from(text));
        say('\r\nboard login: ');
        return () => undefined;
      },
      close: () => Promise.resolve(),
    },
  };
}

test('the name is not typed again into the place of the password', async () => {
  const { link, typed } = lateGetty();
  const { $schema: _, ...parsed } = boardProfileSchema.parse({});
  using line = new Line({
    link,
    clock: systemClock,
    transcript: { add: () => undefined },
    baudRate: 115_200,
  });
  const { signal } = new AbortController();
  const password = await logIn(line, {
    profile: { ...parsed, name: 'test' },
    passwords: [secret('right')],
    signal,
    listenMs: 0,
  });
  expect(password?.reveal()).toBe('right');
  expect(typed).toEqual(['root\r', 'right\r']);
});
