/** The programs that make a digest of files. */
import { createHash } from 'node:crypto';
import { type ByteString, toBytes } from '../bytes.ts';
import type { Program } from '../shell/program.ts';
import { linesOf, readInput, readInputs } from './inputs.ts';
import { readOptions } from './options.ts';

/** `sha256sum` and its like: prints digests, or checks them with -c. */
export function sum(algorithm: string): Program {
  return async (run) => {
    const { flags, rest } = readOptions(run, {
      flags: 'cbst',
      long: { check: 'c', status: 's', binary: 'b' },
    });
    const digest = (text: ByteString): string => createHash(algorithm).update(toBytes(text)).digest('hex');
    const { texts, status } = await readInputs(run, rest);
    if (!flags.has('c')) {
      for (const { name, text } of texts) await run.out(`${digest(text)}  ${name}\n`);
      return status;
    }
    let failed = status;
    for (const { text } of texts) {
      for (const line of linesOf(text)) {
        const match = /^([0-9a-fA-F]+) [ *](.*)$/u.exec(line);
        if (!match) continue;
        const good = digest(await readInput(run, match[2] ?? '')) === match[1]?.toLowerCase();
        if (!flags.has('s')) await run.out(`${match[2] ?? ''}: ${good ? 'OK' : 'FAILED'}\n`);
        if (!good) failed = 1;
      }
    }
    if (failed !== 0 && !flags.has('s')) run.fail('WARNING: 1 computed checksum did NOT match');
    return failed;
  };
}
