/** What a Mender client makes of the lines that its identity script prints. */
import type { ByteString } from '../bytes.ts';
import { toText } from '../bytes.ts';
import { Invocation } from '../shell/program.ts';
import { runProgram } from '../shell/run-program.ts';
import { Collector, NullFile, type OpenFile } from '../shell/streams.ts';

/** Where the client looks for the script. */
export const identityScript = '/usr/share/mender/identity/mender-device-identity';

/** Why there is no identity, in the client's own words. */
export class NoIdentity extends Error {}

/** Go's JSON: `<`, `>` and `&` escaped, keys sorted. */
function goString(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/gu,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Makes the client's identity data of the script's output: repeated keys become arrays, later `=` stay in the value. */
export function identityData(output: ByteString, escape: (text: string) => string = goString): string {
  const values = new Map<string, string[]>();
  for (const given of toText(output).split('\n')) {
    const line = given.replace(/\r$/u, '');
    if (line === '') continue;
    const equals = line.indexOf('=');
    if (equals < 0) throw new NoIdentity(`failed to parse identity data: incorrect line '${line}'`);
    const key = line.slice(0, equals);
    values.set(key, [...(values.get(key) ?? []), line.slice(equals + 1)]);
  }
  const members = [...values]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, list]) => {
      const [first = ''] = list;
      return `${escape(key)}:${list.length > 1 ? `[${list.map((value) => escape(value)).join(',')}]` : escape(first)}`;
    });
  return `{${members.join(',')}}`;
}

/** Runs the identity script as the client does. What it says on its standard error comes back, too. */
export async function askIdentity(
  run: Invocation,
): Promise<{ readonly output: ByteString; readonly complaint: ByteString }> {
  const program = run.machine.load({ uid: 0, gid: 0 }, identityScript, identityScript);
  if (program === 'missing' || program === 'forbidden') {
    throw new NoIdentity(
      `failed to call ${identityScript}: fork/exec ${identityScript}: ${program === 'missing' ? 'no such file or directory' : 'permission denied'}`,
    );
  }
  const output = new Collector();
  const complaint = new Collector();
  const process = run.machine.processes.spawn(run.process, { name: program.name });
  const child = run.with({
    argv: program.argv ?? [identityScript],
    process,
    descriptors: new Map<number, OpenFile>([
      [0, new NullFile()],
      [1, output],
      [2, complaint],
    ]),
  });
  let status: number;
  try {
    status = await runProgram(program.run, child);
  } finally {
    process.end();
  }
  if (status !== 0) throw new NoIdentity(`wait for helper failed: exit status ${status}`);
  return { output: output.text, complaint: complaint.text };
}
