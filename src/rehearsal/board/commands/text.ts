/** The programs that read or print text, by name. */
import type { Program } from '../shell/program.ts';
import { sum } from './checksum.ts';
import { cmp } from './compare.ts';
import { cat, tee } from './copy-text.ts';
import { cut } from './cut.ts';
import { base64, od } from './encode.ts';
import { head, tail } from './ends.ts';
import { sort, uniq } from './lines.ts';
import { tr } from './tr.ts';
import { wc } from './wc.ts';

const yes: Program = async (run) => {
  const line = `${run.args.length === 0 ? 'y' : run.args.join(' ')}\n`;
  for (;;) {
    run.process.check();
    await run.out(line.repeat(100));
  }
};

const seq: Program = async (run) => {
  const numbers = run.args.map(Number);
  const [a = 1, b, c] = numbers;
  const from = b === undefined ? 1 : a;
  const step = c === undefined ? 1 : (b ?? 1);
  const to = c ?? b ?? a;
  let text = '';
  for (let n = from; step > 0 ? n <= to : n >= to; n += step) text += `${n}\n`;
  await run.out(text);
  return 0;
};

/** Text programs by name. */
export const textPrograms: Readonly<Record<string, Program>> = {
  cat,
  head,
  tail,
  wc,
  tr,
  cut,
  sort,
  uniq,
  base64,
  tee,
  cmp,
  od,
  seq,
  yes,
  sha256sum: sum('sha256'),
  sha1sum: sum('sha1'),
  sha512sum: sum('sha512'),
  md5sum: sum('md5'),
};
