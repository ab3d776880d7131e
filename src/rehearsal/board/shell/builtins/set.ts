/** `set`. */
import { NotSimulated } from '../../not-simulated.ts';
import { ShellExit } from '../control.ts';
import { type Builtin, fail } from './builtin.ts';
import { quote } from './names.ts';

/** `set`. */
export const setOptions: Builtin = (shell, argv) => {
  const letters: Readonly<Record<string, string>> = {
    errexit: 'e',
    nounset: 'u',
    noglob: 'f',
    xtrace: 'x',
    allexport: 'a',
    monitor: 'm',
    noclobber: 'C',
    pipefail: 'pipefail',
    history: 'history',
    emacs: 'emacs',
    vi: 'vi',
    histexpand: 'H',
    verbose: 'v',
    notify: 'b',
  };
  if (argv.length === 1) {
    const lines = [...shell.variables]
      .flatMap(([name, { value }]) => (value === undefined ? [] : [`${name}=${quote(value)}\n`]))
      .sort();
    void shell.out(lines.join(''));
    return 0;
  }
  let at = 1;
  for (; at < argv.length; at++) {
    const word = argv[at] ?? '';
    if (word === '--') {
      at++;
      break;
    }
    if (word === '-') {
      at++;
      break;
    }
    if (!/^[-+]./u.test(word)) break;
    const on = word.startsWith('-');
    for (const letter of word.slice(1)) {
      let option = letter;
      if (letter === 'o') {
        const name = argv[++at];
        if (name === undefined) throw new NotSimulated('set -o without a name');
        const known = letters[name];
        if (
          known === undefined ||
          (name === 'pipefail' && shell.flavour === 'dash') ||
          (name === 'history' && shell.flavour !== 'bash')
        )
          throw new ShellExit(fail(shell, `set: Illegal option -o ${name}`, 2));
        option = known;
      } else if (!'abCefhmnuvxH'.includes(letter))
        throw new ShellExit(fail(shell, `set: Illegal option -${letter}`, 2));
      if (option === 'C' || option === 'n' || option === 'v') throw new NotSimulated(`set -${option}`);
      if (on) shell.options.add(option);
      else shell.options.delete(option);
    }
  }
  if (at < argv.length || argv[at - 1] === '--') shell.parameters = argv.slice(at);
  return 0;
};
