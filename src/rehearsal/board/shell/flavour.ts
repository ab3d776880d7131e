/** The shells that a board may have, where they differ. */
import type { SystemError } from '../files/errors.ts';

export type Flavour = 'dash' | 'ash' | 'bash';

/** What stands before a shell's own messages. `name` is what it was started as. */
export function complaint(flavour: Flavour, name: string, line: number, interactive: boolean): string {
  if (flavour === 'dash') return `${name}: ${line}: `;
  if (flavour === 'ash') return `${name.replace(/^-/u, '')}: `;
  return interactive ? `${name}: ` : `${name}: line ${line}: `;
}

/** What a shell says of a command that is not there. */
export function notFound(flavour: Flavour, command: string): string {
  return flavour === 'bash' && !command.includes('/')
    ? `${command}: command not found`
    : flavour === 'bash'
      ? `${command}: No such file or directory`
      : `${command}: not found`;
}

/** What a shell says of a redirection that failed. */
export function cannotOpen(flavour: Flavour, path: string, writing: boolean, error: SystemError): string {
  if (flavour === 'bash') return `${path}: ${error.message}`;
  const words =
    error.errno === 'ENOENT'
      ? writing
        ? flavour === 'dash'
          ? 'Directory nonexistent'
          : 'nonexistent directory'
        : flavour === 'dash'
          ? 'No such file'
          : 'no such file'
      : error.message;
  const verb = flavour === 'dash' ? 'cannot' : "can't";
  return `${verb} ${writing ? 'create' : 'open'} ${path}: ${words}`;
}
