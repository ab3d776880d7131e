/** The programs that start another one in a changed surrounding. */
import { signalOf } from '../shell/process.ts';
import type { Program } from '../shell/program.ts';
import { launch } from './launch.ts';

/** `timeout`. */
export const timeout: Program = async (run) => {
  const args = [...run.args];
  let signal = 'TERM';
  let killAfter: number | undefined;
  let preserve = false;
  for (;;) {
    const [word = ''] = args;
    if (word === '-s') signal = args.splice(0, 2)[1] ?? '';
    else if (word === '-k') killAfter = Number(args.splice(0, 2)[1]);
    else if (word === '--preserve-status') preserve = args.shift() !== undefined;
    else if (word === '--foreground' || word === '-f') args.shift();
    else break;
  }
  const match = /^([0-9]*\.?[0-9]+)([smhd]?)$/u.exec(args[0] ?? '');
  const wanted = signalOf(signal);
  if (!match || !wanted) return run.fail(`invalid time interval '${args[0] ?? ''}'`, 125);
  const argv = args.slice(1);
  const ms = Number(match[1]) * 1000 * (match[2] === 'm' ? 60 : match[2] === 'h' ? 3600 : 1);
  const before = new Set(run.machine.processes.all());
  const alarm = { rung: false };
  const child = launch(run, argv);
  const mine = run.machine.processes
    .all()
    .filter((process) => !before.has(process) && process.parent === run.process.pid);
  const stops = [
    run.machine.clock.after(ms, () => {
      alarm.rung = true;
      for (const process of mine) process.signal(wanted);
    }),
  ];
  if (killAfter !== undefined)
    stops.push(
      run.machine.clock.after(ms + killAfter * 1000, () => {
        for (const process of mine) process.signal('KILL');
      }),
    );
  try {
    const status = await child;
    // busybox answers what the killed program did.
    return alarm.rung && !preserve && run.machine.flavour !== 'busybox' ? 124 : status;
  } finally {
    for (const stop of stops) stop();
  }
};

/** `env`. */
export const env: Program = async (run) => {
  const environment = new Map(run.environment);
  const args = [...run.args];
  for (;;) {
    const [word = ''] = args;
    if (word === '-i' || word === '-') environment.clear();
    else if (word === '-u') {
      args.shift();
      environment.delete(args[0] ?? '');
    } else if (/^[^=-][^=]*=/u.test(word))
      environment.set(word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1));
    else break;
    args.shift();
  }
  if (args.length === 0) {
    await run.out([...environment].map(([name, value]) => `${name}=${value}\n`).join(''));
    return 0;
  }
  return launch(
    run.with({
      environment: new Map(environment).set(
        'PATH',
        environment.get('PATH') ?? run.environment.get('PATH') ?? '',
      ),
    }),
    args,
    { environment },
  );
};

/** `nohup` and `setsid`. */
export const detach: Program = (run) => {
  const args = run.args.filter((word, index) => !(index === 0 && /^-[fw]$/u.test(word)));
  if (run.name === 'nohup') run.process.on('HUP', 'ignore');
  return launch(run, args, { detached: run.name === 'setsid' });
};
