import { readFileSync, writeFileSync } from 'node:fs';
import { BATCH_PROBLEMS } from '../src/contract/batches.ts';

const FILE = new URL('../docs/batches.md', import.meta.url);
const TABLE = /(\| code \| what it means \|\n\|---\|---\|\n)(?:\|.*\n|<!-- codes -->\n)*/;

/** `docs/batches.md` with the table of codes as the contract has them. */
export function batchDocument(): string {
  const rows = Object.entries(BATCH_PROBLEMS).map(([code, text]) => `| \`${code}\` | ${text} |\n`);
  return readFileSync(FILE, 'utf8').replace(TABLE, (_, head: string) => head + rows.join(''));
}

if (import.meta.main) writeFileSync(FILE, batchDocument());
