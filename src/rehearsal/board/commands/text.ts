/** The programs that read text and print text. */
import { createHash } from 'node:crypto';
import { type ByteString, toBytes } from '../bytes.ts';
import { SystemError } from '../files/errors.ts';
import { NotSimulated } from '../not-simulated.ts';
import type { Invocation, Program } from '../shell/program.ts';
import { type OpenFile, readAll } from '../shell/streams.ts';
import { linesOf, openInput, readInput, readInputs } from './inputs.ts';
import { readOptions } from './options.ts';

const cat: Program = async (run) => {
  const { rest } = readOptions(run, { flags: 'u' });
  let status = 0;
  for (const name of rest.length === 0 ? ['-'] : rest) {
    let file: OpenFile;
    try {
      file = openInput(run, name);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      status = run.fail(
        run.machine.flavour === 'busybox'
          ? `can't open '${name}': ${error.message}`
          : `${name}: ${error.message}`,
      );
      continue;
    }
    try {
      for (
        let part = await file.read(run.process, 65_536);
        part !== '';
        part = await file.read(run.process, 65_536)
      )
        await run.out(part);
    } catch (error) {
      if (!(error instanceof SystemError) || error.errno === 'EPIPE') throw error;
      return run.fail(`write error: ${error.message}`);
    } finally {
      file.release();
    }
  }
  return status;
};

function amount(word: string): { readonly sign: string; readonly count: number } {
  const match = /^([-+]?)([0-9]+)([kKM]?)$/u.exec(word);
  if (!match) throw new NotSimulated(`the amount ${word}`);
  const unit = match[3] === 'M' ? 1_048_576 : match[3] === '' ? 1 : 1024;
  return { sign: match[1] ?? '', count: Number(match[2]) * unit };
}

function shortCount(run: Invocation): Invocation {
  const [first = ''] = run.args;
  return /^-[0-9]+$/u.test(first)
    ? run.with({ argv: [run.name, '-n', first.slice(1), ...run.args.slice(1)] })
    : run;
}

const head: Program = async (given) => {
  const run = shortCount(given);
  const { values, rest } = readOptions(run, { valued: 'nc', flags: 'q', long: { bytes: 'c', lines: 'n' } });
  const bytes = values.get('c');
  const { sign, count } = amount(bytes ?? values.get('n') ?? '10');
  if (rest.length < 2 && sign !== '-') {
    let file: OpenFile;
    try {
      file = openInput(run, rest[0] ?? '-');
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      return run.fail(
        run.machine.flavour === 'busybox'
          ? `${rest[0] ?? ''}: ${error.message}`
          : `cannot open '${rest[0] ?? ''}' for reading: ${error.message}`,
      );
    }
    try {
      for (let left = count; left > 0;) {
        const part =
          bytes === undefined ? await file.readLine(run.process) : await file.read(run.process, left);
        if (part === '') break;
        await run.out(part);
        left -= bytes === undefined ? 1 : part.length;
      }
    } finally {
      file.release();
    }
    return 0;
  }
  const { texts, status } = await readInputs(run, rest);
  for (const { text } of texts) {
    if (bytes !== undefined)
      await run.out(sign === '-' ? text.slice(0, Math.max(0, text.length - count)) : text.slice(0, count));
    else {
      const lines = text.match(/[^\n]*\n|[^\n]+$/gu) ?? [];
      await run.out(
        (sign === '-' ? lines.slice(0, Math.max(0, lines.length - count)) : lines.slice(0, count)).join(''),
      );
    }
  }
  return status;
};

const tail: Program = async (given) => {
  const run = shortCount(given);
  const { values, rest } = readOptions(run, { valued: 'nc', flags: 'q', long: { bytes: 'c', lines: 'n' } });
  const bytes = values.get('c');
  const { sign, count } = amount(bytes ?? values.get('n') ?? '10');
  const { texts, status } = await readInputs(run, rest);
  for (const { text } of texts) {
    if (bytes !== undefined)
      await run.out(
        sign === '+' ? text.slice(Math.max(0, count - 1)) : count === 0 ? '' : text.slice(-count),
      );
    else {
      const lines = text.match(/[^\n]*\n|[^\n]+$/gu) ?? [];
      await run.out(
        (sign === '+' ? lines.slice(Math.max(0, count - 1)) : count === 0 ? [] : lines.slice(-count)).join(
          '',
        ),
      );
    }
  }
  return status;
};

const wc: Program = async (run) => {
  const { flags, rest } = readOptions(run, { flags: 'lwcm' });
  const { texts, status } = await readInputs(run, rest);
  const measures: ((text: ByteString) => number)[] = [];
  const all = flags.size === 0;
  if (all || flags.has('l')) measures.push((text) => text.split('\n').length - 1);
  if (all || flags.has('w')) measures.push((text) => text.split(/\s+/u).filter((word) => word !== '').length);
  if (all || flags.has('c') || flags.has('m')) measures.push((text) => text.length);
  const rows = texts.map(({ name, text }) => ({ name, counts: measures.map((measure) => measure(text)) }));
  if (rows.length > 1)
    rows.push({
      name: 'total',
      counts: measures.map((_, index) => rows.reduce((sum, row) => sum + (row.counts[index] ?? 0), 0)),
    });
  const width =
    rows.length === 1 && measures.length === 1
      ? 1
      : run.machine.flavour === 'busybox'
        ? 9
        : rest.length === 0
          ? 7
          : Math.max(...rows.flatMap((row) => row.counts).map((n) => String(n).length), 1);
  for (const row of rows) {
    await run.out(
      `${row.counts.map((n) => String(n).padStart(width)).join(' ')}${row.name === '-' && rest.length === 0 ? '' : ` ${row.name}`}\n`,
    );
  }
  return status;
};

function characters(set: string): string {
  const named: Readonly<Record<string, string>> = {
    upper: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
    lower: 'abcdefghijklmnopqrstuvwxyz',
    digit: '0123456789',
    space: '\t\n\v\f\r ',
    blank: '\t ',
    alpha: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
    alnum: '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
    cntrl: `${String.fromCharCode(...Array(32).keys())}\x7f`,
    print: String.fromCharCode(...Array.from({ length: 95 }, (_, index) => index + 32)),
    xdigit: '0123456789ABCDEFabcdef',
  };
  let result = '';
  for (let at = 0; at < set.length; at++) {
    const name = /^\[:([a-z]+):\]/u.exec(set.slice(at));
    if (name) {
      const inside = named[name[1] ?? ''];
      if (inside === undefined) throw new NotSimulated(`tr ${set}`);
      result += inside;
      at += name[0].length - 1;
      continue;
    }
    const one = (): string => {
      const c = set.charAt(at);
      if (c !== '\\') return c;
      const octal = /^[0-7]{1,3}/u.exec(set.slice(at + 1))?.[0];
      if (octal !== undefined) {
        at += octal.length;
        return String.fromCharCode(parseInt(octal, 8) & 255);
      }
      at++;
      const escaped: Readonly<Record<string, string>> = {
        n: '\n',
        r: '\r',
        t: '\t',
        a: '\x07',
        b: '\b',
        f: '\f',
        v: '\v',
      };
      return escaped[set.charAt(at)] ?? set.charAt(at);
    };
    const from = one();
    if (set.charAt(at + 1) === '-' && at + 2 < set.length) {
      at += 2;
      const to = one();
      for (let code = from.charCodeAt(0); code <= to.charCodeAt(0); code++)
        result += String.fromCharCode(code);
    } else result += from;
  }
  return result;
}

const tr: Program = async (run) => {
  const { flags, rest } = readOptions(run, { flags: 'dscC', permute: false });
  let from = characters(rest[0] ?? '');
  const to = characters(rest[1] ?? '');
  if (flags.has('c') || flags.has('C'))
    from = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code))
      .filter((c) => !from.includes(c))
      .join('');
  const squeeze = flags.has('s') ? (rest.length > 1 ? to : from) : '';
  const map = new Map<string, string>();
  Array.from(from).forEach((c, index) =>
    map.set(c, flags.has('d') ? '' : to === '' ? c : to.charAt(Math.min(index, to.length - 1))),
  );
  let previous = '';
  for (;;) {
    const part = await run.stdin.read(run.process, 65_536);
    if (part === '') return 0;
    let text = '';
    for (const c of part) {
      const made = map.get(c) ?? c;
      if (made === '' || (made === previous && squeeze.includes(made))) continue;
      previous = made;
      text += made;
    }
    await run.out(text);
  }
};

function ranges(list: string): (position: number) => boolean {
  const parts = list.split(',').map((part) => {
    const match = /^([0-9]*)(-?)([0-9]*)$/u.exec(part);
    if (!match) throw new NotSimulated(`cut ${list}`);
    const from = Number(match[1] === '' ? 1 : match[1]);
    return { from, to: match[2] === '' ? from : match[3] === '' ? Infinity : Number(match[3]) };
  });
  return (position) => parts.some(({ from, to }) => position >= from && position <= to);
}

const cut: Program = async (run) => {
  const { flags, values, rest } = readOptions(run, { valued: 'dfcb', flags: 's' });
  const { texts, status } = await readInputs(run, rest);
  const wanted = ranges(values.get('f') ?? values.get('c') ?? values.get('b') ?? '');
  const delimiter = values.get('d') ?? '\t';
  for (const { text } of texts) {
    for (const line of linesOf(text)) {
      if (!values.has('f'))
        await run.out(
          `${Array.from(line)
            .filter((_, index) => wanted(index + 1))
            .join('')}\n`,
        );
      else if (line.includes(delimiter))
        await run.out(
          `${line
            .split(delimiter)
            .filter((_, index) => wanted(index + 1))
            .join(delimiter)}\n`,
        );
      else if (!flags.has('s')) await run.out(`${line}\n`);
    }
  }
  return status;
};

const sort: Program = async (run) => {
  const { flags, rest } = readOptions(run, { flags: 'rnu' });
  const { texts, status } = await readInputs(run, rest);
  let lines = texts.flatMap(({ text }) => linesOf(text));
  const number = (line: string): number => Number(/^\s*-?[0-9]+(?:\.[0-9]+)?/u.exec(line)?.[0] ?? 0);
  const plain = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  lines.sort((a, b) => (flags.has('n') ? number(a) - number(b) || plain(a, b) : plain(a, b)));
  if (flags.has('r')) lines.reverse();
  if (flags.has('u')) lines = lines.filter((line, index) => index === 0 || line !== lines[index - 1]);
  await run.out(lines.map((line) => `${line}\n`).join(''));
  return status;
};

const uniq: Program = async (run) => {
  const { flags, rest } = readOptions(run, { flags: 'cdu' });
  if (flags.size > 0) throw new NotSimulated('options of uniq');
  const { texts, status } = await readInputs(run, rest.slice(0, 1));
  const lines = texts.flatMap(({ text }) => linesOf(text));
  await run.out(
    lines
      .filter((line, index) => index === 0 || line !== lines[index - 1])
      .map((line) => `${line}\n`)
      .join(''),
  );
  return status;
};

const base64: Program = async (run) => {
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

function sum(algorithm: string): Program {
  return async (run) => {
    const { flags, rest } = readOptions(run, {
      flags: 'cbst',
      long: { check: 'c', status: 's', binary: 'b' },
    });
    const digest = (text: ByteString): string => createHash(algorithm).update(toBytes(text)).digest('hex');
    const { texts, status } = await readInputs(run, rest);
    if (!flags.has('c')) {
      for (const { name, text } of texts) await run.out(`${digest(text)}  ${name}\n`);
      return status;
    }
    let failed = status;
    for (const { text } of texts) {
      for (const line of linesOf(text)) {
        const match = /^([0-9a-fA-F]+) [ *](.*)$/u.exec(line);
        if (!match) continue;
        const good = digest(await readInput(run, match[2] ?? '')) === match[1]?.toLowerCase();
        if (!flags.has('s')) await run.out(`${match[2] ?? ''}: ${good ? 'OK' : 'FAILED'}\n`);
        if (!good) failed = 1;
      }
    }
    if (failed !== 0 && !flags.has('s')) run.fail('WARNING: 1 computed checksum did NOT match');
    return failed;
  };
}

const tee: Program = async (run) => {
  const { flags, rest } = readOptions(run, { flags: 'a' });
  const text = await readAll(run.stdin, run.process);
  await run.out(text);
  let status = 0;
  for (const name of rest) {
    try {
      const node = run.machine.files.open(run.process.who, run.path(name), {
        write: true,
        create: 0o666 & ~run.umask,
        truncate: !flags.has('a'),
      });
      if (node.kind === 'file') run.machine.files.write(node, flags.has('a') ? node.data.length : 0, text);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      status = run.fail(`${name}: ${error.message}`);
    }
  }
  return status;
};

const cmp: Program = async (run) => {
  const { flags, rest } = readOptions(run, { flags: 's' });
  const [one = '-', two = '-'] = rest;
  const { texts, status } = await readInputs(run, [one, two]);
  if (status !== 0) return 2;
  const [first, second] = texts;
  if (first?.text === second?.text) return 0;
  const a = first?.text ?? '';
  const b = second?.text ?? '';
  let at = 0;
  while (at < a.length && at < b.length && a.charAt(at) === b.charAt(at)) at++;
  if (!flags.has('s')) {
    if (at === a.length || at === b.length)
      run.fail(`EOF on ${at === a.length ? one : two}${at === 0 ? ' which is empty' : ''}`);
    else
      await run.out(
        `${one} ${two} differ: ${run.machine.flavour === 'busybox' ? 'char' : 'byte'} ${at + 1}, line ${a.slice(0, at).split('\n').length}\n`,
      );
  }
  return 1;
};

const od: Program = async (run) => {
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

const yes: Program = async (run) => {
  const line = `${run.args.length === 0 ? 'y' : run.args.join(' ')}\n`;
  for (;;) {
    run.process.check();
    await run.out(line.repeat(100));
  }
};

const seq: Program = async (run) => {
  const numbers = run.args.map(Number);
  const [a = 1, b, c] = numbers;
  const from = b === undefined ? 1 : a;
  const step = c === undefined ? 1 : (b ?? 1);
  const to = c ?? b ?? a;
  let text = '';
  for (let n = from; step > 0 ? n <= to : n >= to; n += step) text += `${n}\n`;
  await run.out(text);
  return 0;
};

/** Text programs by name. */
export const textPrograms: Readonly<Record<string, Program>> = {
  cat,
  head,
  tail,
  wc,
  tr,
  cut,
  sort,
  uniq,
  base64,
  tee,
  cmp,
  od,
  seq,
  yes,
  sha256sum: sum('sha256'),
  sha1sum: sum('sha1'),
  sha512sum: sum('sha512'),
  md5sum: sum('md5'),
};
