import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CallInput } from '../../../../src/contract.ts';
import type { BatchReport } from '../../../../src/contract/batches.ts';
import { openStation, type Station } from '../../../../src/station.ts';
import { named, POSIX } from '../../../needs.ts';
import { makeHome, open } from '../home.ts';
import { cell, mac, makeFolder, newKey, write } from './files.ts';

type Options = Partial<CallInput<'batch.import'>>;

async function check(station: Station, path: string, options: Options = {}): Promise<BatchReport> {
  const { acceptGoodRows: _, ...rest } = options;
  return await station.call('batch.check', { path, ...rest });
}

const importing = (station: Station, path: string, options: Options = {}): Promise<BatchReport> =>
  station.call('batch.import', { path, name: 'spring', ...options });

/** What is wrong, as `line column code`. */
const told = ({ problems }: BatchReport): readonly string[] =>
  problems.map(({ line, column, code }) => `${line} ${column ?? '-'} ${code}`);
const noted = ({ notes }: BatchReport): readonly string[] =>
  notes.map(({ line, column, code }) => `${line} ${column ?? '-'} ${code}`);

/** The codes for a file with one identity column of these values. */
async function ofSerials(values: readonly string[]): Promise<BatchReport> {
  const { station } = await open();
  return await check(station, write(['serial', ...values]));
}

describe('a file that is good', () => {
  it('is shown as the server will see it, and stored whole with its keys, tiers, groups and tags', async () => {
    const { station } = await open();
    const keys = [newKey(), newKey(), newKey('p256'), newKey()] as const;
    const folder = makeFolder();
    writeFileSync(join(folder, 'fourth.pem'), keys[3].pem);
    const path = write(
      [
        'sep=;',
        'mac;serial;pubkey;pubkey_file;tier;group;tag.hw;reason',
        `${mac(1)};0001;${cell(keys[0].pem)};;micro;line-1;B;`,
        `${mac(2)};0002;${keys[1].pem.replaceAll('\n', '\\n')};;;;;from an export`,
        `${mac(3)};0003;${keys[2].base64};;;;;`,
        `${mac(4)};0004;;fourth.pem;;;;`,
        ';;;;;;;',
      ],
      'boards.csv',
      folder,
    );
    const report = await importing(station, path, { tier: 'system' });
    expect(report).toMatchObject({
      stored: 'stored',
      kind: 'keys',
      rows: 4,
      good: 4,
      bad: 0,
      problems: [],
      notes: [],
      batch: { name: 'spring', rows: 4, open: true, file: 'boards.csv' },
    });
    expect(report.preview[0]).toEqual({
      line: 3,
      identityData: `{"mac":"${mac(1)}","serial":"0001"}`,
      fingerprint: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string,
      keyType: 'ed25519',
      tier: 'micro',
      group: 'line-1',
      tags: { hw: 'B' },
    });
    const rows = await station.call('batch.rows', { name: 'spring' });
    expect(rows.map(({ key }) => key)).toEqual(keys.map(({ pem }) => pem));
    expect(rows.map(({ tier }) => tier)).toEqual(['micro', 'system', 'system', 'system']);
    // A row begins where its first cell does, however many lines its cells have.
    expect(rows.map(({ line }) => line)).toEqual([3, 7, 8, 9]);
  });

  it('without keys is a list of expected boards', async () => {
    const { station, events } = await open();
    const report = await importing(station, write(['mac', mac(1), mac(2)]));
    expect(report).toMatchObject({ stored: 'stored', kind: 'expectation', good: 2 });
    expect(events).toContainEqual({ type: 'batch', batch: report.batch });
  });

  it('takes the public key out of a certificate and of a request', async () => {
    const { station } = await open();
    const folder = makeFolder();
    const key = newKey('p256');
    writeFileSync(join(folder, 'key.pem'), key.privatePem);
    const openssl = (...args: readonly string[]): string =>
      execFileSync('openssl', [...args, '-key', join(folder, 'key.pem'), '-subj', '/CN=unit'], {
        stdio: ['ignore', 'pipe', 'ignore'],
      }).toString();
    const certificate = openssl('req', '-new', '-x509', '-days', '1');
    const request = openssl('req', '-new');
    for (const [column, text] of [
      ['certificate', certificate],
      ['csr', request],
    ] as const) {
      const report = await check(station, write([`mac,${column}`, `${mac(1)},${cell(text)}`]));
      expect(report.problems).toEqual([]);
      expect(report.preview[0]).toMatchObject({ keyType: 'p256' });
    }
    const stored = await importing(station, write([`mac,csr`, `${mac(1)},${cell(request)}`]));
    expect(stored.stored).toBe('stored');
    expect(await station.call('batch.rows', { name: 'spring' })).toMatchObject([{ key: key.pem }]);
  });

  it('is not stored a second time under its name, and its name is not given away', async () => {
    const home = makeHome();
    const { station } = await open({ home });
    const path = write(['mac', mac(1)]);
    await importing(station, path);
    const head = (await station.call('snapshot', {})).journal;
    expect(await importing(station, path)).toMatchObject({ stored: 'same', batch: { name: 'spring' } });
    await expect(importing(station, write(['mac', mac(2)]))).rejects.toMatchObject({
      code: 'batch/name-taken',
    });
    expect((await station.call('snapshot', {})).journal).toEqual(head);
    await expect(station.call('batch.show', { name: 'autumn' })).rejects.toMatchObject({
      code: 'batch/unknown',
    });
  });
});

describe('a name', () => {
  it('is given once, also where two files are imported under it at a time', async () => {
    const { station } = await open();
    const both = await Promise.allSettled([1, 2].map((n) => importing(station, write(['mac', mac(n)]))));
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'batch/name-taken' },
    });
    expect(await station.call('batch.list', {})).toHaveLength(1);
  });

  it('is not given to a file without rows', async () => {
    const { station } = await open();
    await expect(importing(station, write(['mac']))).rejects.toMatchObject({ code: 'batch/file-empty' });
  });
});

describe('every bad row is named by line, column and reason', () => {
  it('where its values are not what they were', async () => {
    const report = await ofSerials([
      'A-1',
      '1.23E+15',
      '"1,2E+09"',
      '#N/A',
      '########',
      '123456.0',
      'A\u00a01',
      'A\u200b2',
      '"A\u0007"',
      'x'.repeat(257),
      '""',
      'A-2',
    ]);
    expect(told(report)).toEqual([
      '3 serial precision-scientific',
      '4 serial precision-scientific',
      '5 serial spreadsheet-error',
      '6 serial spreadsheet-error',
      '7 serial precision-decimal',
      '8 serial invisible-character',
      '9 serial invisible-character',
      '10 serial control-character',
      '11 serial too-long',
    ]);
    expect(report).toMatchObject({ good: 2, bad: 9, stored: 'no' });
  });

  it('where a spreadsheet has rounded all long numbers, and not where some are whole', async () => {
    expect(told(await ofSerials(['1234567890123450000', '1234567890123460000']))).toEqual([
      '2 serial precision-lost',
      '3 serial precision-lost',
    ]);
    expect(told(await ofSerials(['1234567890123450000', '1234567890123467891']))).toEqual([]);
  });

  it('where its key is none that a server takes, or must not be here', async () => {
    const { station } = await open();
    const keys: readonly (readonly [string, string | null])[] = [
      [newKey('secp256k1').pem, 'key-type'],
      [newKey('x25519').pem, 'key-type'],
      [newKey('rsa512').pem, 'key-too-weak'],
      [newKey().privatePem, 'key-private'],
      [
        Buffer.from(newKey().privatePem.replace(/-----.*-----|\s/g, ''), 'base64').toString('base64'),
        'key-private',
      ],
      [newKey().pem.replaceAll('PUBLIC', 'RSA PUBLIC'), 'key-label'],
      ['ssh-ed25519 AAAAC3Nz kim@bench', 'key-label'],
      [newKey().pem.slice(0, 60), 'key-unreadable'],
      ['no key at all', 'key-unreadable'],
      [newKey().base64.slice(0, 40), 'key-unreadable'],
      ['', 'key-missing'],
      [newKey().pem, null],
    ];
    const report = await check(
      station,
      write(['mac;pubkey', ...keys.map(([text], at) => `${mac(at)};${cell(text)}`)]),
    );
    const byRow = new Map(report.problems.map(({ line, code }) => [line, code]));
    const lines: number[] = [];
    keys.reduce((line, [text]) => (lines.push(line), line + text.split('\n').length), 2);
    expect(lines.map((line) => byRow.get(line) ?? null)).toEqual(keys.map(([, code]) => code));
    expect(JSON.stringify(report)).not.toContain('PRIVATE KEY');
  });

  it('where the file of its key is not there, or holds a private key', async () => {
    const { station } = await open();
    const folder = makeFolder();
    writeFileSync(join(folder, 'own.pem'), newKey().privatePem);
    const path = write(['mac,pubkey_file', `${mac(1)},own.pem`, `${mac(2)},gone.pem`], 'boards.csv', folder);
    expect(told(await check(station, path))).toEqual(['2 pubkey_file key-private', '3 pubkey_file key-file']);
  });

  it.skipIf(POSIX !== null)(
    named('where what it names for its key is a device or a pipe: neither is opened', POSIX),
    async () => {
      const { station } = await open();
      const folder = makeFolder();
      execFileSync('mkfifo', [join(folder, 'pipe.pem')]);
      const path = write(
        ['mac,pubkey_file', `${mac(1)},/dev/null`, `${mac(2)},pipe.pem`, `${mac(3)},.`],
        'boards.csv',
        folder,
      );
      const report = await check(station, path);
      expect(told(report)).toEqual([2, 3, 4].map((line) => `${line} pubkey_file key-file`));
      for (const { reason } of report.problems) expect(reason).toContain('is no file');
    },
  );

  it('where another row has the same identity or key: both are named, each with the other', async () => {
    const { station } = await open();
    const key = newKey();
    const report = await check(
      station,
      write([
        'mac,pubkey',
        `${mac(1)},${key.base64}`,
        `${mac(2)},${newKey().base64}`,
        `${mac(1)},${newKey().base64}`,
        `${mac(3)},${key.base64}`,
      ]),
    );
    expect(report.problems.map(({ line, code, otherLine }) => [line, code, otherLine])).toEqual([
      [2, 'identity-twice', 4],
      [2, 'key-twice', 5],
      [4, 'identity-twice', 2],
      [5, 'key-twice', 2],
    ]);
    expect(report).toMatchObject({ good: 1, bad: 3 });
  });

  it('where another batch has its identity or its key', async () => {
    const { station } = await open();
    const key = newKey();
    await importing(station, write(['mac,pubkey', `${mac(1)},${key.base64}`]));
    const report = await check(
      station,
      write(['mac,pubkey', `${mac(1)},${newKey().base64}`, `${mac(2)},${key.base64}`]),
    );
    expect(told(report)).toEqual(['2 - identity-in-batch', '3 - key-in-batch']);
    expect(report.problems[0]?.reason).toContain('spring');
  });

  it('where it has too few cells, or a quote is out of place', async () => {
    const report = await ofSerials(['1', '2,3', '"4"5', '6', '"7']);
    expect(told(report)).toEqual(['3 - columns-count', '4 - quote-misplaced', '6 - quote-open']);
  });

  it.each([
    ['is not closed', '"12 inch', 'plain', 'quote-open', 'Lines 3 to 6'],
    ['is closed by one of a later row', '"12 inch', '"big', 'quote-misplaced', 'Lines 3 to 5'],
  ])(
    'where a quote %s: it may have taken rows in, and no row is stored',
    async (_, begin, later, code, lines) => {
      const { station } = await open();
      const path = write([
        'mac,tag.case',
        `${mac(1)},plain`,
        `${mac(2)},${begin}`,
        `${mac(3)},plain`,
        `${mac(4)},${later}`,
        `${mac(5)},plain`,
      ]);
      const report = await importing(station, path, { acceptGoodRows: true });
      expect(told(report)).toEqual([`3 - ${code}`]);
      expect(report.problems[0]?.reason).toContain(lines);
      expect(report).toMatchObject({ stored: 'no', good: 0 });
      expect(await station.call('batch.list', {})).toEqual([]);
    },
  );

  it('where a quoted value has several lines: which they are is said', async () => {
    const { station } = await open();
    const lines = ['mac,tag.case', `${mac(1)},"12 inch`, `${mac(2)},13 inch"`, `${mac(3)},plain`];
    const report = await importing(station, write(lines), { acceptGoodRows: true });
    expect(told(report)).toEqual(['2 tag.case control-character']);
    expect(report.problems[0]?.reason).toContain('Lines 2 to 3 were read as this one row.');
    expect(report).toMatchObject({ stored: 'stored', good: 1, bad: 1 });
  });

  it.each([
    [['mac,comment', `${mac(1)},x`], {}, '1 comment column-unknown'],
    [['comment', 'x'], {}, '1 comment column-unknown'],
    [['mac,mac', `${mac(1)},${mac(1)}`], {}, '1 mac column-twice'],
    [['name', 'x'], { identity: ['serial'] }, '1 serial column-missing'],
    [['mac,Tier,tier', `${mac(1)},micro,system`], {}, '1 tier column-twice'],
    [['mac,tag.x,TAG.x', `${mac(1)},1,2`], {}, '1 TAG.x column-twice'],
    [['serial', '1'], { identity: ['a=serial', 'b=serial'] }, '1 - column-twice'],
  ])('where its column is unknown: %j', async (lines, options, first) => {
    const { station } = await open();
    const report = await importing(station, write(lines), { ...options, acceptGoodRows: true });
    expect(told(report)).toContain(first);
    expect(report).toMatchObject({ stored: 'no', good: 0 });
  });

  it('and a column has the use that a person gives it', async () => {
    const { station } = await open();
    const path = write(['MAC,Note', `${mac(1)},x`]);
    const report = await check(station, path, { identity: ['mac=MAC'], ignore: ['Note'] });
    expect(report.problems).toEqual([]);
    expect(report.preview[0]?.identityData).toBe(`{"mac":"${mac(1)}"}`);
  });
});

describe('what is worth knowing hinders nothing', () => {
  it('of leading zeros, spellings and marks of a spreadsheet', async () => {
    const serials = Array.from({ length: 12 }, (_, n) => `00${100 + n}`);
    const report = await ofSerials([...serials, '113', "'00114", ' 00115 ', '00100a', '00100A']);
    expect(report.problems).toEqual([]);
    expect(noted(report)).toEqual([
      '14 serial zeros-trimmed',
      '15 serial apostrophe-removed',
      '16 serial blanks-removed',
      '18 - identity-alike',
    ]);
  });

  it('of identities that are one to a program that takes them for numbers', async () => {
    const report = await ofSerials(['9007199254740993', '9007199254740992', '1', '1.0', '01']);
    expect(report.problems).toEqual([]);
    expect(report.notes.map(({ line, code, otherLine }) => [line, code, otherLine])).toEqual([
      [3, 'identity-alike', 2],
      [5, 'identity-alike', 4],
      [6, 'identity-alike', 4],
    ]);
  });

  it('of MAC addresses that boards spell in another way, and of weak keys', async () => {
    const { station } = await open();
    const path = write(['mac,pubkey', `02-00-00-00-00-0A,${newKey('rsa1024').base64}`]);
    expect(noted(await check(station, path))).toEqual(['2 mac identity-spelling', '2 pubkey key-weak']);
  });
});

describe('a file with bad rows', () => {
  const FILE = ['mac;serial', `${mac(1)};0001`, `${mac(2)};1.2E+15`, `${mac(3)};`, `${mac(4)};0004`];
  const options = { identity: ['mac', 'serial'] };

  it('is not stored at all, unless its good rows alone are wanted', async () => {
    const { station } = await open();
    const path = write(FILE);
    expect(await importing(station, path, options)).toMatchObject({
      stored: 'no',
      good: 2,
      bad: 2,
      batch: null,
    });
    expect(await station.call('batch.list', {})).toEqual([]);
    expect(await importing(station, path, { ...options, acceptGoodRows: true })).toMatchObject({
      stored: 'stored',
      batch: { rows: 2, leftOut: 2 },
    });
  });

  it('gives the bad ones back with their reasons, and takes them once they are mended', async () => {
    const { station } = await open();
    await importing(station, write(FILE), { ...options, acceptGoodRows: true });
    const path = join(makeFolder(), 'failed.csv');
    expect(await station.call('batch.export', { name: 'spring', failed: true, path })).toMatchObject({
      rows: 2,
      key: null,
    });
    const text = readFileSync(path, 'utf8');
    const lines = text.split('\r\n');
    expect(lines[0]).toBe('\ufeffmac,serial,reason');
    expect(lines[1]).toMatch(new RegExp(`^${mac(2)},1.2E\\+15,"?serial: A spreadsheet`));
    writeFileSync(path, text.replace('1.2E+15', '0002').replace(`${mac(3)},,`, `${mac(3)},0003,`));
    expect(await importing(station, path, { ...options, name: 'mended' })).toMatchObject({
      stored: 'stored',
      good: 2,
      problems: [],
    });
  });

  it('whose private keys were in it leaves none of them anywhere, in whatever form they were there', async () => {
    const home = makeHome();
    const { station } = await open({ home });
    const secrets = [newKey(), newKey(), newKey()].map(({ privatePem }) => privatePem);
    const [pem = '', bare = '', torn = ''] = secrets;
    const bodyOf = (text: string): string => text.replace(/-----.*-----|\s/g, '');
    const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
    const password = 'ignored-Wlan-Passw0rd';
    const path = write([
      'mac,pubkey,wifi',
      `${mac(1)},${newKey().base64},x`,
      `${mac(2)},${cell(pem)},x`,
      `${mac(3)},${bodyOf(bare)},${password}`,
      `${mac(4)},${cell(JSON.stringify(jwk))},x`,
      // Not quoted: each line of it is a row of its own.
      `${mac(5)},${torn.trim()},x`,
    ]);
    const report = await importing(station, path, { acceptGoodRows: true, ignore: ['wifi'] });
    expect(report).toMatchObject({ stored: 'stored', good: 1 });
    const out = join(makeFolder(), 'failed.csv');
    await station.call('batch.export', { name: 'spring', failed: true, path: out });
    await station[Symbol.asyncDispose]();
    const kept = [
      readFileSync(out),
      readFileSync(join(home, 'journal.db')),
      Buffer.from(JSON.stringify(report)),
    ];
    for (const secret of [...secrets.map(bodyOf), String(jwk.d), password])
      for (const place of kept) expect(place.includes(secret)).toBe(false);
    expect(readFileSync(out, 'utf8')).toContain(mac(3));
  });
});

describe('a batch in a file', () => {
  it('has the columns that it came in, and is the same when it is imported elsewhere', async () => {
    const { station } = await open();
    const lines = [
      'id.mac,pubkey,group,tag.=x',
      `${mac(1)},${newKey().base64},line-1,=1+1`,
      `${mac(2)},${newKey().base64},,'quoted`,
    ];
    await importing(station, write(lines));
    const path = join(makeFolder(), 'all.csv');
    expect(await station.call('batch.export', { name: 'spring', path })).toMatchObject({ rows: 2 });
    const { station: other } = await open();
    expect(await importing(other, path)).toMatchObject({ stored: 'stored', problems: [] });
    const rows = async (from: Station): Promise<unknown> =>
      (await from.call('batch.rows', { name: 'spring' })).map(({ identity, key, group, tags }) => ({
        identity,
        key,
        group,
        tags,
      }));
    expect(await rows(other)).toEqual(await rows(station));
    await expect(station.call('batch.export', { name: 'spring', path })).rejects.toMatchObject({
      code: 'station/file-exists',
    });
    await station.call('batch.export', { name: 'spring', path, force: true });
    await expect(
      station.call('batch.export', { name: 'spring', path: `${path}.x`, failed: true }),
    ).rejects.toMatchObject({ code: 'batch/nothing-failed' });
  });

  it.each([
    ['a column that was not to be looked at', 'serial,Wifi password,pubkey', { ignore: ['Wifi password'] }],
    [
      'a column that a person said is the identity',
      'Seriennummer,imei,pubkey',
      { identity: ['serial=Seriennummer'], ignore: ['imei'] },
    ],
  ])('is imported again as it is, also where it had %s', async (_what, header, options) => {
    const { station } = await open();
    await importing(station, write([header, `A1,secret,${newKey().base64}`]), options);
    const path = join(makeFolder(), 'all.csv');
    await station.call('batch.export', { name: 'spring', path });
    expect(readFileSync(path, 'utf8')).not.toContain('secret');
    const { station: other } = await open();
    expect(await importing(other, path)).toMatchObject({ stored: 'stored', problems: [] });
    const identities = async (from: Station) =>
      (await from.call('batch.rows', { name: 'spring' })).map(({ identity }) => identity);
    expect(await identities(other)).toEqual([{ serial: 'A1' }]);
    expect(await identities(station)).toEqual([{ serial: 'A1' }]);
  });
});

describe('the keys of a batch that was removed', () => {
  it('are taken for the same boards, and for no others', async () => {
    const { station } = await open();
    const [first, second] = [newKey().base64, newKey().base64];
    await importing(station, write(['serial,pubkey', `A,${first}`, `B,${second}`]));
    await station.call('batch.remove', { name: 'spring' });
    const report = await check(station, write(['serial,pubkey', `A,${first}`, `C,${second}`]));
    expect(told(report)).toEqual(['3 - key-in-batch']);
    expect(report.problems[0]?.reason).toContain('spring, which was removed');
    expect(
      await importing(station, write(['serial,pubkey', `A,${first}`, `B,${second}`], 'again.csv')),
    ).toMatchObject({ stored: 'stored' });
  });
});

describe('a batch', () => {
  it('is closed, and removed where nobody has used it', async () => {
    const { station, events } = await open();
    await importing(station, write(['mac', mac(1)]));
    expect(await station.call('batch.close', { name: 'spring' })).toMatchObject({
      open: false,
      closed: { why: 'operator' },
    });
    await station.call('batch.remove', { name: 'spring' });
    expect(await station.call('batch.list', {})).toEqual([]);
    expect(events).toContainEqual({ type: 'batch-gone', name: 'spring' });
  });

  it('is there when the station is opened again, and not stored by one that only reads', async () => {
    const home = makeHome();
    {
      await using station = await openStation({
        home,
        env: {},
        access: 'write',
        probing: false,
        program: 'test',
      });
      await importing(station, write(['mac', mac(1)]));
    }
    const { station } = await open({ home, access: 'read' });
    expect(await station.call('batch.list', {})).toMatchObject([{ name: 'spring' }]);
    expect(await check(station, write(['mac', mac(2)]))).toMatchObject({ good: 1, stored: 'no' });
    await expect(importing(station, write(['mac', mac(2)]), { name: 'autumn' })).rejects.toMatchObject({
      code: 'station/home-locked',
    });
  });

  it('has no more rows than a station looks at', async () => {
    const { station } = await open();
    const path = write(['serial', ...Array.from({ length: 100_001 }, (_, n) => `A${n}`)]);
    await expect(check(station, path)).rejects.toMatchObject({ code: 'batch/too-many-rows' });
    expect(basename(path)).toBe('boards.csv');
  }, 60_000);
});
