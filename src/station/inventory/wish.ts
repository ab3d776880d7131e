import type { CallParams } from '../../contract.ts';
import type { JournalReader } from '../../journal/index.ts';
import { NO_WISH, type InventoryWish } from '../../model/inventory.ts';
import type { JobId } from '../../model/job.ts';
import type { BoardProfile } from '../../model/profile.ts';
import { StationError } from '../../model/station-error.ts';

/**
 * What the device of a job is to be called: what the call says before what the profile says. A job that finishes another
 * one has that one's.
 *
 * @throws StationError `station/usage` where several boards would have one name.
 */
export function wishOf(
  { inventory }: BoardProfile,
  given: CallParams<'provision'>['inventory'],
  boards: number,
  resumed: JobId | null,
  journal: Pick<JournalReader, 'events'>,
): InventoryWish {
  if (resumed !== null) {
    const begun = journal.events(resumed).find(({ event }) => event.kind === 'job-started')?.event;
    return (begun?.kind === 'job-started' ? begun.inventory : undefined) ?? NO_WISH;
  }
  if (boards > 1 && given?.nameTag !== undefined && !/\{[^{}]+\}/.test(given.nameTag))
    throw new StationError('station/usage', {
      detail: `${boards} boards cannot all be called "${given.nameTag}": name an attribute of their identity, e.g. "gateway {mac}".`,
    });
  return {
    nameTag: given?.nameTag ?? inventory.nameTag,
    tags: { ...inventory.tags, ...given?.tags },
    group: given?.group ?? inventory.group,
  };
}

export function isNothing({ nameTag, tags, group }: InventoryWish): boolean {
  return nameTag === null && group === null && Object.keys(tags).length === 0;
}
