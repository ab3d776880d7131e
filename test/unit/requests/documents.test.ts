import { generateKeyPairSync, sign as signBytes, createPublicKey } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { publicKey } from '../../../src/keys/index.ts';
import { secret } from '../../../src/model/secret.ts';
import { StationError } from '../../../src/model/station-error.ts';
import {
  keyOfRequest,
  openAuthRequest,
  readApproval,
  readApprover,
  readRequest,
  requestHash,
  writeApproval,
  writeApprover,
  writeRequest,
  type RekeyFileRequest,
} from '../../../src/requests/documents.ts';
import { makeSealingKey, seal, sealingKeyId, sealingPublicKey, unseal } from '../../../src/requests/seal.ts';
import type { DocumentSigner } from '../../../src/requests/signed-document.ts';

const NOW = Date.parse('2026-11-27T12:00:00.000Z');
const CANARY = 'canary-auth-request-51c7';

function station(): DocumentSigner {
  const { privateKey } = generateKeyPairSync('ed25519');
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return { publicKey: spki.toString('base64'), sign: (message) => signBytes(null, message, privateKey) };
}

const NEW_KEY = publicKey(generateKeyPairSync('ed25519').publicKey);
const BODY: Omit<RekeyFileRequest, 'sealed'> = {
  job: '01J0000000000000000000000A',
  station: 'ST-LAPTOP0000',
  operator: 'Kim',
  at: '2026-11-27T11:00:00.000Z',
  expires: '2026-11-28T11:00:00.000Z',
  serverUrl: 'https://mender.example',
  identity: { mac: '52:54:00:c0:00:01', serial: ['a', 'b'] },
  publicKey: NEW_KEY.pem,
  fingerprint: NEW_KEY.fingerprint,
  oldKey: null,
  unitSigns: true,
  reason: { code: 'returned', text: '' },
};
const AUTH = { body: secret(Buffer.from(CANARY)), signature: secret(Buffer.from([1, 2, 255])) };

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof StationError) return thrown.code;
    throw thrown;
  }
  return 'nothing was refused';
}

describe('a request', () => {
  const [laptop, key] = [station(), makeSealingKey()];
  const file = writeRequest(BODY, AUTH, sealingPublicKey(key), laptop);

  it('comes to its approver as it was, and shows nobody else what is sealed', () => {
    const { body, key: signer } = readRequest(file, NOW);
    expect(body).toMatchObject(BODY);
    expect(signer).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(keyOfRequest(body)).toEqual(NEW_KEY);
    const opened = openAuthRequest(body, key);
    expect(Buffer.from(opened?.body.reveal() ?? []).toString()).toBe(CANARY);
    expect([...(opened?.signature.reveal() ?? [])]).toEqual([1, 2, 255]);
    for (const text of [file, inspect(body), JSON.stringify(opened)]) {
      expect(text).not.toContain(CANARY);
      expect(text).not.toContain(Buffer.from(CANARY).toString('base64').slice(0, 20));
    }
  });

  it('of a key that nobody could sign with is one without an auth request', () => {
    const { body } = readRequest(writeRequest(BODY, null, sealingPublicKey(key), laptop), NOW);
    expect(openAuthRequest(body, key)).toBeNull();
  });

  it('opens at no other station', () => {
    expect(refusal(() => openAuthRequest(readRequest(file, NOW).body, makeSealingKey()))).toBe(
      'request/other-approver',
    );
  });

  it('is good until it expires', () => {
    expect(refusal(() => readRequest(file, Date.parse(BODY.expires) - 1))).toBe('nothing was refused');
    expect(refusal(() => readRequest(file, Date.parse(BODY.expires)))).toBe('request/expired');
  });

  it.each([
    ['an identity', (body: RekeyFileRequest) => ({ ...body, identity: { mac: '52:54:00:c0:00:02' } })],
    ['another key', (body: RekeyFileRequest) => ({ ...body, publicKey: otherKey().pem })],
    ['a later end', (body: RekeyFileRequest) => ({ ...body, expires: '2027-11-28T11:00:00.000Z' })],
    ['a reason', (body: RekeyFileRequest) => ({ ...body, reason: { code: 'other', text: 'x' } })],
    ['no seal', (body: RekeyFileRequest) => ({ ...body, sealed: null })],
  ])('in which somebody changed %s is refused', (_, change) => {
    const frame = JSON.parse(file) as { body: RekeyFileRequest };
    expect(refusal(() => readRequest(JSON.stringify({ ...frame, body: change(frame.body) }), NOW))).toBe(
      'request/altered',
    );
  });

  it('signed anew by somebody else is theirs: the key says so, and the seal of another request does not open in it', () => {
    const thief = station();
    const stolen = readRequest(file, NOW).body.sealed;
    const forged = writeForged({ ...BODY, identity: { mac: 'mine' }, sealed: stolen }, thief);
    const read = readRequest(forged, NOW);
    expect(read.key).not.toBe(readRequest(file, NOW).key);
    expect(refusal(() => openAuthRequest(read.body, key))).toBe('request/altered');
  });

  it('whose key is not the one that it names, or is a private one, is refused', () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    for (const [change, code] of [
      [{ fingerprint: otherKey().fingerprint }, 'request/altered'],
      [{ publicKey: pem }, 'request/unreadable'],
      [{ publicKey: 'none' }, 'request/unreadable'],
    ] as const)
      expect(refusal(() => readRequest(writeRequest({ ...BODY, ...change }, null, '', laptop), NOW))).toBe(
        code,
      );
  });
});

function otherKey() {
  return publicKey(generateKeyPairSync('ed25519').publicKey);
}

/** A request whose seal was taken from another one. */
function writeForged(body: RekeyFileRequest, signer: DocumentSigner): string {
  const empty = JSON.parse(writeRequest(body, null, '', signer)) as { kind: string };
  return signedAs(empty.kind, body, signer);
}

function signedAs(kind: string, body: object, signer: DocumentSigner): string {
  const sorted = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(sorted)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(
            Object.entries(value)
              .sort(([a], [b]) => (a < b ? -1 : 1))
              .map(([name, member]) => [name, sorted(member)]),
          )
        : value;
  const message = Buffer.from(`${kind}\n${JSON.stringify(sorted(body))}`);
  const signature = Buffer.from(signer.sign(message)).toString('base64');
  return JSON.stringify({ kind, body, key: signer.publicKey, signature });
}

describe('the other files', () => {
  const admin = station();
  const approval = {
    request: requestHash(readRequest(writeRequest(BODY, null, '', station()), NOW).body),
    job: BODY.job,
    station: 'ST-ADMIN00000',
    operator: null,
    at: BODY.at,
    serverUrl: BODY.serverUrl,
    fingerprint: NEW_KEY.fingerprint,
    how: 'preauthorized',
    deviceId: 'd1',
    authSets: [{ id: 's1', fingerprint: NEW_KEY.fingerprint, status: 'preauthorized' }],
  } as const;

  it('are read as they were written, and refused where they were changed or are something else', () => {
    const approver = {
      station: 'ST-ADMIN00000',
      sealingKey: sealingPublicKey(makeSealingKey()),
      at: BODY.at,
    };
    const [one, two] = [
      writeApprover(approver, admin),
      writeApproval({ ...approval, authSets: [...approval.authSets] }, admin),
    ];
    expect(readApprover(one).body).toEqual(approver);
    expect(readApproval(two).body).toEqual(approval);
    expect(readApprover(one).key).toBe(readApproval(two).key);
    expect(refusal(() => readApprover(two))).toBe('request/unreadable');
    expect(refusal(() => readApproval(two.replace('"d1"', '"d2"')))).toBe('request/altered');
    for (const text of ['', '{}', 'null', '[1]', one.slice(0, 40)])
      expect(refusal(() => readApprover(text))).toBe('request/unreadable');
    const frame = JSON.parse(one) as object;
    for (const key of ['', 'AAAA', approver.sealingKey])
      expect(refusal(() => readApprover(JSON.stringify({ ...frame, key })))).toBe('request/altered');
  });
});

describe('a seal', () => {
  const key = makeSealingKey();
  const to = sealingPublicKey(key);

  it('is another each time, and every part of it counts', () => {
    const plain = secret(Buffer.from('plain'));
    const [one, two] = [seal(plain, to, 'context'), seal(plain, to, 'context')];
    expect(one.ciphertext).not.toBe(two.ciphertext);
    expect(one.to).toBe(sealingKeyId(to));
    expect(Buffer.from(unseal(one, key, 'context').reveal()).toString()).toBe('plain');
    expect(refusal(() => unseal(one, key, 'other context'))).toBe('request/altered');
    for (const member of ['nonce', 'ciphertext', 'tag'] as const) {
      const bytes = Buffer.from(one[member], 'base64');
      bytes[0] = (bytes[0] ?? 0) ^ 1;
      expect(
        refusal(() => unseal({ ...one, [member]: bytes.toString('base64') }, key, 'context')),
        member,
      ).toBe('request/altered');
      expect(
        refusal(() => unseal({ ...one, [member]: '' }, key, 'context')),
        member,
      ).toBe('request/altered');
    }
    expect(refusal(() => unseal({ ...one, ephemeral: two.ephemeral }, key, 'context'))).toBe(
      'request/altered',
    );
    // A tag that is cut short would be easier to guess.
    const short = Buffer.from(one.tag, 'base64').subarray(0, 4).toString('base64');
    expect(refusal(() => unseal({ ...one, tag: short }, key, 'context'))).toBe('request/altered');
  });

  it('is made for an X25519 key and no other', () => {
    const ed = generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' });
    for (const wrong of ['', 'AAAA', ed.toString('base64')])
      expect(refusal(() => seal(secret(Buffer.from('x')), wrong, ''))).toBe('request/unreadable');
    // The point of order 1 would make every shared secret zero.
    const zero = Buffer.concat([Buffer.from(to, 'base64').subarray(0, 12), Buffer.alloc(32)]).toString(
      'base64',
    );
    expect(refusal(() => seal(secret(Buffer.from('x')), zero, ''))).toBe('request/altered');
  });
});
