/** The programs that tell who a user is. */
import { NotSimulated } from '../not-simulated.ts';
import type { Program } from '../shell/program.ts';
import { readOptions } from './options.ts';

/** `id`. */
export const id: Program = async (run) => {
  const { flags, rest } = readOptions(run, { flags: 'ugnGr' });
  const { uid } = rest[0] === undefined ? run.process.who : { uid: run.machine.user(rest[0])?.uid ?? -1 };
  if (uid < 0) return run.fail(`'${rest[0] ?? ''}': no such user`);
  const name = run.machine.userById(uid)?.name ?? String(uid);
  const shown = flags.has('n') ? name : String(uid);
  await run.out(
    flags.size > 0 ? `${shown}\n` : `uid=${uid}(${name}) gid=${uid}(${name}) groups=${uid}(${name})\n`,
  );
  return 0;
};

/** `getent passwd`. */
export const getent: Program = async (run) => {
  const [database = '', key = ''] = run.args;
  if (database !== 'passwd') throw new NotSimulated(`getent ${database}`);
  const user = run.machine.user(key);
  if (!user) return 2;
  await run.out(
    `${user.name}:x:${user.uid}:${user.uid}::${user.home}:/bin/${run.machine.options.console.shell}\n`,
  );
  return 0;
};
