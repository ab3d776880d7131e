/** Prompts that come late: one that answers an Enter of before, and the password's of a board that is busy. */
import { expect, test } from 'vitest';
import { Line } from '../../../../src/boards/linux-console/line.ts';
import { logIn } from '../../../../src/boards/linux-console/login.ts';
import { secret } from '../../../../src/model/secret.ts';
import type { ByteLink } from '../../../../src/serial/link.ts';
import { boardProfileSchema } from '../../../../src/settings/board-profile.ts';
import { virtualTime, type VirtualTime } from '../../virtual-time.ts';

interface Getty {
  /** Whether it has an Enter to answer before the name. */
  readonly hasEnter: boolean;
  /** From the name to the question for the password, in milliseconds. */
  readonly asksAfter: number;
}

/** A getty with login behind it, which takes what is typed once the password was asked for as the password. */
function getty(
  time: VirtualTime,
  { hasEnter, asksAfter }: Getty,
): { readonly link: ByteLink; readonly typed: string[] } {
  let say: (text: string) => void = () => undefined;
  const typed: string[] = [];
  let asks: 'name' | 'password' | 'shell' = 'name';
  const hear = (text: string): void => {
    typed.push(text);
    if (asks === 'name') {
      asks = 'password';
      if (hasEnter) say('\r\nboard login: ');
      time.after(100, () => say('root\r\n'));
      time.after(asksAfter, () => say('Password: '));
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

test.each([
  ['the name is not typed again into the place of the password', { hasEnter: true, asksAfter: 100 }],
  ['an Enter to a busy board is no empty password', { hasEnter: false, asksAfter: 4_000 }],
  ['neither is the name, where both come together', { hasEnter: true, asksAfter: 4_000 }],
])('%s', async (_, ways) => {
  const time = virtualTime();
  const { link, typed } = getty(time, ways);
  const { $schema: _schema, ...parsed } = boardProfileSchema.parse({});
  using line = new Line({ link, clock: time, transcript: { add: () => undefined }, baudRate: 115_200 });
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
