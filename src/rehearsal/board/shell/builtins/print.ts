/** The builtins that print. */
import { format, unescape } from '../format.ts';
import { type Builtin, fail } from './builtin.ts';

/** `echo`, which takes options and escapes as the shell does. */
export const echo: Builtin = async (shell, argv) => {
  const words = argv.slice(1);
  let newline = true;
  let escapes = shell.flavour === 'dash';
  while (/^-[neE]+$/u.test(words[0] ?? '') && (shell.flavour !== 'dash' || words[0] === '-n')) {
    const flags = words.shift() ?? '';
    if (flags.includes('n')) newline = false;
    if (flags.includes('e')) escapes = true;
    if (flags.includes('E')) escapes = false;
  }
  const text = words.join(' ');
  const made = escapes ? unescape(text, 'echo', shell.flavour) : { text, stop: false };
  await shell.out(made.text + (newline && !made.stop ? '\n' : ''));
  return 0;
};

/** `printf`. */
export const printf: Builtin = async (shell, argv) => {
  const words = argv[1] === '--' ? argv.slice(2) : argv.slice(1);
  const [pattern, ...args] = words;
  if (pattern === undefined) return fail(shell, 'printf: usage: printf format [arg ...]', 2);
  const made = format(pattern, args, shell.flavour);
  await shell.out(made.text);
  for (const complaint of made.complaints) shell.complain(`printf: ${complaint}`);
  return made.status;
};
