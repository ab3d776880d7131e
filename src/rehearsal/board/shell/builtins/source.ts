/** `.`, which runs a file in the shell itself. */
import type { ByteString } from '../../bytes.ts';
import { SystemError } from '../../files/errors.ts';
import { FunctionReturn, ShellExit } from '../control.ts';
import { which } from '../external.ts';
import { type Builtin, fail } from './builtin.ts';

/** `.` and `source`. */
export const source: Builtin = async (shell, argv) => {
  const name = argv[1];
  if (name === undefined) return fail(shell, '.: filename argument required', 2);
  const path = name.includes('/') ? name : (which(shell, name) ?? name);
  let text: ByteString;
  try {
    text = shell.machine.files.read(shell.process.who, shell.path(path));
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    fail(
      shell,
      shell.flavour === 'dash'
        ? `.: cannot open ${name}: No such file`
        : `.: can't open '${name}': ${error.message}`,
      2,
    );
    if (!shell.interactive && shell.flavour !== 'bash') throw new ShellExit(2);
    return 1;
  }
  try {
    return await shell.runText(text);
  } catch (error) {
    if (error instanceof FunctionReturn) return error.status;
    throw error;
  }
};
