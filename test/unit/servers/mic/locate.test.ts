import { expect, test } from 'vitest';
import { systemClock } from '../../../../src/model/clock.ts';
import { secret } from '../../../../src/model/secret.ts';
import { NO_PROXIES } from '../../../../src/servers/http/proxy.ts';
import { locateServer, type WantedServer } from '../../../../src/servers/index.ts';
import { code } from '../mender/bench.ts';
import { never, stackOf } from './bench.ts';

function locate(wanted: Partial<WantedServer>) {
  return locateServer(
    { name: 'stack', kind: 'mic', trust: { by: 'system' }, apiKey: null, ...wanted },
    { clock: systemClock, proxies: NO_PROXIES },
    never,
  );
}

test('a stack is found by its host, with its API key', async () => {
  const stack = await stackOf({ tls: true });
  const found = await locate({
    trust: { by: 'ca', pem: stack.ca },
    mic: { host: stack.stackHost, discovery: [stack.discoveryUrl] },
  });
  expect(found.url).toBe(stack.url);
  expect(found.apiKey?.reveal()).toBe(stack.apiKey);
  expect(found.mic).toMatchObject({ host: stack.stackHost, thingType: null });
});

test('a host that the discovery does not know is no stack', async () => {
  const stack = await stackOf();
  await expect(
    locate({ mic: { host: 'other.mic.telenorconnexion.com', discovery: [stack.discoveryUrl] } }),
  ).rejects.toThrow(code('server/no-such-stack', { host: 'other.mic.telenorconnexion.com' }));
});

test('a discovery service that is away is passed over', async () => {
  const gone = await stackOf();
  await gone.close();
  const stack = await stackOf();
  const found = await locate({
    mic: { host: stack.stackHost, discovery: [gone.discoveryUrl, stack.discoveryUrl] },
  });
  expect(found.url).toBe(stack.url);
  await expect(locate({ mic: { host: stack.stackHost, discovery: [gone.discoveryUrl] } })).rejects.toThrow(
    code('server/unreachable'),
  );
});

test('a base URL alone tells its key; a given key is taken unasked', async () => {
  const stack = await stackOf();
  expect((await locate({ url: stack.url })).apiKey?.reveal()).toBe(stack.apiKey);
  expect(stack.count('manifest')).toBe(1);
  expect((await locate({ url: stack.url, apiKey: secret('own') })).apiKey?.reveal()).toBe('own');
  expect(stack.count('manifest')).toBe(1);
  stack.faults.push({ on: 'manifest', act: { status: 403, json: { message: 'Forbidden' } } });
  await expect(locate({ url: stack.url })).rejects.toThrow(code('server/api-key-needed'));
});

test.each([
  {},
  { url: 'https://h/prod', mic: { host: 'h' } },
  { url: 'http://h.example/prod' },
  { url: 'nonsense' },
])('it is not looked for where the address is %j', async (wanted) => {
  await expect(locate(wanted)).rejects.toThrow(code('station/server-invalid'));
});

test('a Mender server has a URL, and no host or API key', async () => {
  await expect(locate({ kind: 'mender' })).rejects.toThrow(code('station/server-invalid'));
  await expect(locate({ kind: 'mender', url: 'https://x', mic: { host: 'x' } })).rejects.toThrow(
    code('station/server-invalid'),
  );
});
