import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { boardUser, type BoardChoices } from '../../../../src/rehearsal/board/index.ts';
import { withTerminal } from './terminal.ts';

const folder = path.resolve(import.meta.dirname, '../../../data/transcripts');

interface Turn {
  readonly typed: string;
  readonly answered: string;
}

/** A recorded dialogue: what was typed, and all that came before the next words were. */
function recorded(name: string): Turn[] {
  const turns: { typed: string; answered: string }[] = [];
  for (const line of readFileSync(path.join(folder, `${name}.txt`), 'utf8').split('\n')) {
    if (line === '') continue;
    const text = JSON.parse(line.slice(2)) as string;
    if (line.startsWith('>')) turns.push({ typed: text, answered: '' });
    else turns.at(-1)!.answered += text;
  }
  return turns;
}

/** Leaves out what differs from day to day and from kernel to kernel. */
function timeless(text: string): string {
  return text
    .replace(/^Linux (board\d+) .* x86_64\r$/gmu, 'Linux $1 KERNEL\r')
    .replace(/Last login: .* on ttyS0/gu, 'Last login: WHEN on ttyS0');
}

const SCENES: Readonly<Record<string, BoardChoices>> = {
  'login-bash': { console: { shell: 'bash' } },
  'login-dash': { console: { shell: 'dash' } },
  'login-ash': { console: { shell: 'ash' } },
  'login-user-bash': {},
  'wrong-password': {},
  'expired-password': { users: [boardUser({ name: 'root', expired: true })] },
  'no-password': { users: [boardUser({ name: 'root', password: '' })] },
  autologin: { console: { kind: 'autologin' } },
  askfirst: { console: { kind: 'askfirst', shell: 'ash' } },
  'command-loop-bash': {},
  sudo: {},
};

describe('a simulated console says what a real one was recorded to say', () => {
  it.each(Object.entries(SCENES))('%s', async (name, choices) => {
    const turns = recorded(name);
    const hostname = /\bboard\d+\b/.exec(turns.map((turn) => turn.answered).join(''))?.[0] ?? 'board1';
    await using terminal = withTerminal({ hostname, ...choices });
    await terminal.clock.advance(2000);
    terminal.take();
    for (const { typed, answered } of turns) {
      await terminal.type(typed);
      // Longer than a wrong password and a new getty take together, shorter than a login may.
      await terminal.clock.advance(6000);
      expect(timeless(terminal.take())).toBe(timeless(answered));
    }
    expect(terminal.board.inspect.faults).toEqual([]);
  });
});
