import { expect, onTestFinished, test } from 'vitest';
import { createHttpClient } from '../../../../src/servers/http/client.ts';
import { MIC_CALLS, type MicCall, micRequest } from '../../../../src/servers/mic/calls.ts';
import { MicGateway } from '../../../../src/servers/mic/gateway.ts';
import { always, listen, profileOf, restlessClock } from '../peers.ts';
import { never } from './bench.ts';

async function gatewayOf() {
  const peer = await listen(always(200));
  onTestFinished(() => peer[Symbol.asyncDispose]());
  const profile = { ...profileOf(`${peer.url}/prod`), kind: 'mic' } as const;
  const http = createHttpClient(profile, restlessClock());
  onTestFinished(() => http[Symbol.asyncDispose]());
  return { peer, gateway: new MicGateway(profile, http, () => null) };
}
const DOWNLOAD = { name: 'download', method: 'GET', path: '/things/a/certificate' } as const;

test.each([
  { method: 'DELETE', path: '/things/a' },
  { method: 'PATCH', path: '/users/a' },
  { method: 'DELETE', path: '/users/a' },
  { method: 'POST', path: '/things/find' },
  { method: 'POST', path: '/thingbatches' },
  { method: 'POST', path: '/auth/forgot-password' },
  { method: 'GET', path: '/users/a/data' },
  DOWNLOAD,
] as const)('$method $path is none of the calls that are made to a stack, and is not sent', async (call) => {
  const { peer, gateway } = await gatewayOf();
  await expect(gateway.open({ name: 'x', ...call }, never)).rejects.toMatchObject({
    code: 'server/call-not-allowed',
    unchanged: 'Nothing was sent to the server.',
  });
  expect(peer.requests).toEqual([]);
});

test('all of the table are sent, below the path of the stack, with names as a person or a board chose them', async () => {
  const { peer, gateway } = await gatewayOf();
  const names = Object.keys(MIC_CALLS) as MicCall[];
  for (const name of names)
    await gateway.open(micRequest(name, { id: '../a?b#c', query: { thingName: '/' } }), never);
  expect(peer.requests).toHaveLength(names.length);
  expect(peer.requests.every(({ url }) => url?.startsWith('/prod/'))).toBe(true);
});

test('the one download that the stack describes is sent beside them, for any thing, and nothing else of its kind', async () => {
  const { peer, gateway } = await gatewayOf();
  gateway.allow({ method: 'GET', path: '/things/{}/certificate' });
  await gateway.open(DOWNLOAD, never);
  for (const call of [
    { ...DOWNLOAD, method: 'POST' },
    { ...DOWNLOAD, path: '/things/a/certificate/deactivate' },
    { ...DOWNLOAD, path: '/things/a/b/certificate' },
  ] as const)
    await expect(gateway.open(call, never)).rejects.toMatchObject({ code: 'server/call-not-allowed' });
  expect(peer.requests).toHaveLength(1);
});
