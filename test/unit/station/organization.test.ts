import { expect, test } from 'vitest';
import { board, Ports, startServer, stationOn } from './boards.ts';
import { makeHome } from './home.ts';
import { virtualTime } from '../virtual-time.ts';

test('identify says when a board has the token of another organization, and shows neither', async () => {
  const [time, ports, server] = [virtualTime(), new Ports(), await startServer()];
  const station = await stationOn(makeHome(), ports, time);
  await station.call('server.add', { name: 'ours', url: server.url });
  ports.put('one', board(time, 1, { client: { conf: { TenantToken: 'canary-of-others' } } }));
  ports.put('two', board(time, 2));
  const told = async (port: string): Promise<string> => {
    const report = await station.call('identify', { port, profile: 'mender' });
    expect(JSON.stringify(report)).not.toContain('canary');
    return report.warnings.join(' ');
  };
  // With no token of ours there is nothing to compare.
  expect(await told('one')).not.toContain('organization');
  await station.call('server.tenant-token', { name: 'ours', token: 'canary-of-ours' });
  expect(await told('one')).toContain('another organization’s token than the one stored for ours');
  expect(await told('two')).not.toContain('organization');
  await station.call('server.tenant-token', { name: 'ours', token: 'canary-of-others' });
  expect(await told('one')).not.toContain('organization');
});
