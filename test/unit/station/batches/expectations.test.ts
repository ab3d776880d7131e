import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CallInput, ProvisionReport } from '../../../../src/contract.ts';
import { keyFingerprint } from '../../../../src/journal/chain.ts';
import { openJournal } from '../../../../src/journal/index.ts';
import type { BatchId } from '../../../../src/model/batch.ts';
import { DEFAULT_ADMIN } from '../../../../src/rehearsal/server/index.ts';
import { systemClock } from '../../../../src/model/clock.ts';
import type { Station } from '../../../../src/station.ts';
import { parseCsv } from '../../journal/parse-csv.ts';
import { virtualTime } from '../../virtual-time.ts';
import { board, logIn, Ports, startServer, stationOn } from '../boards.ts';
import { makeHome } from '../home.ts';
import { newKey, write } from './files.ts';

const mac = (n: number): string => `52:54:00:cd:00:0${n}`;

/** A station with boards 1 to `boards` on ports of the same number, and a batch of these lines. */
async function bench(boards: number, lines: readonly string[]) {
  const time = virtualTime();
  const home = makeHome();
  const ports = new Ports();
  const station = await stationOn(home, ports, time);
  await logIn(station, await startServer());
  for (let n = 1; n <= boards; n++) ports.put(`port${n}`, board(time, n));
  await station.call('batch.import', { path: write(lines), name: 'spring' });
  const provision = (numbers: readonly number[], more: Partial<CallInput<'provision'>> = {}) =>
    station.call('provision', {
      ports: numbers.map((n) => `port${n}`),
      server: 'bench',
      profile: 'mender',
      batch: 'spring',
      ...more,
    });
  return { station, provision, home, ports, time };
}

const codes = ({ jobs }: ProvisionReport): readonly (string | null)[] =>
  jobs.map(({ error, verdict }) => error?.code ?? verdict);
const counts = async (
  station: Station,
): Promise<readonly [units: number, open: boolean, admitted: number]> => {
  const { units, open, admitted } = await station.call('batch.show', { name: 'spring' });
  return [units, open, admitted];
};

describe('boards that are expected', () => {
  it('are counted n of N, a stranger and a repeat are refused untouched, and the last one closes the batch', async () => {
    const { station, provision } = await bench(3, ['mac', mac(1), mac(2)]);
    const first = await provision([1, 3]);
    expect(codes(first)).toEqual(['pass', 'batch/stranger']);
    const stranger = first.jobs[1];
    expect(stranger).toMatchObject({ verdict: 'stopped', deviceId: null });
    expect(stranger?.steps.map(({ step }) => step)).not.toContain('look-up');
    expect(await counts(station)).toEqual([1, true, 0]);
    expect(codes(await provision([1]))).toEqual(['batch/repeat']);
    expect(codes(await provision([2]))).toEqual(['pass']);
    expect(await station.call('batch.show', { name: 'spring' })).toMatchObject({
      units: 2,
      open: false,
      closed: { why: 'full' },
    });
    await expect(provision([3])).rejects.toMatchObject({ code: 'batch/closed' });
    expect(await station.call('batch.rows', { name: 'spring' })).toMatchObject([
      { unit: { verdict: 'pass', job: first.jobs[0]?.job } },
      { unit: { verdict: 'pass' } },
    ]);
    expect(await station.call('journal.list', { limit: 1 })).toMatchObject([{ batch: 'spring' }]);
    await expect(station.call('batch.remove', { name: 'spring' })).rejects.toMatchObject({
      code: 'batch/in-use',
    });
  }, 60_000);

  it('beyond the list are let through by who may, and that is on record', async () => {
    const { station, provision } = await bench(3, ['mac', mac(1), mac(2)]);
    expect(codes(await provision([3], { allow: ['stranger'] }))).toEqual(['pass']);
    expect(codes(await provision([1]))).toEqual(['pass']);
    expect(codes(await provision([1], { allow: ['stranger'] }))).toEqual(['batch/repeat']);
    expect(codes(await provision([1], { allow: ['repeat'] }))).toEqual(['already']);
    expect(await counts(station)).toEqual([1, true, 2]);
  }, 60_000);

  it('are no simulated ones, and no real one is taken to a rehearsal for a batch', async () => {
    const { station, provision } = await bench(1, ['mac', mac(1)]);
    await station.call('rehearsal.start', { boards: 1 });
    const { slots } = await station.call('snapshot', {});
    const simulated = slots.find((slot) => slot.simulated)?.port ?? '';
    for (const [port, server] of [
      ['port1', 'rehearsal'],
      [simulated, 'rehearsal'],
      [simulated, 'bench'],
    ] as const)
      await expect(
        station.call('provision', { ports: [port], server, profile: 'mender', batch: 'spring' }),
      ).rejects.toMatchObject({ code: 'batch/simulated' });
    expect(await station.call('journal.list', {})).toEqual([]);
    expect(codes(await provision([1]))).toEqual(['pass']);
  }, 60_000);

  it('are told in a dry run as they would be in earnest, and nothing is recorded', async () => {
    const { station } = await bench(2, ['mac', mac(1)]);
    const plans = await station.call('provision.plan', {
      ports: ['port1', 'port2'],
      server: 'bench',
      profile: 'mender',
      batch: 'spring',
    });
    expect(plans.map(({ ends, error }) => error?.code ?? ends)).toEqual(['pass', 'batch/stranger']);
    expect(await counts(station)).toEqual([0, true, 0]);
    expect(await station.call('journal.list', {})).toEqual([]);
  }, 60_000);

  it('are refused by a batch that was closed, and a batch that is not there', async () => {
    const { station, provision } = await bench(1, ['mac', mac(1)]);
    await expect(provision([1], { batch: 'autumn' })).rejects.toMatchObject({ code: 'batch/unknown' });
    await station.call('batch.close', { name: 'spring' });
    await expect(provision([1])).rejects.toMatchObject({ code: 'batch/closed' });
    expect(await station.call('journal.list', {})).toEqual([]);
  }, 60_000);

  it('whose last one was through when the station was cut off: the batch is closed at its next start', async () => {
    const { station, home, ports, time } = await bench(1, ['mac', mac(1)]);
    await station[Symbol.asyncDispose]();
    {
      using journal = openJournal(join(home, 'journal.db'), {
        stationId: 'ST-0000000001',
        clock: systemClock,
        holder: { program: 'test' },
      });
      const batch = journal.batches.list()[0]?.id ?? ('' as BatchId);
      journal.append({
        kind: 'batch-merged',
        batch,
        file: 'other.json',
        station: 'ST-0000000002',
        stationKey: `sha256:${'0'.repeat(64)}` as never,
        units: [
          {
            line: 2,
            job: 'J1',
            at: '2026-11-21T08:00:00.000Z',
            verdict: 'pass',
            fingerprint: null,
            deviceId: null,
            proof: null,
            operator: null,
          },
        ],
        operator: null,
      });
    }
    const again = await stationOn(home, ports, time);
    expect(await again.call('batch.show', { name: 'spring' })).toMatchObject({ closed: { why: 'full' } });
  });
});

describe('boards whose keys are known', () => {
  it('keep the key that the batch has for them; with another one they are refused untouched', async () => {
    const first = await bench(1, ['mac,pubkey', `${mac(1)},${newKey().base64}`]);
    const report = await first.provision([1]);
    expect(codes(report)).toEqual(['batch/other-key']);
    expect(report.jobs[0]).toMatchObject({ verdict: 'stopped', deviceId: null });
    await expect(first.provision([1], { keySource: 'generate' })).rejects.toMatchObject({
      code: 'station/usage',
    });
    expect(codes(await first.provision([1], { allow: ['other-key'] }))).toEqual(['pass']);
    expect(await counts(first.station)).toEqual([1, false, 1]);
  }, 60_000);

  it('are provisioned at the server that their keys were sent to, and at no other', async () => {
    const { station, provision } = await bench(1, ['mac,pubkey', `${mac(1)},${newKey().base64}`]);
    const other = await startServer();
    await station.call('server.add', { name: 'other', url: other.url });
    await station.call('server.login', {
      name: 'other',
      user: DEFAULT_ADMIN.email,
      password: DEFAULT_ADMIN.password,
      keep: true,
    });
    await station.call('batch.preauthorize', { name: 'spring', server: 'bench' });
    await expect(provision([1], { server: 'other' })).rejects.toMatchObject({
      code: 'batch/other-server',
      details: { server: 'bench' },
    });
    expect(await station.call('journal.list', {})).toEqual([]);
    await station.call('batch.take-back', { name: 'spring', server: 'bench' });
    expect(codes(await provision([1], { server: 'other' }))).toEqual(['batch/other-key']);
  }, 60_000);

  it('count when they have it', async () => {
    const { station, provision } = await bench(1, ['mac', mac(9)]);
    const look = await station.call('identify', { port: 'port1', profile: 'mender' });
    const key = look.board.key;
    const pem = 'publicKey' in key ? (key.publicKey?.pem ?? '') : '';
    await station.call('batch.import', {
      path: write(['mac,pubkey', `${mac(1)},${pem.replaceAll('\n', '\\n')}`]),
      name: 'keyed',
    });
    expect(codes(await provision([1], { batch: 'keyed' }))).toEqual(['pass']);
    expect(await station.call('batch.show', { name: 'keyed' })).toMatchObject({ units: 1, open: false });
  }, 60_000);
});

describe('the certificate of a batch', () => {
  it('lists every board that is through, with the head of the record and the key of the station', async () => {
    const { station, provision } = await bench(2, ['mac', mac(1), mac(2), mac(3)]);
    const { jobs } = await provision([1, 2]);
    const folder = makeHome();
    const write = async (format: 'csv' | 'json' | 'pdf', force = false): Promise<Buffer> => {
      const path = join(folder, `spring.${format}`);
      expect(await station.call('batch.certificate', { name: 'spring', format, path, force })).toMatchObject({
        rows: 2,
      });
      return readFileSync(path);
    };
    const { head } = (await station.call('snapshot', {})).journal;
    const document = JSON.parse((await write('json')).toString()) as {
      body: { head: object; units: object[]; batch: object };
      key: string;
    };
    expect(document.body.head).toEqual({ seq: head?.seq, hash: head?.hash });
    expect(keyFingerprint(document.key)).toBe(head?.key);
    expect(document.body.units).toMatchObject(
      jobs.map(({ job, keyFingerprint: fingerprint, proof, deviceId }) => ({
        job,
        fingerprint,
        proof,
        deviceId,
      })),
    );
    const [header, ...rows] = parseCsv((await write('csv')).toString());
    expect(rows.map((row) => row[header?.indexOf('key_fingerprint') ?? -1])).toEqual(
      jobs.map((job) => job.keyFingerprint),
    );
    expect(rows[0]).toContain(`${head?.seq ?? 0}:${head?.hash ?? ''}`);
    expect((await write('pdf')).subarray(0, 5).toString()).toBe('%PDF-');
    await write('pdf', true);
    await expect(write('pdf')).rejects.toMatchObject({ code: 'station/file-exists' });
  }, 60_000);
});
