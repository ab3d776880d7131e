/** `exec`. */
import { NotSimulated } from '../../not-simulated.ts';
import { ShellExit } from '../control.ts';
import { external, which } from '../external.ts';
import type { Builtin } from './builtin.ts';

/** `exec` of a program. */
export const exec: Builtin = async (shell, argv) => {
  const [name = ''] = argv.slice(1);
  if (name.startsWith('-') && name.length > 1) throw new NotSimulated(`exec ${name}`);
  const status = await external(shell, argv.slice(1), { here: true });
  if ((status === 127 || status === 126) && shell.interactive && which(shell, name) === undefined)
    return status;
  shell.traps.delete('EXIT');
  throw new ShellExit(status);
};
