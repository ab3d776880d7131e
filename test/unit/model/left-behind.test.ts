import { expect, it } from 'vitest';
import { leftBehind, type RecordedStep } from '../../../src/model/left-behind.ts';

/** `stage-key` is an intent alone, `stage-key done` one with its outcome. */
function record(...words: readonly string[]): readonly RecordedStep[] {
  return words.map((word) => {
    const [action = '', outcome = null] = word.split(' ');
    return { step: 'stage', action, outcome: outcome as RecordedStep['outcome'] };
  });
}

const STAGED = ['stage-key done', 'auth-request done'];

it.each([
  ['is read', [], true, /nothing is changed/],
  ['has its clock set', ['set-clock'], true, /clock of the board may have been set/],
  ['is being given a key', ['stage-key'], true, /as it was\. A new key may lie staged.*nothing was sent/],
  ['failed to be given a key', ['stage-key failed'], true, /may lie staged/],
  [
    'has a key that is sent',
    ['stage-key done', 'auth-request'],
    true,
    /may be pending.*nothing was accepted/,
  ],
  [
    'has its key taken back',
    [...STAGED, 'remove-auth-set done', 'discard-staged done'],
    true,
    /nothing is changed/,
  ],
  ['had its key taken from the server alone', [...STAGED, 'remove-auth-set done'], true, /nothing was sent/],
  [
    'may still have what was being taken back',
    [...STAGED, 'remove-auth-set done', 'discard-staged'],
    true,
    /may lie/,
  ],
  ['may be accepted', [...STAGED, 'accept-auth-set'], false, /may have accepted the new key/],
  ['is accepted', [...STAGED, 'accept-auth-set done'], false, /has accepted the new key/],
  [
    'is being switched',
    [...STAGED, 'accept-auth-set done', 'switch-key'],
    false,
    /old or its new key, whole/,
  ],
  [
    'was switched, perhaps',
    [...STAGED, 'accept-auth-set done', 'switch-key unknown'],
    false,
    /old or its new/,
  ],
  [
    'was surely not switched',
    [...STAGED, 'accept-auth-set done', 'switch-key failed'],
    false,
    /may be refused/,
  ],
  ['is switched', [...STAGED, 'accept-auth-set done', 'switch-key done'], true, /new key is in use/],
  ['is only configured', ['configure'], true, /configuration of its client may have been brought up to date/],
  [
    'keeps a key that is accepted',
    ['auth-request done', 'accept-auth-set done'],
    true,
    /server has accepted it/,
  ],
] as const)('a board that %s', (_, words, safe, left) => {
  const found = leftBehind('provision', true, record(...words));
  expect(found.left).toMatch(left);
  expect(found.safe).toBe(safe);
});

it('a board that was never read has been left alone', () => {
  expect(leftBehind('provision', false, [])).toMatchObject({ step: null, safe: true });
  expect(leftBehind('provision', false, []).left).toMatch(/had not been read yet: nothing was changed/);
});

it('a re-key that announced its key leaves both keys good, and one that switched says that the old may still be', () => {
  const announced = leftBehind('rekey', true, record('stage-key done', 'preauthorize'));
  expect(announced).toMatchObject({ safe: true });
  expect(announced.left).toMatch(/still accepted.*may be preauthorized/);
  const switched = leftBehind(
    'rekey',
    true,
    record('stage-key done', 'preauthorize done', 'switch-key done'),
  );
  expect(switched.left).toMatch(/old key may still be accepted/);
});
