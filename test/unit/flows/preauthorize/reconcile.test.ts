import { expect, test } from 'vitest';
import { PacedCalls } from '../../../../src/flows/preauthorize/calls.ts';
import { reconcile, type ExpectedDevice } from '../../../../src/flows/preauthorize/reconcile.ts';
import { canonicalIdentity } from '../../../../src/model/identity.ts';
import { virtualTime } from '../../virtual-time.ts';
import { ModelServer, wishes } from './model-server.ts';

const never = new AbortController().signal;

test('a server that limits the rate is waited for while missing devices are asked for, and nothing found is lost', async () => {
  const clock = virtualTime();
  let calls = 0;
  const server = new ModelServer({
    clock,
    mode: '2026',
    trouble: () => ((calls += 1) % 10 === 0 ? 'busy' : 'none'),
  });
  const rows = wishes(60);
  for (const row of rows.slice(0, 20)) server.put(row.identity, [[row, 'preauthorized']], 'preauthorized');
  const expected = new Map<string, ExpectedDevice>(
    rows.map(({ identity, fingerprint }, at) => [
      canonicalIdentity(identity),
      { identity, fingerprint, tier: null, deviceId: `gone-${at}`, line: at + 2 },
    ]),
  );
  const began = clock.monotonic();
  const work = reconcile(
    server,
    {
      of: (identity) => expected.get(canonicalIdentity(identity)) ?? null,
      all: () => expected.values(),
      isExtra: () => false,
    },
    new PacedCalls({ clock, serverName: 'model', concurrency: 1 }),
    never,
  );
  const kinds: string[] = [];
  let next = await work.next();
  for (; next.done !== true; next = await work.next()) kinds.push(next.value.kind);
  expect(next.value).toEqual({ devices: 20, matching: 20 });
  expect(kinds).toEqual(Array.from({ length: 40 }, () => 'missing'));
  // Four times it asked for five seconds, and nobody came before they were over.
  expect(clock.monotonic() - began).toBeGreaterThan(20_000);
  expect(server.early).toBe(0);
});
