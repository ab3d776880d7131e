import { expect, it } from 'vitest';
import { CALLS } from '../../../src/contract.ts';
import { CALL_RULES, ROLE_RIGHTS, rightsFor, type CallCase, type Right } from '../../../src/model/rights.ts';

const CASE: CallCase = { params: {}, simulated: false, freely: false };

it('has a row for every call of the contract', () => {
  expect(Object.keys(CALLS).filter((name) => !Object.hasOwn(CALL_RULES, name))).toEqual([]);
});

it('lets nobody but an admin change who may work here, the servers, the settings and the record', () => {
  const admins: readonly Right[] = ['people', 'servers', 'settings', 'restore', 'approve', 'batches'];
  for (const right of admins) {
    expect(ROLE_RIGHTS.technician).not.toContain(right);
    expect(ROLE_RIGHTS.field).not.toContain(right);
    expect(ROLE_RIGHTS.admin).toContain(right);
  }
});

it('gives what ends devices and foreign keys with no role', () => {
  for (const rights of Object.values(ROLE_RIGHTS)) {
    expect(rights).not.toContain('decommission');
    expect(rights).not.toContain('remove-auth-sets');
  }
  const former = { ...CASE, params: { decommissionFormer: true } };
  expect(rightsFor(CALL_RULES.rekey, former)).toContain('decommission');
  expect(rightsFor(CALL_RULES.rekey, CASE)).toEqual(['rekey']);
});

it('wants for a mended batch what the mending does', () => {
  const fix = (kind?: string): readonly Right[] =>
    rightsFor(CALL_RULES['batch.reconcile'], { ...CASE, params: kind === undefined ? {} : { fix: kind } });
  expect(fix()).toEqual(['test']);
  for (const kind of ['missing', 'pending'])
    for (const right of fix(kind)) expect(ROLE_RIGHTS.admin).toContain(right);
  expect(fix('pending')).toEqual(['batches']);
  for (const kind of ['dead', 'stray-pending']) expect(fix(kind)).toContain('remove-auth-sets');
  expect(fix('dead')).toContain('decommission');
  expect(fix('stray-pending')).not.toContain('decommission');
});

it('wants more for boards without a batch, unless the bench is set so, and less for simulated ones', () => {
  const rule = CALL_RULES.provision;
  expect(rightsFor(rule, CASE)).toContain('provision-freely');
  expect(rightsFor(rule, { ...CASE, params: { batch: 'B-17' } })).toEqual(['provision']);
  expect(rightsFor(rule, { ...CASE, freely: true })).toEqual(['provision']);
  expect(rightsFor(rule, { ...CASE, simulated: true })).toEqual(['rehearse']);
});
