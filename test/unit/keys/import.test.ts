import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import forge from 'node-forge';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKeyGenerator, importKey, publicKey, toBoardPem } from '../../../src/keys/index.ts';
import { consume } from '../../../src/keys/import/consume.ts';
import { findKeyFile } from '../../../src/keys/import/find.ts';
import { readKeyPair } from '../../../src/keys/import/read.ts';
import { fileNames } from '../../../src/keys/import/pattern.ts';
import type { KeyPair, KeyType } from '../../../src/model/key.ts';
import { secret } from '../../../src/model/secret.ts';
import { run, scratch } from './fixtures.ts';

const never = new AbortController().signal;
const PASS = 'correct horse ä';
const passphrase = secret(PASS);
const pairs = new Map<KeyType, KeyPair>();
const identity = { mac: '52:54:00:C0:00:01', serial: 'SN-7' };

let dir: Awaited<ReturnType<typeof scratch>>;
beforeAll(async () => {
  dir = await scratch();
  await using generator = createKeyGenerator();
  for (const type of ['rsa2048', 'p256', 'p384', 'ed25519'] as const)
    pairs.set(type, await generator.generate(type, never));
});
afterAll(() => dir[Symbol.asyncDispose]());

let files = 0;
/** A file of its own with these bytes. */
async function file(bytes: Uint8Array | string): Promise<string> {
  const path = join(dir.path, `key${++files}`);
  await writeFile(path, bytes, { mode: 0o600 });
  return path;
}
function pem(type: KeyType): Buffer {
  return Buffer.from(toBoardPem(pairs.get(type)!).reveal());
}
const code = (wanted: string) => expect.objectContaining({ code: wanted }) as Error;

/** Every container, made by the programs that people use; `plain` ones need no passphrase. */
const pk8 =
  (...args: string[]) =>
  (input: Buffer) =>
    run('openssl', ['pkcs8', '-topk8', ...args], input);
const out = ['-passout', `pass:${PASS}`];
async function sshKeygen(input: Buffer, options: string[]): Promise<Buffer> {
  const path = await file(pk8('-nocrypt')(input));
  run('ssh-keygen', ['-p', '-q', '-P', '', '-f', path, ...options]);
  return readFile(path);
}
async function p12(input: Buffer, options: string[]): Promise<Buffer> {
  const key = await file(input);
  const cert = await file(
    run('openssl', ['req', '-x509', '-new', '-key', key, '-subj', '/CN=board', '-days', '2']),
  );
  return run('openssl', [
    'pkcs12',
    '-export',
    '-inkey',
    key,
    '-in',
    cert,
    '-passout',
    `pass:${PASS}`,
    ...options,
  ]);
}
/** Ed25519 cannot be re-encrypted by this ssh-keygen from PKCS#8, so it makes its own. */
async function sshEd25519(pass: string, options: string[] = []): Promise<{ key: Buffer; pub: string }> {
  const path = join(dir.path, `ssh${++files}`);
  run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', pass, '-f', path, ...options]);
  return { key: await readFile(path), pub: await readFile(`${path}.pub`, 'utf8') };
}

describe('reading a private key', () => {
  const plain: [string, KeyType, (pem: Buffer) => Buffer | Promise<Buffer>][] = [
    ...(['rsa2048', 'p256', 'p384', 'ed25519'] as const).flatMap(
      (type): [string, KeyType, (pem: Buffer) => Buffer | Promise<Buffer>][] => [
        ['traditional PEM', type, (input) => input],
        ['PKCS#8 PEM', type, pk8('-nocrypt')],
        ['PKCS#8 DER', type, pk8('-nocrypt', '-outform', 'DER')],
        ['CRLF line ends', type, (input) => Buffer.from(input.toString().replaceAll('\n', '\r\n'))],
        [
          'text around it',
          type,
          (input) => Buffer.from(`Bag Attributes\n    friendlyName: x\n${input.toString()}end\n`),
        ],
        ['no final newline', type, (input) => Buffer.from(input.toString().trimEnd())],
      ],
    ),
    ['PKCS#1 DER', 'rsa2048', (input) => run('openssl', ['rsa', '-outform', 'DER', '-traditional'], input)],
    ['SEC1 DER', 'p256', (input) => run('openssl', ['ec', '-outform', 'DER'], input)],
    [
      'SEC1 with EC PARAMETERS',
      'p384',
      (input) => Buffer.concat([run('openssl', ['ecparam', '-name', 'secp384r1']), input]),
    ],
    ['a compressed point', 'p256', (input) => run('openssl', ['ec', '-conv_form', 'compressed'], input)],
    ['OpenSSH', 'rsa2048', (input) => sshKeygen(input, ['-N', ''])],
    ['OpenSSH', 'p256', (input) => sshKeygen(input, ['-N', ''])],
    ['OpenSSH', 'p384', (input) => sshKeygen(input, ['-N', ''])],
  ];
  test.each(plain)('%s, %s', async (_, type, make) => {
    const path = await file(await make(pem(type)));
    const pair = await readKeyPair({ path, publicPath: null }, null);
    expect(pair).toMatchObject({
      type,
      pem: pairs.get(type)!.pem,
      fingerprint: pairs.get(type)!.fingerprint,
    });
    expect(Buffer.from(toBoardPem(pair).reveal()).equals(pem(type))).toBe(true);
  });

  const encrypted: [string, KeyType, (pem: Buffer) => Buffer | Promise<Buffer>][] = [
    ['PBES2 AES-256', 'rsa2048', pk8('-v2', 'aes-256-cbc', ...out)],
    ['PBES2 AES-256 in DER', 'p256', pk8('-v2', 'aes-256-cbc', '-outform', 'DER', ...out)],
    ['PBES2 3DES', 'p384', pk8('-v2', 'des3', ...out)],
    ['PBES1 SHA1-3DES', 'rsa2048', pk8('-v1', 'PBE-SHA1-3DES', ...out)],
    ['PBES2 AES-256', 'ed25519', pk8('-v2', 'aes-256-cbc', ...out)],
    [
      'DEK-Info AES-128',
      'rsa2048',
      (input) => run('openssl', ['rsa', '-traditional', '-aes128', ...out], input),
    ],
    ['DEK-Info 3DES', 'rsa2048', (input) => run('openssl', ['rsa', '-traditional', '-des3', ...out], input)],
    ['DEK-Info AES-256', 'p256', (input) => run('openssl', ['ec', '-aes256', ...out], input)],
    ['PKCS#12', 'rsa2048', (input) => p12(input, [])],
    ['PKCS#12', 'p256', (input) => p12(input, [])],
    ['PKCS#12', 'p384', (input) => p12(input, [])],
    ['legacy PKCS#12', 'rsa2048', (input) => p12(input, ['-legacy'])],
    [
      'PKCS#12 with 3DES',
      'p256',
      (input) => p12(input, ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES', '-macalg', 'sha1']),
    ],
    ['OpenSSH aes256-ctr', 'rsa2048', (input) => sshKeygen(input, ['-N', PASS])],
    ['OpenSSH aes256-cbc', 'p256', (input) => sshKeygen(input, ['-N', PASS, '-Z', 'aes256-cbc'])],
    ['OpenSSH aes128-ctr', 'p384', (input) => sshKeygen(input, ['-N', PASS, '-Z', 'aes128-ctr'])],
  ];
  test.each(encrypted)('encrypted: %s, %s', async (_, type, make) => {
    const path = await file(await make(pem(type)));
    const pair = await readKeyPair({ path, publicPath: null }, passphrase);
    expect(pair).toMatchObject({ type, fingerprint: pairs.get(type)!.fingerprint });
    await expect(readKeyPair({ path, publicPath: null }, null)).rejects.toThrow(
      code('key/import-passphrase'),
    );
    await expect(readKeyPair({ path, publicPath: null }, secret('wrong'))).rejects.toThrow(
      code('key/import-passphrase'),
    );
  });

  test.each(['', PASS])('OpenSSH Ed25519 made by ssh-keygen, passphrase %j', async (pass) => {
    const { key, pub } = await sshEd25519(pass);
    const publicPath = await file(pub);
    const pair = await readKeyPair({ path: await file(key), publicPath }, secret(pass));
    expect(pair.type).toBe('ed25519');
    const other = await sshEd25519('');
    const wrong = { path: await file(key), publicPath: await file(other.pub) };
    await expect(readKeyPair(wrong, secret(pass))).rejects.toThrow(code('key/import-pair'));
  });

  test('a passphrase that is not needed does no harm', async () => {
    const path = await file(pem('p256'));
    expect((await readKeyPair({ path, publicPath: null }, passphrase)).type).toBe('p256');
  });

  const bad: [string, () => Buffer | string | Promise<Buffer | string>][] = [
    ['an empty file', () => ''],
    ['text', () => 'hello'],
    ['garbage', () => Buffer.from([0x30, 0x82, 1, 2, 3])],
    ['a public key', () => pairs.get('p256')!.pem],
    ['half a key', () => pem('rsa2048').subarray(0, 900)],
    ['a key with a lost line', () => pem('rsa2048').toString().split('\n').toSpliced(5, 1).join('\n')],
    ['two keys', () => Buffer.concat([pem('p256'), pem('p384')])],
    ['RSA 1024', () => run('openssl', ['genrsa', '1024'])],
    ['P-521', () => run('openssl', ['ecparam', '-name', 'secp521r1', '-genkey', '-noout'])],
    ['secp256k1', () => run('openssl', ['ecparam', '-name', 'secp256k1', '-genkey', '-noout'])],
    ['Ed448', () => run('openssl', ['genpkey', '-algorithm', 'ed448'])],
    [
      'a truncated OpenSSH key',
      async () => {
        const { key } = await sshEd25519('');
        const body = Buffer.from(key.toString().split('\n').slice(1, -2).join(''), 'base64').subarray(0, 150);
        return `-----BEGIN OPENSSH PRIVATE KEY-----\n${body.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`;
      },
    ],
    [
      'an OpenSSH key with a cipher that is not read',
      async () => (await sshEd25519(PASS, ['-Z', 'aes256-gcm@openssh.com'])).key,
    ],
  ];
  test.each(bad)('refuses %s', async (_, make) => {
    const path = await file(await make());
    await expect(readKeyPair({ path, publicPath: null }, passphrase)).rejects.toThrow(
      code('key/import-unusable'),
    );
  });

  test('a huge file, a folder and a link are refused unread', async () => {
    const folder = join(dir.path, 'folder');
    await mkdir(folder);
    const link = join(dir.path, 'link');
    await symlink(await file(pem('p256')), link);
    const huge = await file(Buffer.alloc(1024 * 1024));
    for (const path of [folder, link, huge, join(dir.path, 'absent')])
      await expect(readKeyPair({ path, publicPath: null }, null)).rejects.toThrow(
        code('key/import-unusable'),
      );
  });

  test('never fails but with a StationError, whatever the bytes', async () => {
    const heads = [
      '',
      '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA',
      '-----BEGIN PRIVATE KEY-----\n',
      '0\x82\x02\x03',
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 200 }), async (head, rest) => {
        const path = await file(
          Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(Buffer.from(rest).toString('base64'))]),
        );
        const thrown: unknown = await readKeyPair({ path, publicPath: null }, null).catch(
          (error: unknown) => error,
        );
        expect(thrown).toMatchObject({ name: 'StationError' });
      }),
      { numRuns: 50 },
    );
  });
});

describe('the public half', () => {
  test('in the same file, as key or certificate, has to fit', async () => {
    const key = await file(pem('p256'));
    const certificate = run('openssl', [
      'req',
      '-x509',
      '-new',
      '-key',
      key,
      '-subj',
      '/CN=board',
      '-days',
      '2',
    ]);
    const fits = await file(Buffer.concat([pem('p256'), certificate]));
    expect((await readKeyPair({ path: fits, publicPath: null }, null)).type).toBe('p256');
    for (const other of [certificate, Buffer.from(pairs.get('p256')!.pem)]) {
      const path = await file(Buffer.concat([pem('p384'), other]));
      await expect(readKeyPair({ path, publicPath: null }, null)).rejects.toThrow(code('key/import-pair'));
    }
  });

  test.each([
    ['SPKI PEM', () => pairs.get('rsa2048')!.pem],
    ['PKCS#1 PEM', () => run('openssl', ['rsa', '-RSAPublicKey_out'], pem('rsa2048'))],
    ['SPKI DER', () => run('openssl', ['rsa', '-pubout', '-outform', 'DER'], pem('rsa2048'))],
    [
      'OpenSSH',
      async () => {
        const path = await file(pem('rsa2048'));
        return `${run('ssh-keygen', ['-y', '-f', path]).toString().trim()} someone@somewhere\n`;
      },
    ],
  ])('beside it as %s', async (_, make) => {
    const publicPath = await file(await make());
    expect((await readKeyPair({ path: await file(pem('rsa2048')), publicPath }, null)).type).toBe('rsa2048');
    const wrong = { path: await file(pem('p256')), publicPath };
    await expect(readKeyPair(wrong, null)).rejects.toThrow(code('key/import-pair'));
  });

  test('OpenSSH ECDSA lines are read', async () => {
    for (const type of ['p256', 'p384'] as const) {
      const path = await file(pem(type));
      const publicPath = await file(run('ssh-keygen', ['-y', '-f', path]));
      expect((await readKeyPair({ path, publicPath }, null)).fingerprint).toBe(
        publicKey(pairs.get(type)!.pem).fingerprint,
      );
    }
  });

  test('that is nonsense is named', async () => {
    const publicPath = await file('nonsense');
    const reading = readKeyPair({ path: await file(pem('p256')), publicPath }, null);
    await expect(reading).rejects.toMatchObject({
      code: 'key/import-unusable',
      details: { path: publicPath },
    });
  });

  test('of a PKCS#12 file has to be certified by it, where it certifies anything', async () => {
    const keyOnly = await file(
      run('openssl', [
        'pkcs12',
        '-export',
        '-nocerts',
        '-inkey',
        await file(pem('rsa2048')),
        '-passout',
        `pass:${PASS}`,
      ]),
    );
    expect((await readKeyPair({ path: keyOnly, publicPath: null }, passphrase)).type).toBe('rsa2048');
    const other = await file(run('openssl', ['genrsa', '2048']));
    const certificate = run('openssl', [
      'req',
      '-x509',
      '-new',
      '-key',
      other,
      '-subj',
      '/CN=other',
      '-days',
      '2',
    ]);
    const mixed = forge.pkcs12.toPkcs12Asn1(
      forge.pki.privateKeyFromPem(pem('rsa2048').toString()),
      [forge.pki.certificateFromPem(certificate.toString())],
      PASS,
    );
    const path = await file(Buffer.from(forge.asn1.toDer(mixed).getBytes(), 'latin1'));
    await expect(readKeyPair({ path, publicPath: null }, passphrase)).rejects.toThrow(
      code('key/import-pair'),
    );
  });
});

describe('file-name patterns', () => {
  test.each([
    ['{mac}.pem', '52:54:00:C0:00:01.pem'],
    ['{mac:lower}.pem', '52:54:00:c0:00:01.pem'],
    ['{mac:nocolon}.key', '525400C00001.key'],
    ['{mac:dash:lower}.p12', '52-54-00-c0-00-01.p12'],
    ['{serial}/key-{mac:nocolon}.pem', 'SN-7/key-525400C00001.pem'],
    ['fixed.pem', 'fixed.pem'],
  ])('%s', (pattern, name) => {
    expect(fileNames(pattern, identity)).toEqual([name]);
  });

  test('an attribute with several values names several files', () => {
    expect(fileNames('{mac:nocolon}-{sn}.pem', { mac: ['a:1', 'b:2', 'a:1'], sn: 'x' })).toEqual([
      'a1-x.pem',
      'b2-x.pem',
    ]);
  });

  test.each([
    ['{nic}.pem', 'key/attribute-missing'],
    ['{constructor}.pem', 'key/attribute-missing'],
    ['{mac:reversed}.pem', 'key/import-unusable'],
    ['../{mac}.pem', 'key/import-unusable'],
    ['/etc/{mac}.pem', 'key/import-unusable'],
    ['a\\{mac}.pem', 'key/import-unusable'],
    ['', 'key/import-unusable'],
  ])('%s is refused', (pattern, expected) => {
    expect(() => fileNames(pattern, identity)).toThrow(code(expected));
  });

  test('no value of a board leads out of the directory', () => {
    const value = fc.oneof(fc.string(), fc.stringMatching(/^[./\\\0a]{1,8}$/));
    fc.assert(
      fc.property(value, (mac) => {
        let names: readonly string[] = [];
        try {
          names = fileNames('{mac}', { mac });
        } catch (error) {
          expect(error).toMatchObject({ code: 'key/import-unusable' });
        }
        for (const name of names) expect(join('/keys', name)).toBe(`/keys/${name}`);
        for (const name of names) expect(name).not.toMatch(/[/\\\0]|^\.{1,2}$/);
      }),
      { numRuns: 500 },
    );
  });
});

describe('finding and using up a key file', () => {
  async function folder(...names: string[]): Promise<string> {
    const path = join(dir.path, `folder${++files}`);
    await mkdir(path);
    for (const name of names)
      await writeFile(join(path, name), name.endsWith('pub') ? pairs.get('p256')!.pem : pem('p256'));
    return path;
  }

  test('finds it, with its public half', async () => {
    const path = await folder('525400C00001.pem', '525400C00001.pub', 'other.pem');
    expect(await findKeyFile(path, '{mac:nocolon}.pem', identity)).toEqual({
      path: join(path, '525400C00001.pem'),
      publicPath: join(path, '525400C00001.pub'),
    });
  });

  test('without an extension in the pattern any usual one is found, but one alone', async () => {
    const path = await folder('SN-7.p12');
    expect((await findKeyFile(path, '{serial}', identity)).path).toBe(join(path, 'SN-7.p12'));
    await writeFile(join(path, 'SN-7.pem'), pem('p256'));
    await expect(findKeyFile(path, '{serial}', identity)).rejects.toThrow(code('key/import-several'));
  });

  test('none, and a directory that is not there', async () => {
    await expect(findKeyFile(await folder(), '{mac}.pem', identity)).rejects.toThrow(code('key/import-none'));
    await expect(findKeyFile('/nowhere/at/all', '{mac}.pem', identity)).rejects.toThrow(
      code('key/import-none'),
    );
  });

  test('move: both files lie in used/, a later one of the same name beside them', async () => {
    const path = await folder('SN-7.pem', 'SN-7.pub');
    const moved = await consume(await findKeyFile(path, '{serial}.pem', identity), 'move');
    expect(moved).toBe(join(path, 'used', 'SN-7.pem'));
    expect(await readdir(path)).toEqual(['used']);
    expect((await stat(join(path, 'used'))).mode & 0o777).toBe(0o700);
    await writeFile(join(path, 'SN-7.pem'), pem('p384'));
    expect(await consume(await findKeyFile(path, '{serial}.pem', identity), 'move')).toBe(
      join(path, 'used', 'SN-7.2.pem'),
    );
    expect(await readFile(join(path, 'used', 'SN-7.pem'))).toEqual(pem('p256'));
    await expect(findKeyFile(path, '{serial}.pem', identity)).rejects.toThrow(code('key/import-none'));
  });

  test('destroy: the bytes are overwritten before the file goes', async () => {
    const path = await folder('SN-7.pem', 'SN-7.pub');
    const file = await findKeyFile(path, '{serial}.pem', identity);
    const kept = join(path, 'hard-link');
    run('ln', [file.path, kept]);
    expect(await consume(file, 'destroy')).toBeNull();
    expect(await readdir(path)).toEqual(['hard-link']);
    expect((await readFile(kept)).every((byte) => byte === 0)).toBe(true);
  });

  test('from the pattern to the used file', async () => {
    const path = await folder('SN-7.pem', 'SN-7.pub');
    const rule = { importPattern: '{serial}.pem', afterImport: 'move' } as const;
    const imported = await importKey(path, rule, identity, null);
    expect(imported.pair.fingerprint).toBe(pairs.get('p256')!.fingerprint);
    expect(await readdir(path)).toEqual(['SN-7.pem', 'SN-7.pub']);
    await imported.used();
    expect(await readdir(path)).toEqual(['used']);
    await expect(importKey(path, rule, identity, null)).rejects.toThrow(code('key/import-none'));
  });

  test('a file that is gone is an error with its path', async () => {
    const gone = { path: join(dir.path, 'gone.pem'), publicPath: null };
    await expect(consume(gone, 'move')).rejects.toThrow(code('key/import-unusable'));
    await expect(consume(gone, 'destroy')).rejects.toThrow(code('key/import-unusable'));
  });
});
