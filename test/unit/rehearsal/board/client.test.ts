import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { BoardChoices, ServerCall } from '../../../../src/rehearsal/board/index.ts';
import {
  createMenderCore,
  startMenderServer,
  type MenderCore,
} from '../../../../src/rehearsal/server/index.ts';
import { withTerminal, type Terminal } from './terminal.ts';

const url = 'http://mender.test';

/** Plugs a server without sockets into a board. */
function plug(core: MenderCore): ServerCall {
  return (base, request) => {
    if (base !== url) return Promise.reject(new Error(`dial tcp: lookup ${base}: no such host`));
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]),
    );
    let outcome = core.handle({
      method: request.method,
      target: request.path,
      headers: { host: 'localhost', ...headers },
      body: request.body,
    });
    while (outcome.kind === 'wait') outcome = outcome.next();
    if (outcome.kind !== 'answer') return Promise.reject(new Error('EOF'));
    const { response } = outcome;
    return Promise.resolve({ status: response.status, headers: {}, body: Buffer.from(response.body) });
  };
}

/** Accepts the pending auth set of a server's only device, as an admin would. */
function accept(core: MenderCore): void {
  const call = (method: string, target: string, headers: Record<string, string>, body = ''): string => {
    const outcome = core.handle({
      method,
      target,
      headers: { host: 'localhost', 'content-type': 'application/json', ...headers },
      body: Buffer.from(body),
    });
    if (outcome.kind !== 'answer') throw new Error(outcome.kind);
    return outcome.response.body;
  };
  const basic = Buffer.from('admin@bench.local:rehearsal-bench').toString('base64');
  const token = call('POST', '/api/management/v1/useradm/auth/login', { authorization: `Basic ${basic}` });
  for (const device of core.inspect()) {
    for (const set of device.sets) {
      if (set.status !== 'pending') continue;
      call(
        'PUT',
        `/api/management/v2/devauth/devices/${device.id}/auth/${set.id}/status`,
        { authorization: `Bearer ${token}` },
        '{"status":"accepted"}',
      );
    }
  }
}

const spki = (pem: string): string =>
  createPublicKey(pem).export({ type: 'spki', format: 'der' }).toString('hex');
const same = (one: string | undefined, two: string | undefined): boolean =>
  one !== undefined && two !== undefined && spki(one) === spki(two);

async function withServer(
  choices: BoardChoices,
  work: (terminal: Terminal, core: MenderCore) => Promise<void>,
): Promise<void> {
  const core = createMenderCore();
  await using terminal = withTerminal({
    server: plug(core),
    ...choices,
    client: { conf: { ServerURL: url }, ...choices.client },
  });
  await terminal.clock.advance(2000);
  await terminal.login();
  await work(terminal, core);
  expect(terminal.board.inspect.faults).toEqual([]);
}

describe('mender 3.4', () => {
  it('makes its own key at its first start, asks, and asks again after five minutes', () =>
    withServer({}, async (terminal, core) => {
      const { inspect } = terminal.board;
      expect(inspect.client).toMatchObject({ running: true, authorized: false });
      expect(inspect.mode('/data/mender/mender-agent.pem')).toBe(0o600);
      const [device] = core.inspect();
      expect(device).toMatchObject({ identity: { mac: '52:54:00:c0:00:01' }, status: 'pending' });
      expect(same(device?.sets[0]?.pubkey, inspect.publicKey)).toBe(true);
      accept(core);
      expect(inspect.client.authorized).toBe(false);
      await terminal.clock.advance(300_000);
      expect(inspect.client.authorized).toBe(true);
    }));

  it('tells by its exit status and its words what became of a bootstrap', () =>
    withServer({}, async (terminal, core) => {
      const refused = await terminal.run('mender --no-syslog bootstrap');
      expect(refused.status).toBe(1);
      expect(refused.out).toContain(
        `Failed to authorize with \\"${url}\\": authentication request rejected server error message: dev auth: unauthorized"`,
      );
      expect(refused.out).toContain('msg="transient error: authorization request failed"');
      accept(core);
      const good = await terminal.run('mender --no-syslog bootstrap');
      expect(good).toMatchObject({ status: 0 });
      expect(good.out).toContain(`successfully received new authorization data from server ${url}`);
      expect((await terminal.run('mender --no-syslog bootstrap --forcekey')).out).toContain(
        'flag provided but not defined: -forcekey',
      );
      expect((await terminal.run('mender --version')).out).toMatch(/^3\.4\.0\truntime: go/);
      expect((await terminal.run('mender bootstrap')).out).toContain('Could not connect to syslog daemon');
    }));

  it('replaces a key file that it cannot read, without a word on its exit status', () =>
    withServer(
      {
        client: { enabled: false, conf: { ServerURL: url }, key: { kind: 'unreadable', content: 'junk\n' } },
      },
      async (terminal) => {
        const ran = await terminal.run('mender --no-syslog bootstrap');
        expect(ran.out).toContain('Failed to load device keys: failed reading private key');
        expect(terminal.board.inspect.text('/data/mender/mender-agent.pem')).toMatch(
          /^-----BEGIN PRIVATE KEY-----/,
        );
      },
    ));

  it('keeps the old key in memory until it is started again', () =>
    withServer(
      { client: { conf: { ServerURL: url }, key: { kind: 'present', type: 'ed25519' } } },
      async (terminal) => {
        const { inspect } = terminal.board;
        const before = inspect.publicKey;
        await terminal.run('openssl genpkey -algorithm ed25519 -out /data/mender/mender-agent.pem');
        expect(same(before, inspect.publicKey)).toBe(false);
        expect(same(inspect.client.publicKey, before)).toBe(true);
        await terminal.run('systemctl restart mender-client');
        await terminal.clock.advance(1000);
        expect(same(inspect.client.publicKey, inspect.publicKey)).toBe(true);
      },
    ));

  it('overwrites a key that was put there while it was making its own', () =>
    withServer(
      { client: { enabled: false, conf: { ServerURL: url }, generateTime: 5000 } },
      async (terminal) => {
        await terminal.run(
          'systemctl start mender-client; sleep 1; openssl genpkey -algorithm ed25519 -out /data/mender/mender-agent.pem',
        );
        const ours = terminal.board.inspect.publicKey;
        await terminal.clock.advance(6000);
        expect(same(terminal.board.inspect.publicKey, ours)).toBe(false);
      },
    ));

  it('never touches a key that its configuration names, and says so', () =>
    withServer(
      {
        client: {
          enabled: false,
          conf: { ServerURL: url },
          key: { kind: 'unreadable', content: 'junk\n' },
          keyPath: { member: 'Security.AuthPrivateKey', value: '/data/keys/device.pem' },
        },
      },
      async (terminal) => {
        const ran = await terminal.run('mender --no-syslog bootstrap');
        expect(ran.status).toBe(1);
        expect(ran.out).toContain('Device key is static, refusing to regenerate.');
        expect(terminal.board.inspect.text('/data/keys/device.pem')).toBe('junk\n');
        expect(terminal.board.inspect.keyPath).toBe('/data/keys/device.pem');
      },
    ));

  it.each([
    [
      'a key behind a passphrase',
      {
        key: { kind: 'encrypted', passphrase: 'secret' },
        keyPath: { member: 'Security.AuthPrivateKey', value: '/data/mender/k.pem' },
      },
    ],
    [
      'a key in an engine',
      {
        key: { kind: 'missing' },
        sslEngine: 'pkcs11',
        keyPath: { member: 'Security.AuthPrivateKey', value: 'pkcs11:token=device;object=key' },
      },
    ],
  ] as const)('cannot use %s by itself', (_name, client) =>
    withServer({ client: { enabled: false, conf: { ServerURL: url }, ...client } }, async (terminal) => {
      expect((await terminal.run('mender --no-syslog bootstrap')).status).toBe(1);
      expect(terminal.board.inspect.publicKey).toBeUndefined();
    }),
  );

  it('opens a key with the passphrase that it is given', () =>
    withServer(
      {
        client: {
          enabled: false,
          conf: { ServerURL: url },
          key: { kind: 'encrypted', passphrase: 'secret' },
        },
      },
      async (terminal, core) => {
        const before = terminal.board.inspect.text('/data/mender/mender-agent.pem');
        await terminal.run(
          'echo secret > /root/pass; mender --no-syslog --passphrase-file /root/pass bootstrap',
        );
        expect(terminal.board.inspect.text('/data/mender/mender-agent.pem')).toBe(before);
        expect(core.inspect()).toHaveLength(1);
      },
    ));

  it.each([
    ['fails', 'wait for helper failed: exit status 3'],
    ['nonsense', 'failed to parse identity data: incorrect line'],
    ['missing', 'no such file or directory'],
    ['not-executable', 'permission denied'],
  ] as const)('sends nothing when the identity script is %s', (kind, words) =>
    withServer({ identity: { kind } }, async (terminal, core) => {
      const ran = await terminal.run('mender --no-syslog bootstrap');
      expect(ran.status).toBe(1);
      expect(ran.out).toContain(words);
      expect(core.inspect()).toEqual([]);
    }),
  );

  it('makes of odd identity lines what the real one makes', () =>
    withServer(
      {
        identity: { kind: 'lines', lines: ['serial=SN123', 'mac=..01', 'mac=..02', 'eq=a=b', '', 'empty='] },
      },
      (_terminal, core) => {
        expect(core.inspect()[0]?.identity).toEqual({
          empty: '',
          eq: 'a=b',
          mac: ['..01', '..02'],
          serial: 'SN123',
        });
        return Promise.resolve();
      },
    ));

  it.each([
    ['no such host', { ServerURL: 'http://elsewhere.test' }, 'no such host'],
    ['no server', {}, 'no Host in request URL'],
    [
      'both kinds of server',
      { ServerURL: url, Servers: [{ ServerURL: url }] },
      'Both Servers AND ServerURL given in mender.conf',
    ],
  ])('says of %s what is wrong', (_name, conf, words) =>
    withServer({ client: { enabled: false, conf } }, async (terminal) => {
      const ran = await terminal.run('mender --no-syslog bootstrap');
      expect(ran.status).toBe(1);
      expect(ran.out).toContain(words);
    }),
  );

  it('without its data directory can do nothing', () =>
    withServer({ storage: { dataDirectory: false } }, async (terminal) => {
      const ran = await terminal.run('mender --no-syslog show-artifact');
      expect(ran).toMatchObject({ status: 1 });
      expect(ran.out).toContain('mdb_env_open: no such file or directory');
    }));

  it('shows its artifact, and tells on D-Bus what it holds', () =>
    withServer({}, async (terminal, core) => {
      expect((await terminal.run('mender --no-syslog show-artifact 2>/dev/null')).out).toBe(
        'golden-2026.11\n',
      );
      const busctl =
        'busctl --system call io.mender.AuthenticationManager /io/mender/AuthenticationManager io.mender.Authentication1';
      expect((await terminal.run(`${busctl} GetJwtToken`)).out).toBe('ss "" ""\n');
      accept(core);
      expect((await terminal.run(`${busctl} FetchJwtToken`)).out).toBe('b true\n');
      expect((await terminal.run(`${busctl} GetJwtToken`)).out).toMatch(
        /^ss "eyJ[^"]+" "http:\/\/127\.0\.0\.1:\d+"\n$/,
      );
      await terminal.run('systemctl stop mender-client');
      expect((await terminal.run(`${busctl} GetJwtToken`)).out).toContain(
        'was not provided by any .service files',
      );
    }));

  it('lets itself be switched: stop, rename, sync, start, the new key asks', () =>
    withServer(
      { client: { conf: { ServerURL: url }, key: { kind: 'present', type: 'ed25519' } } },
      async (terminal, core) => {
        const made = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
          .privateKey.export({ type: 'sec1', format: 'pem' })
          .toString();
        const base64 = Buffer.from(made).toString('base64');
        const ran = await terminal.run(
          `trap '' HUP INT; cd /data/mender; umask 077; echo ${base64} | base64 -d > k.new; sync k.new; sync .; systemctl stop mender-client; mv k.new mender-agent.pem; sync mender-agent.pem; sync .; systemctl start mender-client; systemctl is-active mender-client; openssl pkey -in mender-agent.pem -pubout`,
        );
        expect(ran.out).toContain('active\n');
        const { inspect } = terminal.board;
        expect(same(ran.out.slice(ran.out.indexOf('-----')), inspect.publicKey)).toBe(true);
        expect(same(inspect.durablePublicKey, inspect.publicKey)).toBe(true);
        await terminal.clock.advance(1000);
        expect(core.inspect()[0]?.sets.some((set) => same(set.pubkey, inspect.publicKey))).toBe(true);
      },
    ));

  it('is started by an init script where there is no systemd', () =>
    withServer({ system: { init: 'busybox' }, client: { conf: { ServerURL: url } } }, async (terminal) => {
      expect(
        (await terminal.run('ls -d /run/systemd/system; systemctl is-active x; pidof mender')).out,
      ).toMatch(/No such file[^]*not found\n\d+\n$/);
      await terminal.run('/etc/init.d/mender-client stop');
      expect((await terminal.run('pidof mender')).status).toBe(1);
      await terminal.run('/etc/init.d/mender-client start; /etc/init.d/mender-client status');
      expect(terminal.board.inspect.client.running).toBe(true);
      await terminal.run('kill $(pidof mender)');
      await terminal.clock.advance(100);
      expect(terminal.board.inspect.client.running).toBe(false);
    }));
});

describe('mender 4 and 5', () => {
  it.each(['4.0.4', '5.0.1', '5.1.0'] as const)('%s exits 0 even when it was refused', (version) =>
    withServer({ client: { version, conf: { ServerURL: url } } }, async (terminal, core) => {
      const refused = await terminal.run('mender-auth bootstrap');
      expect(refused.status).toBe(0);
      expect(refused.out).toContain(
        'Authentication error(Unauthorized): Failed to authorize with the server.',
      );
      expect(refused.out).toContain('Authentication error: No more servers to try for authentication');
      accept(core);
      const good = await terminal.run('mender-auth bootstrap');
      expect(good.status).toBe(0);
      expect(good.out).toContain(`Successfully authorized with the server '${url}'`);
      expect((await terminal.run('mender-update show-artifact')).out).toBe('golden-2026.11\n');
      expect((await terminal.run('command -v mender')).status).not.toBe(0);
      expect((await terminal.run('systemctl is-active mender-authd mender-updated')).out).toBe(
        'active\nactive\n',
      );
    }),
  );

  it('5.x makes an Ed25519 key, corrects a mode, and skips what has no server', async () => {
    await withServer(
      {
        client: { version: '5.1.0', generates: undefined, enabled: false, conf: { ServerURL: url } },
      },
      async (terminal) => {
        await terminal.run(
          'mender-auth bootstrap; chmod 644 /data/mender/mender-agent.pem; mender-auth bootstrap',
        );
        expect(terminal.board.inspect.text('/data/mender/mender-agent.pem')).toMatch(
          /^-----BEGIN PRIVATE KEY-----/,
        );
        expect(terminal.board.inspect.mode('/data/mender/mender-agent.pem')).toBe(0o600);
      },
    );
    await withServer({ client: { version: '5.1.0', enabled: false, confText: '{' } }, async (terminal) => {
      const ran = await terminal.run('mender-auth bootstrap');
      expect(ran.status).toBe(0);
      expect(ran.out).toContain('Failed to parse configuration file');
      expect(ran.out).toContain('No server set in the configuration, skipping authentication');
    });
  });
});

describe('openssl on a board', () => {
  const one = async (
    openssl: 'absent' | '1.1.1' | '3.0' | '3.5',
    command: string,
  ): Promise<{ out: string; status: number }> => {
    await using terminal = withTerminal({ system: { openssl } });
    await terminal.login();
    return await terminal.run(command);
  };
  const signing =
    'openssl genpkey -algorithm ed25519 -out k; openssl pkeyutl -sign -rawin -inkey k -in /etc/passwd -out s; wc -c < s';

  it('signs with what it made, if it is new enough', async () => {
    expect((await one('3.0', signing)).out).toBe('64\n');
    expect((await one('1.1.1', signing)).out).toContain('Unrecognized flag rawin');
    expect((await one('absent', 'openssl version')).status).toBe(127);
    expect(
      (
        await one(
          '3.0',
          'openssl genpkey -algorithm ed25519|openssl pkeyutl -sign -rawin -inkey /proc/self/fd/0 -in /etc/passwd|wc -c',
        )
      ).out,
    ).toBe('64\n');
    expect(
      (
        await one(
          '3.0',
          'openssl ecparam -name prime256v1 -genkey -noout|openssl dgst -sha256 -sign /proc/self/fd/0 /etc/passwd>/dev/null&&echo 2',
        )
      ).out,
    ).toBe('2\n');
    expect(
      (await one('3.0', 'openssl genpkey -algorithm ed25519 -out k; echo x | openssl dgst -sha256 -sign k'))
        .out,
    ).toContain('Key type not supported');
  });
});

describe('over a real network', () => {
  it('trusts what its configuration says, by its own clock', async () => {
    await using server = await startMenderServer({ tls: true });
    const run = async (choices: BoardChoices): Promise<{ out: string; status: number }> => {
      await using terminal = withTerminal({
        ...choices,
        client: {
          enabled: false,
          key: { kind: 'present', type: 'ed25519' },
          conf: {
            ServerURL: `https://localhost:${server.port}`,
            ServerCertificate: '/etc/mender/server.crt',
          },
        },
      });
      await terminal.clock.advance(Date.now() - terminal.clock.now());
      await terminal.login();
      await terminal.type('mender --no-syslog bootstrap; echo "DONE $?"\r');
      while (!/DONE \d/.test(terminal.heard)) await new Promise((done) => setTimeout(done, 5));
      return { out: terminal.heard, status: Number(/DONE (\d)/.exec(terminal.heard)?.[1]) };
    };
    expect((await run({ serverCertificate: server.ca })).out).toContain('dev auth: unauthorized');
    expect((await run({})).out).toContain('certificate signed by unknown authority, openssl verify rc: 2');
    expect(
      (await run({ serverCertificate: server.ca, system: { clockOffset: 400 * 365 * 86_400_000 } })).out,
    ).toContain('certificate has expired');
  });
});
