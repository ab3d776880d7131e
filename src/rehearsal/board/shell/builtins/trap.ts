/** `trap`. */
import { signalOf } from '../process.ts';
import { type Builtin, fail } from './builtin.ts';
import { quote } from './names.ts';

/** `trap`. */
export const trap: Builtin = (shell, argv) => {
  const words = argv.slice(1);
  if (words[0] === '--') words.shift();
  if (words.length === 0) {
    for (const [condition, action] of shell.traps) void shell.out(`trap -- ${quote(action)} ${condition}\n`);
    return 0;
  }
  const [first = ''] = words;
  const reset = words.length === 1 || first === '-' || /^[0-9]+$/u.test(first);
  const conditions = words.length === 1 || /^[0-9]+$/u.test(first) ? words : words.slice(1);
  for (const word of conditions) {
    const condition = word === '0' || word === 'EXIT' ? 'EXIT' : signalOf(word);
    if (!condition || (shell.flavour === 'dash' && word.startsWith('SIG')))
      return fail(shell, `trap: ${word}: bad trap`);
    shell.trap(condition, reset ? undefined : first);
  }
  return 0;
};
