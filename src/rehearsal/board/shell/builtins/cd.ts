/** `cd`. */
import { SystemError } from '../../files/errors.ts';
import { type Builtin, fail } from './builtin.ts';

/** `cd`. */
export const cd: Builtin = (shell, argv) => {
  const words = argv.slice(1).filter((word) => word !== '-P' && word !== '-L' && word !== '--');
  const wanted = words[0] ?? shell.get('HOME') ?? '/';
  const target = wanted === '-' ? (shell.get('OLDPWD') ?? shell.cwd) : wanted;
  try {
    const path = shell.machine.files.resolve(shell.process.who, shell.path(target));
    if (shell.machine.files.node(shell.process.who, path).kind !== 'directory')
      throw new SystemError('ENOTDIR');
    if (!shell.machine.files.access(shell.process.who, path, 1)) throw new SystemError('EACCES');
    shell.set('OLDPWD', shell.cwd);
    shell.cwd = path;
    shell.set('PWD', path);
    if (wanted === '-') void shell.out(`${path}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    if (shell.flavour === 'dash') return fail(shell, `cd: can't cd to ${target}`, 2);
    if (shell.flavour === 'ash') return fail(shell, `cd: can't cd to ${target}: ${error.message}`);
    return fail(shell, `cd: ${target}: ${error.message}`);
  }
};
