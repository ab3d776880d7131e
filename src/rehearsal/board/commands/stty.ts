/** `stty`. */
import type { Program } from '../shell/program.ts';
import { Tty } from '../tty/tty.ts';

const sttyFlags = [
  'icanon',
  'echo',
  'echoe',
  'echok',
  'echoctl',
  'isig',
  'icrnl',
  'inlcr',
  'igncr',
  'opost',
  'onlcr',
  'ixon',
  'ixoff',
] as const;

const ignoredStty = new Set([
  'iexten',
  'echoke',
  'hupcl',
  'clocal',
  'cread',
  'crtscts',
  'brkint',
  'imaxbel',
  'iutf8',
  'istrip',
  'parenb',
  'cstopb',
  'ixany',
  'tostop',
  'noflsh',
  'echonl',
  'cs8',
  'inpck',
  'parmrk',
  'ignpar',
  'ignbrk',
  'iuclc',
  'xcase',
  'ocrnl',
  'onocr',
  'onlret',
  'ofill',
  'echoprt',
]);

/** `stty`. */
export const stty: Program = async (run) => {
  const words = [...run.args];
  let target: unknown = run.stdin.terminal;
  if (words[0] === '-F') {
    target = words[1]?.startsWith('/dev/tty') ? run.machine.tty : undefined;
    words.splice(0, 2);
  }
  if (!(target instanceof Tty)) return run.fail("'standard input': Inappropriate ioctl for device");
  const tty = target;
  if (words.length === 0 || words[0] === '-a') {
    const { termios } = tty;
    const state = (names: readonly (typeof sttyFlags)[number][]): string =>
      names.map((name) => (termios[name] ? name : `-${name}`)).join(' ');
    await run.out(`speed ${tty.baud} baud; rows ${tty.rows}; columns ${tty.columns}; line = 0;\n`);
    if (words[0] === '-a')
      await run.out(
        `intr = ^C; quit = ^\\; erase = ^?; kill = ^U; eof = ^D; eol = <undef>;\n-parenb -parodd cs8 hupcl -cstopb cread clocal -crtscts\n${state(['inlcr', 'igncr', 'icrnl', 'ixon', 'ixoff'])}\n${state(['opost', 'onlcr'])}\n${state(['isig', 'icanon', 'echo', 'echoe', 'echok', 'echoctl'])}\n`,
      );
    else await run.out(`${state(sttyFlags.filter((name) => !termios[name]))}\n`);
    return 0;
  }
  if (words[0] === '-g') {
    await run.out(`${sttyFlags.map((name) => (tty.termios[name] ? '1' : '0')).join(':')}\n`);
    return 0;
  }
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    const on = !word.startsWith('-');
    const name = on ? word : word.slice(1);
    const flag = sttyFlags.find((one) => one === name);
    if (flag) tty.set({ [flag]: on });
    else if (/^[01](?::[01])+$/u.test(word)) {
      const bits = word.split(':');
      tty.set(Object.fromEntries(sttyFlags.map((one, index) => [one, bits[index] === '1'])));
    } else if (name === 'sane')
      tty.set({
        icanon: true,
        echo: true,
        echoe: true,
        echok: true,
        echoctl: true,
        isig: true,
        icrnl: true,
        inlcr: false,
        igncr: false,
        opost: true,
        onlcr: true,
        ixon: true,
      });
    else if (name === 'raw')
      tty.set(
        on
          ? { icanon: false, isig: false, icrnl: false, opost: false, ixon: false }
          : { icanon: true, isig: true, icrnl: true, opost: true },
      );
    else if (name === 'cooked') tty.set({ icanon: true, isig: true, icrnl: true, opost: true, ixon: true });
    else if (name === 'cbreak') tty.set({ icanon: !on });
    else if (name === 'crt') continue;
    else if (
      [
        'cols',
        'columns',
        'rows',
        'min',
        'time',
        'ispeed',
        'ospeed',
        'eof',
        'intr',
        'erase',
        'kill',
        'susp',
        'quit',
        'eol',
        'werase',
        'lnext',
      ].includes(name)
    ) {
      const value = Number(words[++at]);
      if (name === 'rows') tty.rows = value;
      else if (name === 'cols' || name === 'columns') tty.columns = value;
    } else if (/^[0-9]+$/u.test(name)) tty.baud = Number(name);
    else if (!ignoredStty.has(name)) return run.fail(`invalid argument '${word}'`);
  }
  return 0;
};
