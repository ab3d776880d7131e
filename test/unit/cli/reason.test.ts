import { expect, it } from 'vitest';
import { reasonOf } from '../../../src/cli/reason.ts';

it.each([
  ['returned', { code: 'returned', text: '' }],
  ['returned: RMA 17', { code: 'returned', text: 'RMA 17' }],
  [' key-exposed :found: on a forum ', { code: 'key-exposed', text: 'found: on a forum' }],
  ['other: fell off a truck', { code: 'other', text: 'fell off a truck' }],
  ['fell off a truck: twice', { code: 'other', text: 'fell off a truck: twice' }],
])('the reason %j of a re-key is one of the list, words, or both', (text, reason) => {
  expect(reasonOf(text)).toEqual(reason);
});
