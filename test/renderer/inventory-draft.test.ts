import { expect, test } from 'vitest';
import { inventoryFrom, NO_INVENTORY } from '../../renderer/features/set-up/inventory-draft.ts';

test('nothing is asked for where nothing is said', () => {
  expect(inventoryFrom(NO_INVENTORY)).toEqual({ wish: null });
  expect(inventoryFrom({ nameTag: ' ', tags: '\n \n', group: ' ' })).toEqual({ wish: null });
});

test('what is said is asked for, each tag on its line', () => {
  const draft = { nameTag: ' gateway {mac} ', tags: 'order=4711\r\n\n line = a=b ', group: ' plant-7 ' };
  expect(inventoryFrom(draft)).toEqual({
    wish: { nameTag: 'gateway {mac}', tags: { order: '4711', line: 'a=b' }, group: 'plant-7' },
  });
  expect(inventoryFrom({ ...NO_INVENTORY, group: 'plant-7' })).toEqual({ wish: { group: 'plant-7' } });
});

const form = (line: string): string => `“${line}” is no NAME=VALUE of 256 characters at most each.`;
const many = Array.from({ length: 21 }, (_, n) => `t${n}=1`).join('\n');

test.each([
  ['tags', 'order', form('order')],
  ['tags', '=4711', form('=4711')],
  ['tags', 'order=', form('order=')],
  ['tags', 'a=1\na=2', 'a is there twice.'],
  ['tags', many, 'A server takes 20 tags at most.'],
  ['group', 'plant 7', 'Letters, digits, - and _ only.'],
  ['nameTag', 'x'.repeat(257), 'One line of 256 characters at most.'],
])('what a server would refuse is told at its field: %s %j', (field, value, problem) => {
  expect(inventoryFrom({ ...NO_INVENTORY, [field]: value })).toEqual({
    problems: { nameTag: null, tags: null, group: null, [field]: problem },
  });
});
