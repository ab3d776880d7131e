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

test.each(['accepted', 'preauthorized', 'pending'] as const)(
  'a device that is being decommissioned matches nothing, whatever it still shows (%s), and nothing mends it',
  (status) => {
    const found = compare({ ...device([OWN, status]), decommissioning: true }, wanted);
    expect(found).toMatchObject({ kind: 'other-status', sets: [] });
    expect(found?.found).toContain('decommissioning');
  },
);

test('a listed key that waits where no other is in use can be accepted', () => {
  expect(compare(device([OWN, 'pending']), wanted)).toMatchObject({ kind: 'pending', sets: ['set-0'] });
  expect(compare(device([OTHER, 'rejected'], [OWN, 'pending']), wanted)).toMatchObject({ kind: 'pending' });
});
