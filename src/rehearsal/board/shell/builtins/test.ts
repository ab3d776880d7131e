/** `test`. */
import { test, TestSyntaxError } from '../test-expression.ts';
import { type Builtin, fail } from './builtin.ts';

/** `test` and `[`. */
export const testBuiltin: Builtin = (shell, argv) => {
  let args = argv.slice(1);
  if (argv[0] === '[') {
    if (args.at(-1) !== ']') return fail(shell, '[: missing ]', 2);
    args = args.slice(0, -1);
  }
  const { files } = shell.machine;
  const { who } = shell.process;
  try {
    const value = test(
      {
        node: (path, itself = false) =>
          path === '' ? undefined : files.peek(who, shell.path(path), { follow: !itself }),
        access: (path, bit) => files.access(who, shell.path(path), bit),
        terminal: (fd) => shell.descriptors.get(fd)?.terminal !== undefined,
      },
      args,
    );
    return value ? 0 : 1;
  } catch (error) {
    if (!(error instanceof TestSyntaxError)) throw error;
    return fail(shell, `${argv[0] ?? 'test'}: ${error.message}`, 2);
  }
};
