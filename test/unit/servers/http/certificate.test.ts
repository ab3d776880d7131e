import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { showCertificate } from '../../../../src/servers/http/certificate.ts';
import { always, certificate, listen } from '../peers.ts';

const never = new AbortController().signal;

/** A certificate with bytes of its DER replaced; its signature then is wrong, which is looked at last, if at all. */
function altered(change: (der: Buffer) => void): { key: string; cert: string } {
  const { key, cert } = certificate('127.0.0.1');
  const der = Buffer.from(new X509Certificate(cert).raw);
  change(der);
  const body = der.toString('base64').replace(/.{64}/g, '$&\n');
  return { key, cert: `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n` };
}

const UTC_TIME = Buffer.from([0x17, 13]);

/** The end is the second of the two times. Its month becomes the 99th. */
function month99(der: Buffer): void {
  const from = der.indexOf(UTC_TIME);
  const to = der.indexOf(UTC_TIME, from + 15);
  der.write('99', to + 2 + 2, 'ascii');
}

describe('a certificate that is made to confuse', () => {
  test('by a date that is none is shown all the same', async () => {
    await using peer = await listen(always(200), altered(month99));
    await expect(showCertificate(peer.url, never)).resolves.toMatchObject({
      subject: 'CN=127.0.0.1, O=Bench',
      validTo: expect.stringMatching(/^unreadable \(.+\)$/) as string,
    });
  });
});
