/** Where `cp` and `mv` put what they are given. */
import type { Invocation } from '../shell/program.ts';
import { baseName } from './path-names.ts';

/** The paths that a list of sources goes to: into a directory, or to the one name given. */
export function destinations(
  run: Invocation,
  rest: readonly string[],
  plain: boolean,
): { from: string; to: string; name: string; target: string }[] {
  const target = rest.at(-1) ?? '';
  const isDirectory =
    !plain && run.machine.files.peek(run.process.who, run.path(target))?.kind === 'directory';
  return rest.slice(0, -1).map((name) => {
    const to = isDirectory ? `${target.replace(/\/$/u, '')}/${baseName(name)}` : target;
    return { from: run.path(name), to: run.path(to), name, target: to };
  });
}
