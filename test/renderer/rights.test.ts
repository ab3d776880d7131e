import { expect, test } from 'vitest';
import { mayMend, whyNot, whyNotFinish } from '../../renderer/rights.ts';
import { INITIAL } from '../../renderer/state.ts';
import { RECONCILE_FIXES } from '../../src/contract/preauthorize.ts';
import { ROLE_RIGHTS, type Right } from '../../src/model/rights.ts';
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

test('what a comparison found is offered to be mended by whoever has the rights for its kind', () => {
  const may = (...rights: readonly Right[]): readonly string[] =>
    RECONCILE_FIXES.filter((fix) => mayMend({ ...TOM, rights }, fix));
  expect(may(...ROLE_RIGHTS.technician)).toEqual([]);
  expect(may('batches')).toEqual(['missing', 'pending']);
  expect(may('batches', 'remove-auth-sets')).toEqual(['missing', 'stray-pending', 'pending']);
  expect(may('batches', 'remove-auth-sets', 'decommission')).toEqual(RECONCILE_FIXES);
});
