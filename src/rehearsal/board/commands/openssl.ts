/**
 * `openssl` as far as a key's life on a board needs it, with real keys.
 *
 * 1.1.1 makes Ed25519 keys, but its command line cannot sign with them: `pkeyutl` has no `-rawin`, and `dgst` refuses
 * the key type, as it still does in 3.x.
 */
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { fromBytes } from '../bytes.ts';
import { NotSimulated } from '../not-simulated.ts';
import type { Program } from '../shell/program.ts';
import { readInput } from './inputs.ts';
import { curves, genpkey, genrsa } from './openssl-generate.ts';
import { privateKey } from './openssl-key.ts';
import { dgst, pkeyutl } from './openssl-sign.ts';
import { opensslError, words, write } from './openssl-words.ts';

const versions = {
  '1.1.1': 'OpenSSL 1.1.1w  11 Sep 2023',
  '3.0': 'OpenSSL 3.0.19 27 Jan 2026 (Library: OpenSSL 3.0.19 27 Jan 2026)',
  '3.5': 'OpenSSL 3.5.4 30 Sep 2025 (Library: OpenSSL 3.5.4 30 Sep 2025)',
} as const;

const pkey: Program = async (run) => {
  const { flags, values } = words(run, {
    flags: 'pubout noout pubin',
    values: 'in out outform inform passin',
  });
  let key: KeyObject | undefined;
  if (flags.has('pubin')) {
    try {
      const text = await readInput(run, values.get('in') ?? '-');
      key = createPublicKey(
        values.get('inform')?.toUpperCase() === 'DER'
          ? { key: Buffer.from(text, 'latin1'), format: 'der', type: 'spki' }
          : text,
      );
    } catch (error) {
      if (error instanceof NotSimulated) throw error;
      return opensslError(run, `Could not read key of Public Key from ${values.get('in') ?? '<stdin>'}`);
    }
  } else key = await privateKey(run, values.get('in'), values.get('passin'));
  if (!key) return 1;
  if (flags.has('noout')) return 0;
  const der = values.get('outform')?.toUpperCase() === 'DER';
  if (flags.has('pubout') || flags.has('pubin')) {
    const open = key.type === 'public' ? key : createPublicKey(key);
    await write(
      run,
      values.get('out'),
      der
        ? fromBytes(open.export({ type: 'spki', format: 'der' }))
        : open.export({ type: 'spki', format: 'pem' }).toString(),
    );
  } else
    await write(
      run,
      values.get('out'),
      der
        ? fromBytes(key.export({ type: 'pkcs8', format: 'der' }))
        : key.export({ type: 'pkcs8', format: 'pem' }).toString(),
      true,
    );
  return 0;
};

const rand: Program = async (run) => {
  const { flags, values, rest } = words(run, { flags: 'hex base64', values: 'out' });
  const bytes = randomBytes(Number(rest[0] ?? 0));
  await write(
    run,
    values.get('out'),
    flags.has('hex')
      ? `${bytes.toString('hex')}\n`
      : flags.has('base64')
        ? `${bytes.toString('base64')}\n`
        : fromBytes(bytes),
  );
  return 0;
};

/** `openssl` with version, genpkey, pkey, pkeyutl -sign -rawin, dgst and rand. */
export const openssl: Program = async (run) => {
  const { openssl: version } = run.machine.options.system;
  const [command = ''] = run.args;
  switch (command) {
    case 'version':
    case '-v':
      await run.out(`${version === 'absent' ? '' : versions[version]}\n`);
      return 0;
    case 'genpkey':
      return genpkey(run);
    case 'pkey':
      return pkey(run);
    case 'pkeyutl':
      return pkeyutl(run);
    case 'dgst':
      return dgst(run);
    case 'sha256':
      return dgst(run.with({ argv: [run.name, 'dgst', '-sha256', ...run.args.slice(1)] }));
    case 'rand':
      return rand(run);
    case 'ecparam': {
      const { flags, values } = words(run, { flags: 'genkey noout', values: 'name out' });
      const curve = curves[values.get('name') ?? ''];
      if (curve === undefined || !flags.has('genkey') || !flags.has('noout'))
        throw new NotSimulated(run.argv.join(' '));
      const made = generateKeyPairSync('ec', { namedCurve: curve }).privateKey.export({
        type: 'sec1',
        format: 'pem',
      });
      await write(run, values.get('out'), made.toString(), true);
      return 0;
    }
    case 'genrsa':
      return genrsa(run);
    case 'rsa':
    case 'ec':
    case 'req':
    case 'x509':
    case 'enc':
    case 'base64':
    case 'asn1parse':
    case 'list':
    case 'pkcs8':
      throw new NotSimulated(`openssl ${command}`);
    default:
      return opensslError(
        run,
        version === '1.1.1'
          ? `Invalid command '${command}'; type "help" for a list.`
          : `Invalid command '${command}'; type "help" for a list.`,
      );
  }
};
