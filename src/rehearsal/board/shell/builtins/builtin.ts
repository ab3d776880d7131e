/** What every builtin is. */
import type { ByteString } from '../../bytes.ts';
import type { Shell } from '../shell.ts';

/** A builtin answers its exit status. */
export type Builtin = (shell: Shell, argv: readonly ByteString[]) => Promise<number> | number;

/** Prints a message as the shell does and answers `status`. */
export const fail = (shell: Shell, message: string, status = 1): number => {
  shell.complain(message);
  return status;
};
