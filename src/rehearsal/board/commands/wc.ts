/** `wc`. */
import type { ByteString } from '../bytes.ts';
import type { Program } from '../shell/program.ts';
import { readInputs } from './inputs.ts';
import { readOptions } from './options.ts';

/** `wc`. */
export const wc: Program = async (run) => {
  const { flags, rest } = readOptions(run, { flags: 'lwcm' });
  const { texts, status } = await readInputs(run, rest);
  const measures: ((text: ByteString) => number)[] = [];
  const all = flags.size === 0;
  if (all || flags.has('l')) measures.push((text) => text.split('\n').length - 1);
  if (all || flags.has('w')) measures.push((text) => text.split(/\s+/u).filter((word) => word !== '').length);
  if (all || flags.has('c') || flags.has('m')) measures.push((text) => text.length);
  const rows = texts.map(({ name, text }) => ({ name, counts: measures.map((measure) => measure(text)) }));
  if (rows.length > 1)
    rows.push({
      name: 'total',
      counts: measures.map((_, index) => rows.reduce((sum, row) => sum + (row.counts[index] ?? 0), 0)),
    });
  const width =
    rows.length === 1 && measures.length === 1
      ? 1
      : run.machine.flavour === 'busybox'
        ? 9
        : rest.length === 0
          ? 7
          : Math.max(...rows.flatMap((row) => row.counts).map((n) => String(n).length), 1);
  for (const row of rows) {
    await run.out(
      `${row.counts.map((n) => String(n).padStart(width)).join(' ')}${row.name === '-' && rest.length === 0 ? '' : ` ${row.name}`}\n`,
    );
  }
  return status;
};
