import { expect, test } from 'vitest';
import { whyNot, whyNotFinish } from '../../renderer/rights.ts';
import { INITIAL } from '../../renderer/state.ts';
import { ROLE_RIGHTS } from '../../src/model/rights.ts';
import { interrupted } from './fake-station.ts';

const TOM = {
  ...INITIAL.people,
  defined: true,
  person: 'Tom',
  rights: ROLE_RIGHTS.technician,
  rules: { ...INITIAL.people.rules, provisionFreely: false },
};

test('a job that was cut is finished by whoever could begin it', () => {
  const free = interrupted(1);
  expect(whyNotFinish(TOM, free)).toMatch(/^Tom may not provision boards without a batch\./);
  expect(whyNotFinish(TOM, interrupted(1, { right: 'provision' }))).toBeNull();
  expect(whyNotFinish(TOM, interrupted(1, { right: 'rekey' }))).toMatch(/^Tom may not re-key/);
  const freely = { ...TOM, rules: { ...TOM.rules, provisionFreely: true } };
  expect(whyNotFinish(freely, free)).toBeNull();
});

test('behind the lock the reason is the lock', () => {
  const locked = { ...TOM, locked: true, rights: ['look'] as const };
  expect(whyNot(locked, 'export')).toMatch(/sign in first/);
  expect(whyNot(locked, 'look')).toBeNull();
});
