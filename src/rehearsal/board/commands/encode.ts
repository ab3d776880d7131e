/** The programs that show bytes in letters. */
import type { ByteString } from '../bytes.ts';
import { SystemError } from '../files/errors.ts';
import { NotSimulated } from '../not-simulated.ts';
import type { Program } from '../shell/program.ts';
import { readInput, readInputs } from './inputs.ts';
import { readOptions } from './options.ts';

/** `base64`. */
export const base64: Program = async (run) => {
  const { flags, values, rest } = readOptions(run, {
    flags: 'di',
    valued: 'w',
    long: { decode: 'd', wrap: 'w', 'ignore-garbage': 'i' },
  });
  const [name = '-'] = rest;
  let text: ByteString;
  try {
    text = await readInput(run, name);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return run.fail(`${name}: ${error.message}`);
  }
  if (!flags.has('d')) {
    const encoded = Buffer.from(text, 'latin1').toString('base64');
    const width = Number(values.get('w') ?? 76);
    if (width === 0) await run.out(encoded);
    else
      await run.out(
        (encoded.match(new RegExp(`.{1,${width}}`, 'gu')) ?? []).map((line) => `${line}\n`).join(''),
      );
    return 0;
  }
  const whole = text.replace(/[\r\n]/gu, '');
  const clean = flags.has('i') ? whole.replace(/[^A-Za-z0-9+/=]/gu, '') : whole;
  const good = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?/u.exec(clean)?.[0] ?? '';
  await run.out(Buffer.from(good, 'base64').toString('latin1'));
  if (good.length === clean.length) return 0;
  return run.fail(run.machine.flavour === 'busybox' ? 'truncated input' : 'invalid input');
};

/** `od -An -tx1`. */
export const od: Program = async (run) => {
  const { values, rest } = readOptions(run, { valued: 'AtNjw', flags: 'v' });
  if (values.get('A') !== 'n' || !/^x1?$/u.test(values.get('t') ?? '') || values.has('j'))
    throw new NotSimulated(`${run.argv.join(' ')} (only od -An -tx1)`);
  const { texts, status } = await readInputs(run, rest);
  let text = texts.map((part) => part.text).join('');
  if (values.has('N')) text = text.slice(0, Number(values.get('N')));
  for (let at = 0; at < text.length; at += 16) {
    await run.out(
      `${Array.from(text.slice(at, at + 16))
        .map((c) => ` ${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
        .join('')}\n`,
    );
  }
  return status;
};
