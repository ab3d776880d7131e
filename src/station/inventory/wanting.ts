import type { Journal } from '../../journal/index.ts';
import type { BatchId, BatchRowState } from '../../model/batch.ts';
import type { JournalEvent } from '../../model/event.ts';
import type { Identity } from '../../model/identity.ts';
import { MODIFIERS, PLACE } from '../../model/identity-pattern.ts';
import { NAME_TAG, type DeviceDescription, type InventoryWish } from '../../model/inventory.ts';
import type { InventoryEvent } from '../../model/inventory-event.ts';
import type { ServerProfile } from '../../model/server-profile.ts';

/** What one job's device is to be called, and where it will be. */
export interface Wanting {
  readonly wish: InventoryWish;
  readonly batch: BatchId | null;
  readonly server: ServerProfile;
}

/**
 * A job's journal that writes down what its device is to be called in the very transaction of a good verdict: whatever cuts
 * the station off, either both are on record or none is.
 */
export function wanting<J extends Pick<Journal, 'append' | 'appendTogether' | 'batches'>>(
  journal: J,
  { wish, batch, server }: Wanting,
): J {
  const append = (event: JournalEvent): ReturnType<Journal['append']> => {
    const wanted = event.kind === 'verdict' ? wantedBy(event) : null;
    if (wanted === null) return journal.append(event);
    const [entry] = journal.appendTogether([event, wanted]);
    if (entry === undefined) throw new TypeError('a verdict was not written');
    return entry;
  };
  const wantedBy = ({ result }: Extract<JournalEvent, { kind: 'verdict' }>): InventoryEvent | null => {
    const { job, verdict, identity, deviceId } = result;
    if ((verdict !== 'pass' && verdict !== 'already') || identity === null || deviceId === null) return null;
    const row = batch === null ? null : journal.batches.rowOf(batch, identity);
    const described = descriptionOf(wish, row, identity);
    if (described === null) return null;
    return {
      kind: 'inventory-wanted',
      server: server.name,
      serverUrl: server.url,
      deviceId,
      identity,
      job,
      batch,
      operator: null,
      ...described,
    };
  };
  return new Proxy(journal, {
    get: (target, name) => {
      if (name === 'append') return append;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** What a device is to be called: its row of the batch before the call, the call before the profile; null for nothing. */
export function descriptionOf(
  wish: InventoryWish,
  row: Pick<BatchRowState, 'tags' | 'group'> | null,
  identity: Identity,
): DeviceDescription | null {
  const name = wish.nameTag === null ? null : nameOf(wish.nameTag, identity);
  const tags = { ...wish.tags, ...(name === null ? {} : { [NAME_TAG]: name }), ...row?.tags };
  const group = row?.group ?? wish.group;
  return group === null && Object.keys(tags).length === 0 ? null : { tags, group };
}

/**
 * A name with values of the identity in place of `{attribute}`, spelled as its modifiers say (`{mac:nocolon}`); null where
 * the identity lacks one of them, or there is no such modifier.
 */
export function nameOf(template: string, identity: Identity): string | null {
  let name = '';
  let from = 0;
  for (const match of template.matchAll(PLACE)) {
    const [whole, attribute = '', modifiers = ''] = match;
    const value = Object.hasOwn(identity, attribute) ? identity[attribute] : undefined;
    const spelled =
      value === undefined ? null : spelledAs(typeof value === 'string' ? value : value.join(','), modifiers);
    if (spelled === null) return null;
    name += template.slice(from, match.index) + spelled;
    from = match.index + whole.length;
  }
  return name + template.slice(from);
}

function spelledAs(value: string, modifiers: string): string | null {
  let spelled = value;
  for (const modifier of modifiers.split(':').slice(1)) {
    const modify = Object.hasOwn(MODIFIERS, modifier) ? MODIFIERS[modifier] : undefined;
    if (modify === undefined) return null;
    spelled = modify(spelled);
  }
  return spelled;
}

/** What a board's person should know: that a name was asked for and its identity has not what it is made of. */
export function nameNotes({ nameTag }: InventoryWish, identity: Identity | null): readonly string[] {
  if (nameTag === null || identity === null || nameOf(nameTag, identity) !== null) return [];
  return [
    `No name tag is set: "${nameTag}" cannot be made of this identity (it has ${Object.keys(identity).join(', ')}).`,
  ];
}
