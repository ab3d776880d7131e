import { createHash, X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { parseServerProfile } from '../../../src/settings/index.ts';
import { refusal } from './fixtures.ts';

const [FIRST = '', SECOND = ''] = rootCertificates;
const parse = (members: object) =>
  parseServerProfile({ name: 'plant', url: 'https://m.example', ...members });

describe('a server profile', () => {
  it('has its URL as scheme, host and port alone', () => {
    expect(parse({ url: 'https://Mender.Example:443/' }).url).toBe('https://mender.example');
    expect(parse({ url: 'https://m.example:8443' }).url).toBe('https://m.example:8443');
    for (const [url, reason] of [
      ['https://m.example/api', 'leave the path out'],
      ['https://m.example/?a', 'leave the path out'],
      ['https://kim:pw@m.example', 'leave user and password out'],
      ['m.example', 'https://host'],
      ['ftp://m.example', 'https://host'],
      ['', 'https://host'],
    ] as const)
      expect(refusal(() => parse({ url }))).toContain(reason);
  });

  it('never repeats a password from a URL', () => {
    expect(refusal(() => parse({ url: 'https://kim:hunter2@m.example' }))).not.toContain('hunter2');
  });

  it('takes http from this machine alone', () => {
    for (const host of ['127.0.0.1:8080', '127.9.9.9', 'localhost', '[::1]:8080'])
      expect(parse({ url: `http://${host}` }).url).toBe(`http://${host}`);
    for (const host of ['m.example', '10.0.0.1', '127.0.0.1.example', 'localhost.example', '[::2]'])
      expect(refusal(() => parse({ url: `http://${host}` }))).toMatch(
        /^station\/server-invalid: .*url: http/,
      );
  });

  it('tells boards another URL where it is said; http only where the server is on this machine', () => {
    expect(parse({ boardUrl: 'https://lan.example/' }).boardUrl).toBe('https://lan.example');
    expect('boardUrl' in parse({})).toBe(false);
    expect(parse({ url: 'http://127.0.0.1:8080', boardUrl: 'http://10.77.0.1:8080' }).boardUrl).toBe(
      'http://10.77.0.1:8080',
    );
    expect(refusal(() => parse({ boardUrl: 'http://10.77.0.1:8080' }))).toContain('boardUrl: http');
  });

  it('has one spelling of a pin', () => {
    const digest = createHash('sha256').update('spki').digest();
    const hex = digest.toString('hex');
    for (const spkiSha256 of [
      hex,
      hex.toUpperCase(),
      `sha256:${hex}`,
      hex.toUpperCase().match(/../g)!.join(':'),
      digest.toString('base64'),
      `sha256//${digest.toString('base64')}`,
    ])
      expect(parse({ trust: { by: 'pin', spkiSha256 } }).trust).toEqual({ by: 'pin', spkiSha256: hex });
    for (const spkiSha256 of ['', 'abc', hex.slice(1), `${hex}0`, hex.replace(/./, 'g')])
      expect(refusal(() => parse({ trust: { by: 'pin', spkiSha256 } }))).toContain(
        'trust.spkiSha256: a pin is',
      );
  });

  it('keeps the certificates of a CA file and nothing else', () => {
    const file = `Subject: someone\r\n${FIRST}\nbetween\n${SECOND.replaceAll('\n', '\r\n')}`;
    const { trust } = parse({ trust: { by: 'ca', pem: file } });
    const pem = trust.by === 'ca' ? trust.pem : '';
    expect(pem).toBe(new X509Certificate(FIRST).toString() + new X509Certificate(SECOND).toString());
    expect(parse({ trust: { by: 'ca', pem } }).trust).toEqual(trust);
  });

  it('refuses a CA file that is none', () => {
    for (const [pem, reason] of [
      ['hello', 'there is no PEM certificate'],
      ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', 'certificate 1 cannot be read'],
      [
        `${FIRST}\n-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----`,
        'the file holds a private key',
      ],
      [
        `${FIRST}\n-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----`,
        'the file holds a private key',
      ],
    ] as const)
      expect(refusal(() => parse({ trust: { by: 'ca', pem } }))).toContain(`trust.pem: ${reason}`);
  });

  it('refuses names that are none, and members that it does not know', () => {
    expect(refusal(() => parse({ name: '../x' }))).toContain('name: ');
    expect(refusal(() => parse({ skipVerify: true }))).toContain('skipVerify');
    expect(refusal(() => parse({ trust: { by: 'nothing' } }))).toContain('trust');
    expect(parse({ kind: 'mic' }).kind).toBe('mic');
  });
});
