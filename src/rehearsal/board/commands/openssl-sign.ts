/** The subcommands of openssl that sign or digest. */
import { createHash, sign } from 'node:crypto';
import { type ByteString, fromBytes, toBytes } from '../bytes.ts';
import { SystemError } from '../files/errors.ts';
import { NotSimulated } from '../not-simulated.ts';
import type { Program } from '../shell/program.ts';
import { readInput } from './inputs.ts';
import { privateKey } from './openssl-key.ts';
import { opensslError, words, write } from './openssl-words.ts';

/** `openssl pkeyutl -sign -rawin`. */
export const pkeyutl: Program = async (run) => {
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

/** `openssl dgst`: a digest, or a signature. */
export const dgst: Program = async (run) => {
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
