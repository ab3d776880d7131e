/**
 * `openssl` as far as a key's life on a board needs it, with real keys.
 *
 * 1.1.1 makes Ed25519 keys, but its command line cannot sign with them: `pkeyutl` has no `-rawin`, and `dgst` refuses
 * the key type, as it still does in 3.x.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { createHash } from 'node:crypto';
import { type ByteString, fromBytes, toBytes } from '../bytes.ts';
import { SystemError } from '../files/errors.ts';
import { NotSimulated } from '../not-simulated.ts';
import type { Invocation, Program } from '../shell/program.ts';
import { readInput } from './inputs.ts';

const versions = {
  '1.1.1': 'OpenSSL 1.1.1w  11 Sep 2023',
  '3.0': 'OpenSSL 3.0.19 27 Jan 2026 (Library: OpenSSL 3.0.19 27 Jan 2026)',
  '3.5': 'OpenSSL 3.5.4 30 Sep 2025 (Library: OpenSSL 3.5.4 30 Sep 2025)',
} as const;

interface Words {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, ByteString>;
  readonly options: readonly ByteString[];
  readonly rest: readonly ByteString[];
}

function words(run: Invocation, spec: { readonly flags: string; readonly values: string }): Words {
  const [command = '', ...args] = run.args;
  const flags = new Set<string>();
  const values = new Map<string, ByteString>();
  const options: ByteString[] = [];
  const rest: ByteString[] = [];
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? '';
    const name = word.replace(/^--?/u, '');
    if (!word.startsWith('-')) rest.push(word);
    else if (spec.flags.split(' ').includes(name)) flags.add(name);
    else if (spec.values.split(' ').includes(name)) {
      const value = args[++at] ?? '';
      values.set(name, value);
      if (name === 'pkeyopt') options.push(value);
    } else throw new NotSimulated(`openssl ${command} ${word}`);
  }
  return { flags, values, options, rest };
}

async function write(
  run: Invocation,
  name: ByteString | undefined,
  data: ByteString,
  secret = false,
): Promise<void> {
  if (name === undefined) {
    await run.out(data);
    return;
  }
  run.machine.files.put(run.process.who, run.path(name), data, secret ? 0o600 : 0o666 & ~run.umask);
}

function passphrase(run: Invocation, source: ByteString | undefined): string | undefined {
  if (source === undefined) return undefined;
  const [kind = '', ...rest] = source.split(':');
  const value = rest.join(':');
  if (kind === 'pass') return value;
  if (kind === 'env') return run.environment.get(value) ?? '';
  if (kind === 'file')
    return run.machine.files.read(run.process.who, run.path(value)).replace(/\n[^]*$/u, '');
  throw new NotSimulated(`openssl -passin ${kind}:`);
}

async function privateKey(
  run: Invocation,
  name: ByteString | undefined,
  pass: ByteString | undefined,
): Promise<KeyObject | undefined> {
  const old = run.machine.options.system.openssl === '1.1.1';
  let text: ByteString;
  try {
    text = await readInput(run, name ?? '-');
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    run.err(
      old
        ? `Can't open ${name ?? ''} for reading, ${error.message}\nunable to load key\n`
        : `Could not open file or uri for loading key from ${name ?? ''}\n`,
    );
    return undefined;
  }
  try {
    const secret = passphrase(run, pass);
    if (text.includes('ENCRYPTED') && secret === undefined)
      run.err(`Enter pass phrase for ${name ?? '<stdin>'}:\n`);
    return createPrivateKey({
      key: text.startsWith('0') ? Buffer.from(text, 'latin1') : text,
      ...(text.startsWith('0') ? { format: 'der', type: 'pkcs8' } : { format: 'pem' }),
      ...(secret === undefined ? {} : { passphrase: secret }),
    });
  } catch {
    run.err(old ? 'unable to load key\n' : `Could not read key from ${name ?? '<stdin>'}\n`);
    return undefined;
  }
}

const curves: Readonly<Record<string, string>> = {
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

const genpkey: Program = async (run) => {
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
const genrsa: Program = async (run) => {
  const old = run.machine.options.system.openssl === '1.1.1';
  if (old && run.args.includes('-traditional'))
    return opensslError(run, 'genrsa: Unrecognized flag traditional\ngenrsa: Use -help for summary.');
  const { flags, values, rest } = words(run, { flags: 'traditional', values: 'out' });
  const key = await run.process.join(makeRsa(Number(rest[0] ?? 2048)));
  const type = old || flags.has('traditional') ? 'pkcs1' : 'pkcs8';
  await write(run, values.get('out'), key.export({ type, format: 'pem' }).toString(), true);
  return 0;
};

function opensslError(run: Invocation, message: string): number {
  run.err(`${message}\n`);
  return 1;
}

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

const pkeyutl: Program = async (run) => {
  const old = run.machine.options.system.openssl === '1.1.1';
  if (old && run.args.includes('-rawin'))
    return opensslError(run, 'pkeyutl: Unrecognized flag rawin\npkeyutl: Use -help for summary.');
  const { flags, values } = words(run, { flags: 'sign rawin', values: 'in out inkey passin digest' });
  if (!flags.has('sign') || !flags.has('rawin'))
    throw new NotSimulated('openssl pkeyutl without -sign -rawin');
  const key = await privateKey(run, values.get('inkey'), values.get('passin'));
  if (!key) return 1;
  const edwards = key.asymmetricKeyType === 'ed25519';
  // One-shot algorithms need the size of their input beforehand; 3.5 reads a pipe to its end.
  if (edwards && !values.has('in') && run.machine.options.system.openssl === '3.0')
    return opensslError(
      run,
      'Error: unable to determine file size for oneshot operation\nPublic Key operation error',
    );
  const data = toBytes(await readInput(run, values.get('in') ?? '-'));
  await write(run, values.get('out'), fromBytes(sign(edwards ? null : 'sha256', data, key)));
  return 0;
};

const dgst: Program = async (run) => {
  const { flags, values, rest } = words(run, {
    flags: 'sha256 sha1 sha512 hex r binary',
    values: 'sign out passin',
  });
  const algorithm = flags.has('sha1') ? 'sha1' : flags.has('sha512') ? 'sha512' : 'sha256';
  const signer = values.get('sign');
  if (signer !== undefined) {
    const key = await privateKey(run, signer, values.get('passin'));
    if (!key) return 1;
    if (key.asymmetricKeyType === 'ed25519')
      return opensslError(run, 'Key type not supported for this operation');
    await write(
      run,
      values.get('out'),
      fromBytes(sign(algorithm, toBytes(await readInput(run, rest[0] ?? '-')), key)),
    );
    return 0;
  }
  const name = rest[0] ?? 'stdin';
  let data: ByteString;
  try {
    data = await readInput(run, rest[0] ?? '-');
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return opensslError(run, `${name}: ${error.message}`);
  }
  const digest = createHash(algorithm).update(toBytes(data));
  if (flags.has('binary')) await write(run, values.get('out'), fromBytes(digest.digest()));
  else {
    const label =
      run.machine.options.system.openssl === '1.1.1' ? algorithm.toUpperCase() : `SHA2-${algorithm.slice(3)}`;
    await write(
      run,
      values.get('out'),
      flags.has('r') ? `${digest.digest('hex')} *${name}\n` : `${label}(${name})= ${digest.digest('hex')}\n`,
    );
  }
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
