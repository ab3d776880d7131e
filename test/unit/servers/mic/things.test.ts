import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { secret } from '../../../../src/model/secret.ts';
import { IotAuthority } from '../../../../src/rehearsal/mic/authority.ts';
import { writeZip } from '../../../../src/rehearsal/mic/zip.ts';
import { thingNameOf } from '../../../../src/servers/mic/thing-name.ts';
import { code } from '../mender/bench.ts';
import { ADMIN, IDENTITY, micBench, never } from './bench.ts';

const NAME = thingNameOf(IDENTITY);

describe('the name of a thing', () => {
  test('follows from the identity, whatever its spelling', () => {
    expect(NAME).toMatch(/^52-54-00-c0-00-01-[0-9a-f]{20}$/);
    expect(thingNameOf({ b: '2', a: '1' })).toBe(thingNameOf({ a: '1', b: '2' }));
    expect(thingNameOf({ mac: '52:54:00:c0:00:02' })).not.toBe(NAME);
    expect(thingNameOf({ mac: '52-54-00-c0-00-01' })).not.toBe(NAME);
    expect(thingNameOf({ mac: ['52:54:00:c0:00:01'] })).not.toBe(NAME);
  });

  test.each([
    { sn: '' },
    { sn: '__' },
    { sn: 'ü_ß' },
    { sn: 'x'.repeat(5000) },
    { sn: 'a__b  c' },
    { sn: '漢字' },
  ])('is one that AWS IoT takes, also for %j', (identity) => {
    expect(thingNameOf(identity)).toMatch(/^(?!.*__)[a-zA-Z0-9:_-]{1,128}$/);
  });
});

describe('a board at a stack', () => {
  test('is made once, with its certificate and key, which belong together and are taken over MQTT', async () => {
    const { server, issuer, stack } = await micBench({ tls: true });
    await server.login(ADMIN, never);
    expect(await issuer.find(IDENTITY, never)).toBeNull();
    const device = await issuer.create(IDENTITY, never);
    expect(device).toEqual({ name: NAME });
    expect(await issuer.find(IDENTITY, never)).toEqual(device);
    const issued = await issuer.credentials(device, never);
    const key = createPrivateKey(Buffer.from(issued.privateKeyPem.reveal()));
    expect(new X509Certificate(issued.certificatePem).checkPrivateKey(key)).toBe(true);
    expect(String(issued.privateKeyPem)).toBe('[secret]');
    await issuer.prove(issued, never);
    expect(stack.connected).toEqual([NAME]);
    expect(stack.state.things.get(NAME)).toMatchObject({
      thingType: 'gateway',
      domain: 'bench',
      externalId: '{"mac":"52:54:00:c0:00:01"}',
    });
  });

  test.each(['before', 'after'] as const)(
    'is there once where the connection broke %s it was made',
    async (act) => {
      const { server, issuer, stack } = await micBench();
      await server.login(ADMIN, never);
      stack.faults.push({ on: 'create-thing', times: 1, act });
      expect(await issuer.create(IDENTITY, never)).toEqual({ name: NAME });
      expect(stack.state.things.size).toBe(1);
      expect(stack.count('create-thing')).toBe(act === 'before' ? 2 : 1);
    },
  );

  test('that was made meanwhile by another station is taken as it is', async () => {
    const { server, issuer, stack } = await micBench();
    await server.login(ADMIN, never);
    await issuer.create(IDENTITY, never);
    expect(await issuer.create(IDENTITY, never)).toEqual({ name: NAME });
    expect(stack.state.things.size).toBe(1);
  });

  test('whose thing says that it is another one’s is left alone', async () => {
    const { server, issuer, stack } = await micBench();
    await server.login(ADMIN, never);
    await issuer.create(IDENTITY, never);
    const thing = stack.state.things.get(NAME)!;
    stack.state.things.set(NAME, { ...thing, externalId: '{"mac":"other"}' });
    await expect(issuer.find(IDENTITY, never)).rejects.toThrow(code('server/thing-of-another'));
  });

  test('needs a thing type where the stack has several', async () => {
    const several = { thingTypes: ['gateway', 'sensor'] };
    const { server, issuer } = await micBench(several);
    await server.login(ADMIN, never);
    await expect(issuer.create(IDENTITY, never)).rejects.toThrow(
      code('server/thing-type-needed', { types: 'gateway, sensor' }),
    );
    const chosen = await micBench(several, {}, { thingType: 'sensor' });
    await chosen.server.login(ADMIN, never);
    await chosen.issuer.create(IDENTITY, never);
    expect(chosen.stack.state.things.get(NAME)).toMatchObject({ thingType: 'sensor' });
  });

  test('cannot be had where the stack’s own description has no download, and there is no new key for it', async () => {
    const { server, issuer, stack } = await micBench({ download: false });
    await server.login(ADMIN, never);
    await expect(issuer.requireReady(never)).rejects.toThrow(code('server/not-offered'));
    await expect(issuer.create(IDENTITY, never)).rejects.toThrow(code('server/not-offered'));
    expect(stack.state.things.size).toBe(0);
    expect(await issuer.whyNoNewKey(never)).toMatch(/swagger.* has no operation/);
    expect(await server.examine(never)).toContainEqual(
      expect.objectContaining({ check: 'certificates', state: 'bad' }),
    );
  });

  test.each(['swagger', 'manifest'] as const)(
    'goes on where another one, for which the stack’s %s was asked for as well, is given up',
    async (step) => {
      const { issuer, stack } = await micBench();
      const read = (signal: AbortSignal): Promise<unknown> =>
        step === 'swagger' ? issuer.requireReady(signal) : issuer.endpoint(signal);
      const other = new AbortController();
      const reason = new Error('given up');
      const givenUp = expect(read(other.signal)).rejects.toBe(reason);
      const goesOn = read(never);
      other.abort(reason);
      await givenUp;
      await goesOn;
      await read(never);
      expect(stack.count(step)).toBe(1);
      await expect(read(other.signal)).rejects.toBe(reason);
    },
  );

  test('is not asked for by what only servers of auth sets know', async () => {
    const { server } = await micBench();
    await expect(server.find(IDENTITY, null, never)).rejects.toThrow(code('server/not-offered'));
    await expect(server.preauthorize(IDENTITY, {} as never, 'x', never)).rejects.toThrow(
      code('server/not-offered'),
    );
    await expect(server.decommission('x', never)).rejects.toThrow(code('server/not-offered'));
  });
});

describe('what a stack gives as certificate and key', () => {
  async function offered(json: (name: string) => unknown) {
    const { server, issuer, stack } = await micBench();
    await server.login(ADMIN, never);
    const device = await issuer.create(IDENTITY, never);
    stack.faults.push({ on: 'download', act: { status: 200, json: json(NAME) } });
    return issuer.credentials(device, never);
  }
  const zip = (files: Record<string, string>): string => writeZip(files).toString('base64');

  test('may come as one member of an object', async () => {
    const one = await (await IotAuthority.make()).issue();
    const files = { [`${NAME}/cert.pem`]: one.certificate, [`${NAME}/privkey.pem`]: one.privateKey };
    expect(await offered(() => ({ data: zip(files) }))).toMatchObject({ certificateSha256: one.sha256 });
  });

  test.each(['no zip', null, 'UEsDBA==', { a: 1 }])('is refused where it is %j', async (json) => {
    await expect(offered(() => json)).rejects.toThrow(code('server/credentials-unusable'));
  });

  test('is refused where the key is another one’s, where one is missing, and where they are another thing’s', async () => {
    const authority = await IotAuthority.make();
    const [one, other] = await Promise.all([authority.issue(), authority.issue()]);
    for (const files of [
      { [`${NAME}/cert.pem`]: one.certificate, [`${NAME}/privkey.pem`]: other.privateKey },
      { [`${NAME}/cert.pem`]: one.certificate },
      { 'other/cert.pem': one.certificate, 'other/privkey.pem': one.privateKey },
      {
        [`${NAME}/cert.pem`]: one.certificate,
        [`${NAME}/privkey.pem`]: one.privateKey,
        [`${NAME}/pubkey.pem`]: other.publicKey,
      },
      { [`${NAME}/cert.pem`]: 'no certificate', [`${NAME}/privkey.pem`]: one.privateKey },
    ])
      await expect(offered(() => zip(files))).rejects.toThrow(code('server/credentials-unusable'));
  });
});

describe('a certificate at the MQTT endpoint', () => {
  test('that is not active, or of another thing, is refused', async () => {
    const { server, issuer, stack } = await micBench();
    await server.login(ADMIN, never);
    const issued = await issuer.credentials(await issuer.create(IDENTITY, never), never);
    await expect(issuer.prove({ ...issued, thing: `${NAME}x` }, never)).rejects.toThrow(
      code('server/certificate-refused'),
    );
    stack.state.things.get(NAME)!.active = false;
    await expect(issuer.prove(issued, never)).rejects.toThrow(code('server/certificate-refused'));
    expect(stack.connected).toEqual([]);
  });

  test('of another authority is refused', async () => {
    const { server, issuer } = await micBench();
    await server.login(ADMIN, never);
    const issued = await issuer.credentials(await issuer.create(IDENTITY, never), never);
    const foreign = await (await IotAuthority.make()).issue();
    await expect(
      issuer.prove(
        {
          ...issued,
          certificatePem: foreign.certificate,
          privateKeyPem: secret(Buffer.from(foreign.privateKey)),
        },
        never,
      ),
    ).rejects.toThrow(code('server/certificate-refused'));
  });

  test('is not shown to an endpoint that is not trusted', async () => {
    const { server, issuer, stack } = await micBench({}, {}, { iotCa: null });
    await server.login(ADMIN, never);
    const issued = await issuer.credentials(await issuer.create(IDENTITY, never), never);
    await expect(issuer.prove(issued, never)).rejects.toThrow(code('server/certificate'));
    expect(stack.connected).toEqual([]);
  });

  test('by default is that of an endpoint under the roots of Amazon', async () => {
    const { issuer } = await micBench({}, {}, { iotCa: null });
    const { ca, host } = await issuer.endpoint(never);
    expect(host).toBe('localhost');
    expect(ca.match(/BEGIN CERTIFICATE/g)?.length).toBeGreaterThanOrEqual(4);
  });
});
