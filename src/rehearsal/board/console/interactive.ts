/** The interactive shells: bash with readline, busybox ash with its line editor, dash on the bare tty. */
import type { ByteString } from '../bytes.ts';
import { Incomplete, ShellSyntaxError } from '../shell/syntax-errors.ts';
import { parse } from '../shell/parser.ts';
import { FunctionReturn, LoopControl, ShellExit } from '../shell/control.ts';
import { Killed } from '../shell/process.ts';
import type { Shell } from '../shell/shell.ts';
import { Tty } from '../tty/tty.ts';
import { readAsh, readReadline, type Typed } from './editors.ts';

function prompt(shell: Shell, primary: boolean): string {
  if (!primary) return '> ';
  const { flavour, machine } = shell;
  const user = machine.userById(shell.process.who.uid);
  const home = user?.home ?? '/';
  if (flavour !== 'bash')
    return shell.process.who.uid === 0
      ? machine.options.console.prompt
      : machine.options.console.prompt.replace('#', '$');
  const place =
    shell.cwd === home
      ? '~'
      : shell.cwd.startsWith(`${home}/`)
        ? `~${shell.cwd.slice(home.length)}`
        : shell.cwd;
  return `${user?.name ?? ''}@${machine.hostname}:${place}${shell.process.who.uid === 0 ? '#' : '$'} `;
}

/** History expansion in bash: an event that does not exist refuses the line. */
function event(line: ByteString): string | undefined {
  const bare = line.replace(/'[^']*'|\\./gu, '');
  return /![^\s=("']+/u.exec(bare)?.[0];
}

async function readCooked(shell: Shell, tty: Tty, text: string): Promise<Typed> {
  tty.print(text);
  const line = await tty.readLine(shell.process, { hung: false });
  return line.endsWith('\n')
    ? { kind: 'line', text: line.slice(0, -1) }
    : line === ''
      ? { kind: 'end' }
      : { kind: 'line', text: line };
}

class Interrupt extends Error {}

/** Runs an interactive shell on its tty until `exit`, the end of the file or a hang-up. */
export async function runInteractive(shell: Shell, login: boolean): Promise<number> {
  const tty = shell.descriptors.get(0)?.terminal;
  if (!(tty instanceof Tty)) return 1;
  const { process, flavour } = shell;
  // Not ignored, which children would inherit, but caught and forgotten.
  process.on('TERM', () => undefined);
  process.on('QUIT', () => undefined);
  const interrupted = (): void => process.interrupt(new Interrupt());
  process.on('INT', interrupted);
  if (flavour === 'ash')
    tty.print(
      "\n\nBusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1+b1) built-in shell (ash)\nEnter 'help' for a list of built-in commands.\n\n",
    );
  let pending = '';
  let lines = 0;
  try {
    for (;;) {
      let typed: Typed;
      try {
        const text = prompt(shell, pending === '');
        typed =
          flavour === 'bash'
            ? await readReadline(process, tty, text)
            : flavour === 'ash'
              ? await readAsh(process, tty, text)
              : await readCooked(shell, tty, text);
      } catch (error) {
        if (!(error instanceof Interrupt)) throw error;
        typed = { kind: 'interrupted' };
        tty.print('\n');
      }
      if (typed.kind === 'interrupted') {
        pending = '';
        shell.status = 130;
        continue;
      }
      if (typed.kind === 'end') {
        if (pending !== '') {
          pending = '';
          continue;
        }
        tty.print(flavour === 'bash' ? `\n${login ? 'logout' : 'exit'}\n` : '\n');
        return shell.status;
      }
      lines++;
      const wanted = flavour === 'bash' ? event(typed.text) : undefined;
      if (wanted !== undefined) {
        shell.complain(`${wanted}: event not found`);
        continue;
      }
      const text = pending === '' ? typed.text : `${pending}\n${typed.text}`;
      try {
        const program = parse(text, lines);
        pending = '';
        // A command typed at a prompt may be broken off by ^C without the shell's own end.
        await shell.list(program);
      } catch (error) {
        if (error instanceof Incomplete) {
          pending = text;
          continue;
        }
        pending = '';
        if (error instanceof ShellExit) {
          shell.status = error.status;
          if (flavour === 'bash' && login && /^\s*(?:exit|logout)\b/u.test(text)) tty.print('logout\n');
          else if (flavour === 'bash' && /^\s*exit\b/u.test(text)) tty.print('exit\n');
          return error.status;
        }
        if (error instanceof ShellSyntaxError) {
          shell.complain(error.message);
          shell.status = 2;
        } else if (error instanceof Interrupt) {
          shell.status = 130;
          tty.print('\n');
        } else if (error instanceof Killed && process.killed === undefined) shell.status = error.status;
        else if (!(error instanceof FunctionReturn) && !(error instanceof LoopControl)) throw error;
      }
    }
  } finally {
    process.on('INT', 'default');
  }
}
