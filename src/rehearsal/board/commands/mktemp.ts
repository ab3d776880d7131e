/** `mktemp`. */
import { SystemError } from '../files/errors.ts';
import type { Program } from '../shell/program.ts';
import { readOptions } from './options.ts';
import { dirName } from './path-names.ts';

/** `mktemp` of a file or a directory. */
export const mktemp: Program = async (run) => {
  const { flags, values, rest } = readOptions(run, {
    flags: 'dqut',
    valued: 'p',
    long: { directory: 'd', tmpdir: 't' },
  });
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
  const template = rest[0] ?? 'tmp.XXXXXXXXXX';
  const inTmp = rest[0] === undefined || flags.has('t') || values.has('p');
  const name = template.replace(/X{3,}(?=[^X]*$)/u, (marks) =>
    Array.from(run.machine.randomBytes(marks.length))
      .map((c) => letters.charAt(c.charCodeAt(0) % letters.length))
      .join(''),
  );
  const shown = inTmp ? `${values.get('p') ?? run.environment.get('TMPDIR') ?? '/tmp'}/${name}` : name;
  try {
    if (flags.has('d')) run.machine.files.mkdir(run.process.who, run.path(shown), 0o700);
    else
      run.machine.files.open(run.process.who, run.path(shown), {
        write: true,
        create: 0o600,
        exclusive: true,
      });
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return run.fail(
      `failed to create ${flags.has('d') ? 'directory' : 'file'} via template '${inTmp ? `${dirName(shown)}/${template}` : template}': ${error.message}`,
    );
  }
  await run.out(`${shown}\n`);
  return 0;
};
