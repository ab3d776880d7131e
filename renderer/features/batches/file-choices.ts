import type { CallInput } from '../../../src/contract.ts';
import type { BatchReport } from '../../../src/contract/batches.ts';
import type { TIERS } from '../../../src/model/batch.ts';

/** What a person says of a column in the place of what its name says. */
export type ColumnChoice =
  | { readonly use: 'ignored' }
  /** `attribute`: what boards call it, where that is not the column's name; else empty. */
  | { readonly use: 'identity'; readonly attribute: string };

/** How a file is to be looked at, as far as a person has said something. */
export interface FileChoices {
  /** By the names of the columns. */
  readonly columns: Readonly<Record<string, ColumnChoice>>;
  /** Of rows that name none; null: the station's own. */
  readonly tier: (typeof TIERS)[number] | null;
  /** The server whose devices the rows are held against; null: none. */
  readonly server: string | null;
}

export const AS_FOUND: FileChoices = { columns: {}, tier: null, server: null };

type Column = BatchReport['columns'][number];
type Params = Pick<CallInput<'batch.check'>, 'identity' | 'ignore' | 'tier' | 'server'>;

/**
 * What these choices are in a call. Where a person names columns of the identity, the station takes no other ones: those
 * that it found by itself are named with them, but for those that were chosen to be something else.
 *
 * @param found the columns as they were found before anything was said of them.
 */
export function paramsOf({ columns, tier, server }: FileChoices, found: readonly Column[]): Params {
  const said = Object.entries(columns);
  const ignore = said.filter(([, { use }]) => use === 'ignored').map(([name]) => name);
  const named = said.flatMap(([name, choice]) =>
    choice.use === 'identity' ? [wish(name, choice.attribute)] : [],
  );
  const kept = found.filter(({ name, use }) => use === 'identity' && columns[name] === undefined);
  const identity = named.length === 0 ? [] : [...kept.map(({ name }) => name), ...named];
  return {
    ...(identity.length === 0 ? {} : { identity }),
    ...(ignore.length === 0 ? {} : { ignore }),
    ...(tier === null ? {} : { tier }),
    ...(server === null ? {} : { server }),
  };
}

function wish(column: string, attribute: string): string {
  const name = attribute.trim();
  return name === '' || name === column ? column : `${name}=${column}`;
}

/** The names of columns of which nobody has said yet what they are. */
export function unknownColumns(found: readonly Column[], { columns }: FileChoices): readonly string[] {
  return found
    .filter(({ name, use }) => use === 'unknown' && columns[name] === undefined)
    .map(({ name }) => name);
}
