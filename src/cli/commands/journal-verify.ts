import { resolve } from 'node:path';
import type { Command } from 'commander';
import type * as z from 'zod';
import { journalHead, keyFingerprint } from '../../contract.ts';
import { inTurns, parseHead, verifyingFile, type Verification } from '../../journal/index.ts';
import { StationError } from '../../model/station-error.ts';
import { action, type CommandContext, type ProgramParts } from '../context.ts';
import type { ExitStatus } from '../exit-status.ts';
import type { Output } from '../output.ts';
import { collect } from '../collect.ts';

interface VerifyOptions {
  readonly key?: readonly string[];
  readonly head?: readonly string[];
}

interface Verified extends Verification {
  readonly file: string;
}

/** `station journal verify`. */
export function addJournalVerifyCommand(journal: Command, parts: ProgramParts): void {
  const verify = journal
    .command('verify [file...]')
    .description(
      'look at every row, hash and signature of the record, or of copies and exports (which need no other file of their station); names the first bad row',
    )
    .option('--key <fingerprint>', 'a station key whose signatures count; repeat for each', collect)
    .option('--head <seq:hash>', 'a head that is known from a window, an export or a certificate', collect);
  action<VerifyOptions>(verify, parts, async (context, { key = [], head = [] }, files) => {
    const keys = checked(key, keyFingerprint, '--key');
    const heads = checked(head, journalHead, '--head');
    if (files.length > 1 && heads.length > 0)
      throw new StationError('station/usage', { detail: '--head is of one journal: name one file with it.' });
    if (files.length === 0)
      return context.withStation('read', async (station) => {
        const found = await station.call('journal.verify', { keys: [...keys], heads: [...heads] });
        const { station: home } = await station.call('snapshot', {});
        return tell(context, [{ file: home.home, ...found }]);
      });
    const found: Verified[] = [];
    for (const file of files)
      found.push({
        file,
        ...(await inTurns(verifyingFile(resolve(file), { keys, heads: heads.map(parseHead) }))),
      });
    return tell(context, found);
  });
}

function tell({ output }: CommandContext, found: readonly Verified[]): ExitStatus {
  output.result({ files: found }, ({ files }) => files.map((file) => told(file, output)).join('\n\n'));
  return found.every(({ ok }) => ok) ? 0 : 1;
}

function told(
  { file, ok, kind, rows, first, station, head, signed, keys, problem, notes }: Verified,
  output: Output,
): string {
  const verdict = ok ? output.style('green', 'OK ') : output.style('red', 'BAD');
  const lines = [
    `${verdict} ${file}: ${kind} of ${station ?? 'no station'}, ${rows} row(s) looked at${first === null ? '' : `, from row ${first} on`}`,
    ...(problem === null ? [] : [`    ${problem.text}`]),
    ...(head === null ? [] : [`    ${ok ? 'head' : 'good up to'} ${head.seq}:${head.hash}`]),
    ...(signed === null ? [] : [`    signed up to row ${signed}`]),
    ...keys.map(
      ({ fingerprint, signatures, vouched }) =>
        `    key ${fingerprint}: ${signatures} signature(s)${vouched === true ? ', one of the given' : ''}`,
    ),
    ...notes.map((note) => `    ${note}`),
  ];
  return lines.join('\n');
}

function checked(texts: readonly string[], schema: z.ZodType<string>, option: string): readonly string[] {
  for (const text of texts) {
    const { error } = schema.safeParse(text);
    if (error !== undefined)
      throw new StationError('station/usage', {
        detail: `${option} takes ${error.issues[0]?.message ?? ''}.`,
      });
  }
  return texts;
}
