/** What the record says of changes of trust, and that it says nothing secret. */
import { createHash, X509Certificate } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { DEFAULT_ADMIN, makeCertificate, startMenderServer } from '../../../src/rehearsal/server/index.ts';
import { spkiSha256 } from '../../../src/servers/http/trust.ts';
import { makeHome, open } from './home.ts';
import { recorded } from './recorded.ts';

const ADA = { name: 'Ada Admin', pin: '482913' } as const;
const SERVER = { name: 'bench' } as const;

test('whom the station trusts, and by what, is recorded with who said so', async () => {
  const tls = await makeCertificate();
  const server = await startMenderServer({ tls, mode: '2023', tenant: { token: 'canary-organization' } });
  onTestFinished(() => server.close());
  const home = makeHome();
  const { station } = await open({ home });
  const { station: elsewhere } = await open();
  await station.call('people.add', { ...ADA, role: 'admin' });
  const pin = spkiSha256(new X509Certificate(tls.cert));

  await station.call('server.add', { ...SERVER, url: server.url, trust: { by: 'ca', pem: server.ca ?? '' } });
  await station.call('server.pin', { ...SERVER, spkiSha256: pin });
  await station.call('server.login', {
    ...SERVER,
    user: DEFAULT_ADMIN.email,
    password: DEFAULT_ADMIN.password,
  });
  await station.call('server.read-tenant-token', SERVER);
  const { file, view } = await elsewhere.call('approver.export', {});
  await station.call('approver.add', { file });

  const ca = createHash('sha256')
    .update(server.ca ?? '')
    .digest('hex');
  const changes = recorded(home, 'setting-changed');
  expect(changes.map(({ setting, subject, to }) => [setting, subject, to])).toEqual([
    ['server', 'bench', `mender ${server.url} (ca sha256:${ca})`],
    ['server-trust', 'bench', `pin ${pin}`],
    ['tenant-token', 'bench', 'stored, as the server told it'],
    ['approver', view.station, view.key],
  ]);
  expect(changes.every(({ operator }) => operator === ADA.name)).toBe(true);
  expect(JSON.stringify(changes)).not.toContain('canary');
});

test('what was refused or failed is no change, and stands in no record', async () => {
  const home = makeHome();
  const { station } = await open({ home });
  await expect(station.call('server.pin', { ...SERVER, spkiSha256: 'x' })).rejects.toMatchObject({
    code: 'station/unknown-server',
  });
  await expect(station.call('approver.add', { file: '{}' })).rejects.toThrow();
  expect(recorded(home, 'setting-changed')).toEqual([]);
});
