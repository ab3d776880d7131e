import http from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { startMenderServer } from '../../../../src/rehearsal/server/index.ts';
import { createMenderServer } from '../../../../src/servers/mender/index.ts';
import { listen, profileOf, restlessClock } from '../peers.ts';
import { ADMIN, MODES, code, never, newIdentity, newKey } from './bench.ts';

/**
 * A server behind a proxy that spoils the `Location` of the first `times` preauthorizations; with Infinity the proxy
 * answers them all by itself.
 */
async function spoiled(mode: (typeof MODES)[number], location: string, times: number) {
  const rehearsal = await startMenderServer({ mode, decommissionMs: 20 });
  let left = times;
  const proxy = await listen((request, response) => {
    const { method, headers, url = '' } = request;
    if (times === Infinity && method === 'POST' && url.endsWith('devauth/devices')) {
      response.writeHead(201, { location }).end();
      return;
    }
    const onwards = http.request(new URL(url, rehearsal.url), { method, headers }, (answer) => {
      const spoil = answer.statusCode === 201 && url.includes('devauth/devices') && left > 0;
      if (spoil) left -= 1;
      response.writeHead(answer.statusCode ?? 500, { ...answer.headers, ...(spoil ? { location } : {}) });
      answer.pipe(response);
    });
    request.pipe(onwards);
  });
  const server = createMenderServer(profileOf(proxy.url), { clock: restlessClock() });
  onTestFinished(async () => {
    await server[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
    await rehearsal.close();
  });
  await server.login(ADMIN, never);
  return { server, rehearsal };
}

test.each(
  MODES.flatMap((mode) => ['devices/%zz', 'devices/', ''].map((location) => [mode, location] as const)),
)(
  '%s: a preauthorization answered 201 with the location "%s" leaves nothing behind',
  async (mode, location) => {
    const { server, rehearsal } = await spoiled(mode, location, 1);
    expect(await server.findAfterKnock(newIdentity(), newKey(), never)).toBeNull();
    rehearsal.finishDecommissions();
    expect(rehearsal.inspect()).toEqual([]);
  },
);

test('a server that answers nothing but such 201s is none of Mender', async () => {
  const { server } = await spoiled('2026', 'devices/%zz', Infinity);
  await expect(server.findAfterKnock(newIdentity(), newKey(), never)).rejects.toThrow(
    code('server/not-mender'),
  );
});
