/** The subcommands of openssl that make keys. */
import { generateKeyPair, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { fromBytes } from '../bytes.ts';
import { NotSimulated } from '../not-simulated.ts';
import type { Program } from '../shell/program.ts';
import { passphrase } from './openssl-key.ts';
import { opensslError, words, write } from './openssl-words.ts';

/** The curves by openssl's names, with Node's. */
export const curves: Readonly<Record<string, string>> = {
  'P-256': 'prime256v1',
  prime256v1: 'prime256v1',
  'P-384': 'secp384r1',
  secp384r1: 'secp384r1',
  'P-521': 'secp521r1',
  secp521r1: 'secp521r1',
};

/** Makes an RSA key on the thread pool, so that nothing else on the machine waits for it. */
export function makeRsa(bits: number): Promise<KeyObject> {
  return new Promise((resolve, reject) => {
    generateKeyPair('rsa', { modulusLength: bits }, (error, _publicKey, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}

/** `openssl genpkey`. */
export const genpkey: Program = async (run) => {
  const { values, options, flags } = words(run, {
    flags: 'quiet aes256 aes-256-cbc',
    values: 'algorithm pkeyopt out outform pass',
  });
  const algorithm = (values.get('algorithm') ?? '').toLowerCase();
  let key: KeyObject;
  const option = (name: string): string | undefined =>
    options.find((one) => one.startsWith(`${name}:`))?.slice(name.length + 1);
  switch (algorithm) {
    case 'ed25519':
      key = generateKeyPairSync('ed25519').privateKey;
      break;
    case 'ec': {
      const curve = curves[option('ec_paramgen_curve') ?? ''];
      if (curve === undefined) throw new NotSimulated(`the curve ${option('ec_paramgen_curve') ?? ''}`);
      key = generateKeyPairSync('ec', { namedCurve: curve }).privateKey;
      break;
    }
    case 'rsa': {
      if (!flags.has('quiet')) run.err('.+...+...+.+++++++++++++++++++++++++++++++++++++++*\n');
      const bits = Number(option('rsa_keygen_bits') ?? 2048);
      key = await run.process.join(makeRsa(bits));
      break;
    }
    default:
      return opensslError(run, `Error initializing ${algorithm} context`);
  }
  const pass = passphrase(run, values.get('pass'));
  const made = key.export({
    type: 'pkcs8',
    format: 'pem',
    ...(pass !== undefined && flags.size > 0 ? { cipher: 'aes-256-cbc', passphrase: pass } : {}),
  });
  const data =
    values.get('outform')?.toUpperCase() === 'DER'
      ? fromBytes(key.export({ type: 'pkcs8', format: 'der' }))
      : made.toString();
  await write(run, values.get('out'), data, true);
  return 0;
};

/** PKCS#1 with 1.1.1, which knows no `-traditional`; PKCS#8 with 3 unless asked for the traditional form. */
export const genrsa: Program = async (run) => {
  const old = run.machine.options.system.openssl === '1.1.1';
  if (old && run.args.includes('-traditional'))
    return opensslError(run, 'genrsa: Unrecognized flag traditional\ngenrsa: Use -help for summary.');
  const { flags, values, rest } = words(run, { flags: 'traditional', values: 'out' });
  const key = await run.process.join(makeRsa(Number(rest[0] ?? 2048)));
  const type = old || flags.has('traditional') ? 'pkcs1' : 'pkcs8';
  await write(run, values.get('out'), key.export({ type, format: 'pem' }).toString(), true);
  return 0;
};
