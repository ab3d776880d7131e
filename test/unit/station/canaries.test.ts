import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Secret } from '../../../src/model/secret.ts';
import { DEFAULT_ADMIN, startMenderServer } from '../../../src/rehearsal/server/index.ts';
import { NO_SECRETS } from '../../../src/settings/index.ts';
import { openStation } from '../../../src/station.ts';
import { station as command } from '../cli/command.ts';
import { virtualTime } from '../virtual-time.ts';
import { makeHome, open } from './home.ts';

const [ADMIN, TENANT, BOARD, PASSPHRASE] = ['admin', 'tenant', 'board', 'passphrase'].map(
  (name) => `canary-"${name}"\\9f2c`,
) as [string, string, string, string];

/** Every way in which bytes are usually written down. In base64 they look different at each of three places in a group. */
function spellings(secret: Buffer): readonly string[] {
  const base64 = [0, 1, 2].map((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), secret]).toString('base64');
    return whole.slice(before === 0 ? 0 : before + 1, Math.floor(((before + secret.length) * 8) / 6) - 1);
  });
  const text = secret.toString('latin1');
  return [
    text,
    JSON.stringify(text).slice(1, -1),
    JSON.stringify(JSON.stringify(text)).slice(3, -3),
    encodeURIComponent(text),
    secret.toString('hex'),
    ...base64,
    ...base64.map((one) => one.replaceAll('+', '-').replaceAll('/', '_')),
  ];
}

/** The part of a private key that nobody else has. */
function privatePart(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url');
}

function expectNone(where: string, text: string, secrets: readonly Buffer[]): void {
  for (const [index, secret] of secrets.entries())
    for (const spelling of spellings(secret))
      expect(text.includes(spelling), `secret ${index} as ${spelling.slice(0, 8)}... in ${where}`).toBe(
        false,
      );
}

function filesUnder(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}

test('no secret of a provisioning is in the home, in what is told, or in the transcript', async () => {
  const home = makeHome();
  const imports = mkdtempSync(join(tmpdir(), 'station-import-'));
  onTestFinished(() => rmSync(imports, { recursive: true, force: true }));
  const key = generateKeyPairSync('ed25519').privateKey;
  writeFileSync(
    join(imports, '52:54:00:be:00:01.pem'),
    key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSPHRASE }),
  );
  const real = await startMenderServer({ admin: { email: DEFAULT_ADMIN.email, password: ADMIN } });
  onTestFinished(() => real.close());
  const secrets = [...[ADMIN, TENANT, BOARD, PASSPHRASE].map((one) => Buffer.from(one)), privatePart(key)];

  const { station, events } = await open({
    home,
    clock: virtualTime(),
    secrets: {
      ...NO_SECRETS,
      tenantToken: new Secret(TENANT),
      boardPassword: new Secret(BOARD),
      keyPassphrase: new Secret(PASSPHRASE),
    },
  });
  await station.call('credential.set', { name: 'board', password: BOARD });
  await station.call('server.add', { name: 'real', url: real.url });
  await station.call('server.login', {
    name: 'real',
    user: DEFAULT_ADMIN.email,
    password: ADMIN,
    keep: true,
  });
  await station.call('server.tenant-token', { name: 'real', token: TENANT });
  await station.call('rehearsal.start', { boards: 2 });
  const report = await station.call('provision', {
    ports: ['rehearsal-1'],
    server: 'rehearsal',
    profile: 'mender',
    keySource: `import:${imports}`,
  });
  expect(report.jobs).toMatchObject([{ verdict: 'pass', keyOrigin: 'import' }]);
  // The second look reads the tenant token back from the board; a wrong password is sent to another.
  const again = await station.call('provision', {
    ports: ['rehearsal-1'],
    server: 'rehearsal',
    profile: 'mender',
  });
  expect(again.jobs).toMatchObject([{ verdict: 'already' }]);
  const transcripts = await Promise.all(
    [...report.jobs, ...again.jobs].map(({ job }) => station.call('job.transcript', { job }).catch(() => [])),
  );
  expect(JSON.stringify(transcripts)).toContain('"masked":"configuration"');
  expect(JSON.stringify(events)).toContain('"masked":"private key"');
  const snapshot = await station.call('snapshot', {});
  const doctor = await station.call('doctor', {});
  await station[Symbol.asyncDispose]();

  expectNone('events', JSON.stringify(events), secrets);
  expectNone('answers', JSON.stringify([report, again, transcripts, snapshot, doctor]), secrets);
  const files = filesUnder(home);
  expect(files.length).toBeGreaterThan(3);
  for (const file of files) expectNone(file, readFileSync(file, 'latin1'), secrets);
});

test('no secret given to the command is in what it prints or keeps', async () => {
  const home = makeHome();
  const server = await startMenderServer({ admin: { email: DEFAULT_ADMIN.email, password: ADMIN } });
  onTestFinished(() => server.close());
  const env = { STATION_PASSWORD: ADMIN, STATION_TENANT_TOKEN: TENANT, STATION_BOARD_PASSWORD: BOARD };
  const calls: readonly (readonly string[])[] = [
    ['server', 'add', 'bench', '--url', server.url],
    ['server', 'login', 'bench', '--user', DEFAULT_ADMIN.email],
    ['server', 'tenant-token', 'bench'],
    ['credential', 'set', 'board'],
    ['server', 'list', '--json'],
    ['server', 'test', 'bench', '--json'],
    ['provision', '--server', 'bench', '--port', '/dev/ttyNONE', '--json=lines'],
    ['doctor'],
    ['server', 'login', 'bench', '--user', 'nobody@bench.local'],
  ];
  const secrets = [ADMIN, TENANT, BOARD].map((one) => Buffer.from(one));
  for (const args of calls) {
    const { out, err } = await command([...args, '--home', home], { env });
    expectNone(args.join(' '), out + err, secrets);
  }
  for (const file of filesUnder(home)) expectNone(file, readFileSync(file, 'latin1'), secrets);
  // They are kept all the same: another opening has them.
  await using station = await openStation({ home, env: {}, access: 'read', probing: false, program: 'test' });
  const [view] = (await station.call('snapshot', {})).servers;
  expect(view).toMatchObject({ hasTenantToken: true });
});

test('the search itself finds a secret in every spelling', () => {
  const secret = Buffer.from(TENANT);
  for (const text of [
    TENANT,
    JSON.stringify({ a: TENANT }),
    JSON.stringify(JSON.stringify({ a: TENANT })),
    Buffer.from(`x${TENANT}y`).toString('base64'),
    Buffer.from(`xx${TENANT}yy`).toString('base64'),
    Buffer.from(`xxx${TENANT}`).toString('hex'),
  ])
    expect(() => expectNone('a text', text, [secret]), text).toThrow();
});
