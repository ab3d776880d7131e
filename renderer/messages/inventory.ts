import type { InventoryState } from '../../src/model/inventory.ts';

const count = (n: number, word: string): string => `${n.toLocaleString('en')} ${word}`;

/** Texts of what devices are called on the server: name tag, tags and group. */
export const inventoryMessages = {
  title: 'Tags and group',
  states: { open: 'pending', done: 'set', failed: 'failed' } satisfies Record<InventoryState, string>,
  /** Under a verdict, where there is little room. */
  inShort: {
    open: 'Tags and group follow',
    done: 'Tags and group set',
    failed: 'Tags and group not set',
  } satisfies Record<InventoryState, string>,
  named: (state: string, words: string) => (words === '' ? state : `${state}: ${words}`),
  group: (name: string) => `group ${name}`,
  counts: ({ open, done, failed }: Readonly<Record<InventoryState, number>>) =>
    [
      ...(done > 0 ? [count(done, 'set')] : []),
      ...(open > 0 ? [count(open, 'pending')] : []),
      ...(failed > 0 ? [count(failed, 'failed')] : []),
    ].join(', '),
  settings: {
    title: 'Name, tags and group on the server',
    help: 'Set once a board is through. What the row of a batch says comes first, and then the profile where nothing is said here.',
    nameTag: 'Name',
    nameTagHelp:
      'As the server’s pages show it. {mac} stands for a value of the identity: gateway {mac:nocolon}',
    tags: 'Tags',
    tagsHelp: 'NAME=VALUE, one on each line.',
    group: 'Group',
    groupHelp: 'Letters, digits, - and _',
    badName: 'One line of 256 characters at most.',
    badTag: (line: string) => `“${line}” is no NAME=VALUE of 256 characters at most each.`,
    tagTwice: (name: string) => `${name} is there twice.`,
    manyTags: (most: number) => `A server takes ${most} tags at most.`,
    badGroup: 'Letters, digits, - and _ only.',
  },
  again: 'Set tags and groups again',
  apply: 'Set tags and groups of boards that have come',
  applied: ({
    wanted,
    before,
    notYet,
  }: {
    readonly wanted: number;
    readonly before: number;
    readonly notYet: number;
  }) =>
    `${count(wanted, 'asked for now')}, ${count(before, 'before')}; ${count(notYet, 'have not come yet')}`,
};
