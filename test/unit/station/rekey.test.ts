import { expect, test } from 'vitest';
import type { StationEvent } from '../../../src/contract.ts';
import { open } from './home.ts';

const REHEARSAL = { server: 'rehearsal', profile: 'mender' } as const;
const REASON = { code: 'returned' } as const;

test.each(['2026', '2023'] as const)(
  'a unit is provisioned, comes back, and gets a new key through the station, %s',
  async (mode) => {
    const { station } = await open();
    const { slots } = await station.call('rehearsal.start', { boards: 1, mode });
    const port = slots.find(({ simulated }) => simulated)?.port ?? '';
    const first = await station.call('provision', { ports: [port], ...REHEARSAL });
    const told: StationEvent[] = [];
    station.subscribe((event) => told.push(event));
    const { jobs } = await station.call('rekey', { port, ...REHEARSAL, reason: REASON });
    expect(jobs).toMatchObject([{ verdict: 'pass', oldKey: 'refused-tested', error: null }]);
    expect(jobs[0]?.deviceId).toBe(first.jobs[0]?.deviceId);
    expect(jobs[0]?.keyFingerprint).not.toBe(first.jobs[0]?.keyFingerprint);
    const views = told.flatMap((event) => (event.type === 'job' ? [event.job] : []));
    expect(new Set(views.map(({ flow }) => flow))).toEqual(new Set(['rekey']));
    expect(views.at(-1)).toMatchObject({ state: 'ended', waiting: null });
    const [record] = await station.call('journal.list', { limit: 1 });
    expect(record).toMatchObject({ verdict: 'pass' });
  },
  60_000,
);

test('a re-keying cannot keep the key, and wants a reason', async () => {
  const { station } = await open();
  const { slots } = await station.call('rehearsal.start', { boards: 1 });
  const port = slots.find(({ simulated }) => simulated)?.port ?? '';
  await expect(
    station.call('rekey', { port, ...REHEARSAL, reason: REASON, keySource: 'keep' }),
  ).rejects.toMatchObject({ code: 'station/usage' });
  await expect(
    station.call('rekey', { port, ...REHEARSAL, reason: { code: 'other', text: ' ' } }),
  ).rejects.toMatchObject({ code: 'station/usage' });
});
