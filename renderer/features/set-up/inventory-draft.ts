import type { CallInput } from '../../../src/contract.ts';
import { GROUP_NAME, MOST_TAGS, TAG_TEXT } from '../../../src/model/inventory.ts';
import { inventoryMessages } from '../../messages/inventory.ts';

/** What devices are to be called on the server, as an operator types it. */
export interface InventoryDraft {
  readonly nameTag: string;
  /** `NAME=VALUE`, one on each line. */
  readonly tags: string;
  readonly group: string;
}

export const NO_INVENTORY: InventoryDraft = { nameTag: '', tags: '', group: '' };

type Wish = NonNullable<CallInput<'provision'>['inventory']>;

/** What is wrong with a draft, by its fields; null where nothing is. */
export type InventoryProblems = Readonly<Record<keyof InventoryDraft, string | null>>;

/** The draft as the station takes it (null: nothing is said), or what of it the station would refuse. */
export function inventoryFrom(
  draft: InventoryDraft,
): { readonly wish: Wish | null } | { readonly problems: InventoryProblems } {
  const text = inventoryMessages.settings;
  const [nameTag, group] = [draft.nameTag.trim(), draft.group.trim()];
  const lines = draft.tags.split(/\r?\n/).filter((line) => line.trim() !== '');
  const tags = new Map<string, string>();
  let badTags: string | null = null;
  for (const line of lines) {
    const at = line.indexOf('=');
    const [name, value] = [line.slice(0, Math.max(at, 0)).trim(), line.slice(at + 1).trim()];
    if (!TAG_TEXT.test(name) || !TAG_TEXT.test(value)) badTags ??= text.badTag(line.trim());
    else if (tags.has(name)) badTags ??= text.tagTwice(name);
    tags.set(name, value);
  }
  if (tags.size > MOST_TAGS) badTags ??= text.manyTags(MOST_TAGS);
  const problems: InventoryProblems = {
    nameTag: nameTag === '' || TAG_TEXT.test(nameTag) ? null : text.badName,
    tags: badTags,
    group: group === '' || GROUP_NAME.test(group) ? null : text.badGroup,
  };
  if (Object.values(problems).some((problem) => problem !== null)) return { problems };
  if (nameTag === '' && group === '' && tags.size === 0) return { wish: null };
  return {
    wish: {
      ...(nameTag === '' ? {} : { nameTag }),
      ...(tags.size === 0 ? {} : { tags: Object.fromEntries(tags) }),
      ...(group === '' ? {} : { group }),
    },
  };
}
