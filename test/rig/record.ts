/**
 * Records what real consoles say into `test/data/transcripts/`: `node test/rig/record.ts`.
 *
 * One file a scene; each line is `<` (from the board) or `>` (to it) and a JSON string of bytes as Latin-1. What comes
 * in several pieces is one line. The simulated boards are held to these.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { startBoards, type Board, type BoardSpec } from './board.ts';
import { Terminal } from './terminal.ts';

const PROMPT = /[#$] (\x1b\[6n)?$/;
const LOGIN = /login: $/;
const PASSWORD = /assword: $/;

interface Scene {
  readonly name: string;
  readonly spec: BoardSpec;
  readonly play: (terminal: Terminal, board: Board) => Promise<void>;
}

/** Types pairs of text and what it is answered by. */
async function dialogue(terminal: Terminal, ...turns: readonly (readonly [string, RegExp])[]): Promise<void> {
  for (const [text, answer] of turns) {
    terminal.type(text);
    await terminal.wait(answer);
  }
}

const loginAndOut = async (terminal: Terminal, { login }: Board) =>
  dialogue(
    terminal,
    ['\r', LOGIN],
    [`${login.user}\r`, PASSWORD],
    [`${login.password}\r`, PROMPT],
    ['id -un; false\r', PROMPT],
    [
      "echo a line that is longer than the eighty columns of a terminal, so that its echo is wrapped ''\r",
      PROMPT,
    ],
    ['exit\r', LOGIN],
    [`${login.user}\r`, PASSWORD],
    [`${login.password}\r`, PROMPT],
    ['\x04', LOGIN],
  );

const SCENES: readonly Scene[] = [
  { name: 'login-bash', spec: { shell: 'bash' }, play: loginAndOut },
  { name: 'login-dash', spec: { shell: 'dash' }, play: loginAndOut },
  { name: 'login-ash', spec: { shell: 'ash' }, play: loginAndOut },
  { name: 'login-user-bash', spec: { shell: 'bash', user: 'sudo' }, play: loginAndOut },
  {
    name: 'wrong-password',
    spec: {},
    play: async (terminal) => {
      await dialogue(terminal, ['\r', LOGIN], ['root\r', PASSWORD], ['wrong\r', /incorrect\r\n[^]*login: $/]);
      // From now on login(1) asks, not agetty.
      for (let tries = 1; tries < 4; tries += 1) {
        await dialogue(terminal, ['root\r', PASSWORD], ['wrong\r', /incorrect\r\n[^]*login: $/]);
      }
      await dialogue(terminal, ['root\r', PASSWORD], ['wrong\r', /exceeded[^]*login: $/]);
    },
  },
  {
    name: 'expired-password',
    spec: { setup: 'chage -d 0 root' },
    play: async (terminal) =>
      dialogue(
        terminal,
        ['\r', LOGIN],
        ['root\r', PASSWORD],
        ['board\r', /Current password: $/],
        ['\x03', LOGIN],
      ),
  },
  {
    name: 'no-password',
    spec: { password: '' },
    play: async (terminal) => dialogue(terminal, ['\r', LOGIN], ['root\r', PROMPT], ['exit\r', LOGIN]),
  },
  {
    name: 'autologin',
    spec: { console: 'autologin' },
    play: async (terminal) => {
      // The shell is there before anybody listens: what it printed on the line is lost.
      await dialogue(terminal, ['\r', PROMPT], ['exit\r', /logout[^]*[#$] $/]);
    },
  },
  {
    name: 'askfirst',
    spec: { console: 'askfirst', shell: 'ash' },
    play: async (terminal) =>
      dialogue(terminal, ['\r', PROMPT], ['id -u\r', PROMPT], ['exit\r', /activate this console[^]*$/]),
  },
  {
    name: 'command-loop-bash',
    spec: { shell: 'bash' },
    play: async (terminal, board) => {
      await terminal.login(board);
      await dialogue(
        terminal,
        [
          `stty -echo; exec /bin/sh -c 'export PS1= PS2= TERM=dumb LC_ALL=C; printf "\\nREADY%s\\n" 42; while IFS= read -r L; do eval "$L"; done'\r`,
          /\r\nREADY42\r\n/,
        ],
        [
          "printf '\\n%s%s<' AB CD; { id -un; } </dev/null 2>&1; printf '>%s%s %d\\n' AB CD $?\r",
          />ABCD 0\r\n/,
        ],
        ['exit 0\r', LOGIN],
      );
    },
  },
  {
    name: 'sudo',
    spec: { shell: 'bash', user: 'sudo' },
    play: async (terminal, board) => {
      await terminal.login(board);
      await dialogue(
        terminal,
        ["sudo -k; stty -echo; sudo -S -p 'ASK''ED' id -un; stty echo\r", /ASKED$/],
        ['wrong\r', /ASKED$/],
        [`${board.login.password}\r`, PROMPT],
        ['exit\r', LOGIN],
      );
    },
  },
];

const folder = path.resolve(import.meta.dirname, '../data/transcripts');
await mkdir(folder, { recursive: true });
await using bench = await startBoards(
  SCENES.map(({ spec }) => ({ daemon: false, ...spec })),
  { log: (line) => process.stderr.write(`${line}\n`) },
);
await Promise.all(
  SCENES.map(async ({ name, play }, index) => {
    const board = bench.boards[index];
    if (board === undefined) return;
    await using terminal = await Terminal.open(board.port);
    try {
      await play(terminal, board);
    } finally {
      const lines = terminal.said.map(({ way, text }) => `${way} ${JSON.stringify(text)}`);
      await writeFile(path.join(folder, `${name}.txt`), `${lines.join('\n')}\n`);
    }
  }),
);
