import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { StationError } from '../model/station-error.ts';
import { readIfThere, reasonOf, writeDurably } from './durable-file.ts';

const mark = z.object({ seq: z.int().min(0), hash: z.string().regex(/^[0-9a-f]{64}$/) });
const schema = z.object({
  folder: z.string().min(1),
  delivered: z.int().min(0),
  /** Rows up to which all was delivered, with their hashes, the newest last: a restored record may have other rows there. */
  marks: z.array(mark).default([]),
});

/** Where records are dropped for another system, and the row of the last one that is there. */
export type DropState = z.infer<typeof schema>;

/** Null where nothing is dropped. @throws StationError `station/home-unusable`. */
export function readDropState(home: string): DropState | null {
  return guarded(home, () => {
    const bytes = readIfThere(fileIn(home));
    return bytes === null ? null : schema.parse(JSON.parse(bytes.toString('utf8')));
  });
}

/** Durable when it returns. @throws StationError `station/home-unusable`. */
export function writeDropState(home: string, state: DropState | null): void {
  guarded(home, () => {
    if (state === null) rmSync(fileIn(home), { force: true });
    else writeDurably(fileIn(home), `${JSON.stringify(state)}\n`);
  });
}

function fileIn(home: string): string {
  return join(home, 'drop-folder.json');
}

function guarded<T>(home: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw new StationError(
      'station/home-unusable',
      { home, detail: `drop-folder.json: ${reasonOf(thrown)}` },
      { cause: thrown },
    );
  }
}
