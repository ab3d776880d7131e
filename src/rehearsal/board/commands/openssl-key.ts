/** Reads the private keys that openssl is given. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { ByteString } from '../bytes.ts';
import { SystemError } from '../files/errors.ts';
import { NotSimulated } from '../not-simulated.ts';
import type { Invocation } from '../shell/program.ts';
import { readInput } from './inputs.ts';

/** The passphrase that a source such as `pass:x` or `file:/path` leads to. */
export function passphrase(run: Invocation, source: ByteString | undefined): string | undefined {
  if (source === undefined) return undefined;
  const [kind = '', ...rest] = source.split(':');
  const value = rest.join(':');
  if (kind === 'pass') return value;
  if (kind === 'env') return run.environment.get(value) ?? '';
  if (kind === 'file')
    return run.machine.files.read(run.process.who, run.path(value)).replace(/\n[^]*$/u, '');
  throw new NotSimulated(`openssl -passin ${kind}:`);
}

/** Reads a private key, or prints why it cannot. */
export async function privateKey(
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
