/** The programs that are about the system as a whole, by name. */
import { SystemError } from '../files/errors.ts';
import { NotSimulated } from '../not-simulated.ts';
import type { Invocation, Program } from '../shell/program.ts';
import { date } from './date.ts';
import { hostname, uname } from './host.ts';
import { dmesg, logger, wall } from './messages.ts';
import { pidof, ps } from './processes.ts';
import { stty } from './stty.ts';
import { sudo } from './sudo.ts';
import { getent, id } from './users.ts';
import { detach, env, timeout } from './wrappers.ts';

const sleep: Program = async (run) => {
  let ms = 0;
  for (const word of run.args) {
    const match = /^([0-9]*\.?[0-9]+)([smhd]?)$/u.exec(word);
    if (!match) return run.fail(`invalid time interval '${word}'`);
    ms +=
      Number(match[1]) *
      1000 *
      (match[2] === 'm' ? 60 : match[2] === 'h' ? 3600 : match[2] === 'd' ? 86_400 : 1);
  }
  await run.machine.sleep(run.process, ms);
  return 0;
};

const which: Program = async (run) => {
  let status = 0;
  for (const name of run.args) {
    const path = run.machine.which(name, run.environment.get('PATH') ?? '', run.process.who, run.cwd);
    if (path === undefined) status = 1;
    else await run.out(`${path}\n`);
  }
  return status;
};

const privileged =
  (act: (run: Invocation) => void): Program =>
  (run) => {
    if (run.process.who.uid !== 0) return run.fail('must be superuser.');
    act(run);
    return 0;
  };

const expr: Program = async (run) => {
  const [left = '', operator = '', right = ''] = run.args;
  const a = Number(left);
  const b = Number(right);
  let value: number;
  switch (operator) {
    case '+':
      value = a + b;
      break;
    case '-':
      value = a - b;
      break;
    case '*':
      value = a * b;
      break;
    case '/':
      value = Math.trunc(a / b);
      break;
    case '%':
      value = a % b;
      break;
    default:
      throw new NotSimulated(`expr ${run.args.join(' ')}`);
  }
  if (!Number.isFinite(value)) throw new SystemError('EINVAL');
  await run.out(`${value}\n`);
  return value === 0 ? 1 : 0;
};

const su: Program = () => {
  throw new NotSimulated('su');
};

/** System programs by name. */
export const systemPrograms: Readonly<Record<string, Program>> = {
  date,
  id,
  uname,
  hostname,
  sleep,
  stty,
  dmesg,
  timeout,
  env,
  ps,
  pidof,
  which,
  sudo,
  wall,
  logger,
  getent,
  expr,
  su,
  usleep: (run) => run.machine.sleep(run.process, Number(run.args[0] ?? 0) / 1000).then(() => 0),
  nohup: detach,
  setsid: detach,
  whoami: (run) =>
    Promise.resolve(run.out(`${run.machine.userById(run.process.who.uid)?.name ?? ''}\n`)).then(() => 0),
  tty: (run) => {
    const known = run.stdin.terminal !== undefined;
    void run.out(known ? '/dev/ttyS0\n' : 'not a tty\n');
    return known ? 0 : 1;
  },
  true: () => 0,
  false: () => 1,
  clear: (run) => {
    void run.out('\x1b[H\x1b[2J');
    return 0;
  },
  hwclock: () => 0,
  fw_printenv: async (run) => {
    const values = new Map([
      ['upgrade_available', run.machine.options.client.update === 'uncommitted' ? '1' : '0'],
      ['mender_boot_part', '2'],
      ['bootdelay', '2'],
    ]);
    const bare = run.args[0] === '-n';
    let status = 0;
    for (const name of bare ? run.args.slice(1) : run.args) {
      const value = values.get(name);
      if (value === undefined) status = run.fail(`## Error: "${name}" not defined`);
      else await run.out(bare ? `${value}\n` : `${name}=${value}\n`);
    }
    return status;
  },
  reboot: privileged((run) => run.machine.restart('reboot')),
  poweroff: privileged((run) => run.machine.restart('poweroff')),
};
