/** The builtins that give variables a property. */
import type { ByteString } from '../../bytes.ts';
import { NotSimulated } from '../../not-simulated.ts';
import { ExpansionError } from '../expand.ts';
import type { Shell } from '../shell.ts';
import type { Builtin } from './builtin.ts';
import { isName, quote } from './names.ts';

/** Assigns what `export` and the like are given, and does something for each name. */
export function declare(shell: Shell, argv: readonly ByteString[], each: (name: string) => void): number {
  for (const word of argv.slice(1)) {
    const equals = word.indexOf('=');
    const name = equals < 0 ? word : word.slice(0, equals);
    if (!isName(name)) throw new ExpansionError(`${argv[0] ?? ''}: ${word}: bad variable name`);
    if (equals >= 0) shell.set(name, word.slice(equals + 1));
    each(name);
  }
  return 0;
}

/** `export`. */
export const exportVariable: Builtin = (shell, argv) => {
  if (argv[1] === '-p' || argv.length === 1) {
    const lines = [...shell.variables.environment()]
      .sort()
      .map(([name, value]) => `export ${name}=${quote(value)}\n`);
    void shell.out(lines.join(''));
    return 0;
  }
  if (argv[1] === '-n') throw new NotSimulated('export -n');
  return declare(shell, argv, (name) => shell.variables.export(name));
};
