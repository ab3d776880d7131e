import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { fingerprintOfPem, publicKey } from '../../../src/keys/public-key.ts';
import { callServer } from '../../../src/rehearsal/board/client/server-call.ts';
import type { BoardChoices } from '../../../src/rehearsal/board/index.ts';
import {
  actionsOf,
  bench,
  deviceOf,
  expectRecorded,
  MODES,
  never,
  setsOf,
  stagedOn,
  type Bench,
} from './bench.ts';

/** A key that only the board's client can use. */
const PAIR = generateKeyPairSync('ec', {
  namedCurve: 'prime256v1',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const FINGERPRINT = fingerprintOfPem(PAIR.publicKey);
const OTHER = generateKeyPairSync('ed25519', {
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const TOKEN = {
  sslEngine: 'pkcs11',
  keyPath: { member: 'Security.AuthPrivateKey', value: 'pkcs11:object=key' },
  key: { kind: 'token', pem: PAIR.privateKey },
} satisfies BoardChoices['client'];
const KEEP = { keySource: { from: 'keep' } } as const;

/** The board's own client, set up for the bench's server, as an image does it. */
const asImage = (b: Bench) => ({ ServerURL: b.server.url, RetryPollIntervalSeconds: 300 });

test.each(MODES)('server of %s: a key in a token is kept, and shown by its client', async (mode) => {
  const b = await bench({ mode });
  const board = b.board({ client: TOKEN });
  const { result, events } = await b.run(board, KEEP);
  expect(result.error).toBeNull();
  expect(result).toMatchObject({
    verdict: 'pass',
    proof: 'board-client',
    keyOrigin: 'kept',
    keyType: 'p256',
    keyFingerprint: FINGERPRINT,
    deviceId: deviceOf(b.server, board)?.id,
  });
  expect(setsOf(b.server, board)).toEqual([[FINGERPRINT, 'accepted']]);
  expectRecorded(events, result);

  const again = await b.run(board, KEEP);
  expect(again.result).toMatchObject({ error: null, verdict: 'already', proof: 'board-client' });
});

test('a client that has asked before is told by its auth set coming back', async () => {
  const b = await bench();
  const board = b.board({ client: { ...TOKEN, conf: asImage(b) } });
  await b.time.sleep(20_000);
  expect(setsOf(b.server, board)).toEqual([[FINGERPRINT, 'pending']]);
  const { result } = await b.run(board, KEEP);
  expect(result).toMatchObject({ error: null, verdict: 'pass', keyFingerprint: FINGERPRINT });
  expect(setsOf(b.server, board)).toEqual([[FINGERPRINT, 'accepted']]);
});

test.each(['3.4.0', '4.0.4'] as const)(
  'an encrypted key is kept with the passphrase that client %s has',
  async (version) => {
    const b = await bench();
    const board = b.board({
      client: {
        version,
        key: { kind: 'encrypted', passphrase: 'p', type: 'ed25519' },
        passphraseFile: '/etc/mender/passphrase',
      },
    });
    await b.time.sleep(5_000);
    const { result } = await b.run(board, KEEP);
    expect(result).toMatchObject({ error: null, verdict: 'pass', proof: 'board-client', keyType: 'ed25519' });
    expect(setsOf(b.server, board)).toEqual([[result.keyFingerprint, 'accepted']]);
    expect(board.inspect.text('/var/lib/mender/mender-agent.pem')).toContain('ENCRYPTED');
  },
);

test.each(['3.4.0', '4.0.4'] as const)(
  'client %s is not called without the passphrase of its key',
  async (version) => {
    const b = await bench();
    const board = b.board({
      client: { version, enabled: false, key: { kind: 'encrypted', passphrase: 'p', type: 'ed25519' } },
    });
    const before = board.inspect.text('/var/lib/mender/mender-agent.pem');
    const { result } = await b.run(board, KEEP);
    expect(result).toMatchObject({ verdict: 'fail', error: { code: 'board/passphrase-unknown' } });
    expect(board.inspect.text('/var/lib/mender/mender-agent.pem')).toBe(before);
    expect(deviceOf(b.server, board)).toBeNull();
  },
);

test.each(['3.4.0', '5.1.0'] as const)(
  'a board without openssl leaves making its key to client %s',
  async (version) => {
    const b = await bench();
    const board = b.board({ client: { version, enabled: false }, system: { openssl: 'absent' } });
    const { result } = await b.run(board, { keySource: { from: 'board' } });
    expect(result).toMatchObject({
      error: null,
      verdict: 'pass',
      proof: 'board-client',
      keyOrigin: 'board',
      keyType: 'ed25519',
    });
    expect(setsOf(b.server, board)).toEqual([[result.keyFingerprint, 'accepted']]);
    expect(stagedOn(board)).toEqual([]);
  },
);

test('a device that is accepted with another key stays so', async () => {
  const b = await bench();
  const board = b.board({ client: TOKEN });
  const id = await b.client.api.preauthorize(
    { mac: board.options.mac },
    publicKey(OTHER.publicKey).pem,
    false,
    never,
  );
  expect(id).toHaveProperty('made');
  const { result, events } = await b.run(board, KEEP);
  expect(result).toMatchObject({ verdict: 'stopped', error: { code: 'server/preauthorized-other-key' } });
  expect(actionsOf(events).join()).not.toContain('accept');
});

test('a client that reaches no server shows no key, and its words are told', async () => {
  const b = await bench();
  const board = b.board({
    client: TOKEN,
    server: () => Promise.reject(new Error('connect: no route to host')),
  });
  const { result } = await b.run(board, KEEP);
  expect(result).toMatchObject({ verdict: 'stopped', error: { code: 'board/key-not-shown' } });
  expect(result.error?.message).toContain('no route to host');
  expect(result.error?.message).not.toMatch(/\{\w+\}/);
  expect(deviceOf(b.server, board)).toBeNull();
});

test('what was accepted for a client that is then refused does not stay accepted', async () => {
  const b = await bench();
  let asked = 0;
  const board = b.board({
    client: { ...TOKEN, enabled: false },
    server: (...call) => {
      asked += 1;
      return asked > 2 ? Promise.reject(new Error('connect: no route to host')) : callServer(...call);
    },
  });
  const { result } = await b.run(board, KEEP);
  expect(asked).toBe(3);
  expect(result).toMatchObject({ verdict: 'fail', error: { code: 'board/client-refused' } });
  expect(result.error?.unchanged).toContain('was removed again');
  expect(setsOf(b.server, board)).toEqual([]);
});
