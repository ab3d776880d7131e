import { expect, test } from 'vitest';
import { open } from './home.ts';

test('that the operating system keeps no key, and why, is told in the snapshot and by doctor', async () => {
  const reason = 'This session has no key ring to keep secrets in.';
  const { station } = await open({ withoutKey: reason });
  const { keyProtection } = (await station.call('snapshot', {})).station;
  expect(keyProtection).toMatch(/mode 0600.* This session has no key ring to keep secrets in\.$/);
  const lines = await station.call('doctor', {});
  expect(lines.find(({ check }) => check === 'key store')).toMatchObject({
    state: 'note',
    text: keyProtection,
  });
});
