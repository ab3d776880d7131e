/** Reading of a program's options, as `getopt` does it. */
import type { ByteString } from '../bytes.ts';
import { NotSimulated } from '../not-simulated.ts';
import type { Invocation } from '../shell/program.ts';

export interface Parsed {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, ByteString>;
  /** Every value of an option that may be given more than once. */
  readonly all: readonly (readonly [string, ByteString])[];
  readonly rest: readonly ByteString[];
}

/**
 * Reads options: `flags` are the letters without a value, `valued` those with one, `long` maps long names to letters.
 * An option that is not listed is a fault of the simulation, not of the caller, because the real program may have it.
 */
export function readOptions(
  run: Invocation,
  spec: {
    readonly flags?: string;
    readonly valued?: string;
    readonly long?: Readonly<Record<string, string>>;
    readonly permute?: boolean;
  },
): Parsed {
  const flags = new Set<string>();
  const values = new Map<string, ByteString>();
  const all: [string, ByteString][] = [];
  const rest: ByteString[] = [];
  const args = run.args;
  const take = (letter: string, value: ByteString): void => {
    values.set(letter, value);
    all.push([letter, value]);
  };
  const missing = (option: string): never => {
    throw new NotSimulated(`the option ${option} of ${run.name}`);
  };
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? '';
    if (word === '--') {
      rest.push(...args.slice(at + 1));
      break;
    }
    if (word.startsWith('--')) {
      const [name = '', ...tail] = word.slice(2).split('=');
      const letter = spec.long?.[name];
      if (letter === undefined) return missing(`--${name}`);
      if (spec.valued?.includes(letter))
        take(letter, tail.length > 0 ? tail.join('=') : (args[++at] ?? missing(word)));
      else flags.add(letter);
      continue;
    }
    if (!word.startsWith('-') || word === '-') {
      rest.push(word);
      if (spec.permute === false) {
        rest.push(...args.slice(at + 1));
        break;
      }
      continue;
    }
    for (let index = 1; index < word.length; index++) {
      const letter = word.charAt(index);
      if (spec.valued?.includes(letter)) {
        take(letter, index + 1 < word.length ? word.slice(index + 1) : (args[++at] ?? missing(word)));
        break;
      }
      if (!spec.flags?.includes(letter)) return missing(`-${letter}`);
      flags.add(letter);
    }
  }
  return { flags, values, all, rest };
}
