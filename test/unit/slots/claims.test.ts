import { expect, test } from 'vitest';
import type { KeyFingerprint } from '../../../src/model/key.ts';
import { LineLog } from '../../../src/slots/line-log.ts';
import { Claims } from '../../../src/slots/claims.ts';

test('an identity is one job’s at a time, whatever the order of its keys', () => {
  const claims = new Claims();
  const first = claims.identity({ mac: 'm', serial: 's' }, 'port1');
  expect(() => claims.identity({ serial: 's', mac: 'm' }, 'port2')).toThrow(
    'Another board with the same identity (s m) is being provisioned on port1.',
  );
  claims.identity({ mac: 'other', serial: 's' }, 'port2');
  first[Symbol.dispose]();
  claims.identity({ serial: 's', mac: 'm' }, 'port2');
});

test('a key is one board’s, and a refused claim takes nothing from its holder', () => {
  const claims = new Claims();
  const key = 'sha256:aa' as KeyFingerprint;
  claims.key(key, 'port1');
  for (let count = 0; count < 2; count += 1)
    expect(() => claims.key(key, 'port2')).toThrow('This key was already given to the board on port1.');
});

test('a transcript keeps the end of a board that talks without end, and is told in bundles', () => {
  const told: number[] = [];
  using log = new LineLog((entries) => told.push(entries.length));
  for (let at = 0; at < 10_000; at += 1) log.add({ at, way: 'received', text: 'x' });
  expect(log.entries()).toHaveLength(4_000);
  expect(log.entries().at(-1)?.at).toBe(9_999);
  expect(told).toEqual([]);
  log.flush();
  expect(told).toHaveLength(1);
  log.flush();
  expect(told).toHaveLength(1);
});
