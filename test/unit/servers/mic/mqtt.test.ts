import dns from 'node:dns';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { NO_PROXIES, takeProxies } from '../../../../src/servers/http/proxy.ts';
import { tryMqtt, type MqttTrial } from '../../../../src/servers/mic/mqtt.ts';
import { code } from '../mender/bench.ts';
import { profileOf } from '../peers.ts';
import { never } from './bench.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const TRIAL: MqttTrial = {
  profile: profileOf('https://stack.example'),
  endpoint: { host: 'mqtt.example', port: 8883 },
  clientId: 'thing',
  context: createSecureContext(),
  deadlineMs: 10_000,
  proxies: NO_PROXIES,
  signal: never,
};

test('a trial that is given up while a proxy keeps it waiting ends at once, and leaves no tunnel behind', async () => {
  const proxy = createServer();
  const connected = once(proxy, 'connection') as Promise<[Socket]>;
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void proxy.close());
  const proxies = takeProxies({ HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` });
  const givenUp = new AbortController();
  const reason = new Error('given up');
  const trial = expect(tryMqtt({ ...TRIAL, proxies, signal: givenUp.signal })).rejects.toBe(reason);
  const [socket] = await connected;
  onTestFinished(() => void socket.destroy());
  await once(socket, 'data');
  givenUp.abort(reason);
  await trial;
  const closed = once(socket, 'end');
  socket.resume().write('HTTP/1.1 200 Connection established\r\n\r\n');
  await closed;
});

test('a trial at an endpoint that is never reached keeps no connection beyond its deadline', async () => {
  // No address ever comes: the socket is connecting for as long as it lives.
  vi.spyOn(dns, 'lookup').mockImplementation(() => undefined);
  const ended = vi.spyOn(TLSSocket.prototype, 'destroy');
  await expect(tryMqtt({ ...TRIAL, deadlineMs: 20 })).rejects.toThrow(code('server/timeout'));
  expect(ended.mock.contexts).toEqual([expect.objectContaining({ destroyed: true })]);
});
