import { expect, test } from 'vitest';
import { compare } from '../../../../src/flows/preauthorize/reconcile.ts';
import type { AuthSet, Device } from '../../../../src/model/device.ts';
import type { KeyFingerprint } from '../../../../src/model/key.ts';

const OWN = `sha256:${'a'.repeat(64)}` as KeyFingerprint;
const OTHER = `sha256:${'b'.repeat(64)}` as KeyFingerprint;
const wanted = { identity: { serial: '1' }, fingerprint: OWN, tier: null, deviceId: 'd', line: 2 };

function device(...sets: readonly (readonly [KeyFingerprint, AuthSet['status']])[]): Device {
  const authSets = sets.map(([fingerprint, status], at) => ({ id: `set-${at}`, fingerprint, status }));
  return { id: 'd', identity: wanted.identity, status: 'accepted', authSets } as unknown as Device;
}

test.each(['accepted', 'preauthorized'] as const)(
  'a listed key that asks anew beside an %s one was given up: nothing offers to accept it',
  (status) => {
    expect(compare(device([OTHER, status], [OWN, 'pending']), wanted)).toMatchObject({
      kind: 'other-key',
      sets: [],
    });
  },
);

test('a listed key that waits where no other is in use can be accepted', () => {
  expect(compare(device([OWN, 'pending']), wanted)).toMatchObject({ kind: 'pending', sets: ['set-0'] });
  expect(compare(device([OTHER, 'rejected'], [OWN, 'pending']), wanted)).toMatchObject({ kind: 'pending' });
});
