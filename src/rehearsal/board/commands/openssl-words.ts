/** What the subcommands of openssl share: arguments, results, messages. */
import type { ByteString } from '../bytes.ts';
import { NotSimulated } from '../not-simulated.ts';
import type { Invocation } from '../shell/program.ts';

interface Words {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, ByteString>;
  readonly options: readonly ByteString[];
  readonly rest: readonly ByteString[];
}

/** Takes the arguments of a subcommand apart. What it does not list is not simulated. */
export function words(run: Invocation, spec: { readonly flags: string; readonly values: string }): Words {
  const [command = '', ...args] = run.args;
  const flags = new Set<string>();
  const values = new Map<string, ByteString>();
  const options: ByteString[] = [];
  const rest: ByteString[] = [];
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? '';
    const name = word.replace(/^--?/u, '');
    if (!word.startsWith('-')) rest.push(word);
    else if (spec.flags.split(' ').includes(name)) flags.add(name);
    else if (spec.values.split(' ').includes(name)) {
      const value = args[++at] ?? '';
      values.set(name, value);
      if (name === 'pkeyopt') options.push(value);
    } else throw new NotSimulated(`openssl ${command} ${word}`);
  }
  return { flags, values, options, rest };
}

/** Writes a result to a file, or prints it when there is none. `secret` keeps it to its owner. */
export async function write(
  run: Invocation,
  name: ByteString | undefined,
  data: ByteString,
  secret = false,
): Promise<void> {
  if (name === undefined) {
    await run.out(data);
    return;
  }
  run.machine.files.put(run.process.who, run.path(name), data, secret ? 0o600 : 0o666 & ~run.umask);
}

/** Prints a message as it stands and answers 1. */
export function opensslError(run: Invocation, message: string): number {
  run.err(`${message}\n`);
  return 1;
}
