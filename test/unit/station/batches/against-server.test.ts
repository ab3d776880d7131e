import { createPublicKey } from 'node:crypto';
import { expect, it } from 'vitest';
import { virtualTime } from '../../virtual-time.ts';
import { board, logIn, Ports, startServer, stationOn } from '../boards.ts';
import { makeHome } from '../home.ts';
import { newKey, write } from './files.ts';

const mac = (n: number): string => `52:54:00:cd:00:0${n}`;

it('rows are held against the devices of a server: those that it has are named, those that it has as they are noted', async () => {
  const time = virtualTime();
  const ports = new Ports();
  const station = await stationOn(makeHome(), ports, time);
  const server = await startServer();
  await logIn(station, server);
  ports.put('port1', board(time, 1));
  const { jobs } = await station.call('provision', { ports: ['port1'], server: 'bench', profile: 'mender' });
  expect(jobs).toMatchObject([{ verdict: 'pass' }]);
  const look = await station.call('identify', { port: 'port1', profile: 'mender' });
  const key = 'publicKey' in look.board.key ? (look.board.key.publicKey?.pem ?? '') : '';
  const base64 = createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('base64');

  // Another station, which has not seen this board.
  const other = await stationOn(makeHome(), new Ports(), time);
  await logIn(other, server);
  const check = async (lines: readonly string[]): Promise<readonly string[]> => {
    const report = await other.call('batch.check', { path: write(lines), server: 'bench' });
    expect(report.server).toBe('bench');
    return [...report.problems, ...report.notes].map(({ line, code }) => `${line} ${code}`);
  };
  expect(await check(['mac', mac(1), mac(2)])).toEqual(['2 identity-on-server']);
  expect(await check(['mac,pubkey', `${mac(1)},${newKey().base64}`])).toEqual(['2 identity-on-server']);
  expect(await check(['mac,pubkey', `${mac(1)},${base64}`])).toEqual(['2 already-on-server']);
  expect(await check(['mac,pubkey', `${mac(3)},${base64}`])).toEqual(['2 key-on-server']);
}, 60_000);
