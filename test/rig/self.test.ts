/** The rig itself: boards come up, their ttys take a login, their clients reach this machine, cables do what they say. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBoards, type Bench, type Board, type BoardSpec } from './board.ts';
import { Terminal } from './terminal.ts';

const SPECS: readonly BoardSpec[] = [
  { shell: 'bash' },
  { shell: 'dash' },
  { shell: 'ash' },
  { shell: 'bash', user: 'sudo' },
  { shell: 'dash', user: 'sudo', daemon: false },
  { shell: 'bash', client: 'mender-5-double' },
  { shell: 'ash', openssl: false, password: 'two words $HOME', daemon: false },
  { shell: 'dash', conf: 'none', mac: '52:54:00:aa:bb:cc', daemon: false },
];

let bench: Bench;
const board = (number: number): Board => bench.boards[number - 1]!;

beforeAll(async () => {
  bench = await startBoards(SPECS);
});
afterAll(async () => {
  await bench.close();
});

describe('eight boards at once', () => {
  it('log in over the tty, run a command and log out, all at the same time', async () => {
    const logIn = async (each: Board) => {
      await using terminal = await Terminal.open(each.port);
      await terminal.login(each);
      const said = await terminal.ask('echo S$0S; id -un; tty');
      terminal.type('exit\r');
      await terminal.wait(/login: $/);
      return said.slice(said.lastIndexOf('S-'));
    };
    expect(await Promise.all(bench.boards.map(logIn))).toEqual(
      bench.boards.map(({ spec, login }) => `S-${spec.shell ?? ''}S\r\n${login.user}\r\n/dev/ttyS0\r\n`),
    );
  });

  it('become root by sudo with the password on stdin', async () => {
    await using terminal = await Terminal.open(board(4).port);
    await terminal.login(board(4));
    terminal.type("stty -echo; sudo -S -p '' id -un; stty echo; echo EN''D\r");
    await terminal.wait(/END''|EN''D\r\n/);
    terminal.type('board\r');
    expect(await terminal.wait(/([^]*)END\r\n/)).toContain('root');
    terminal.type('exit\r');
    await terminal.wait(/login: $/);
  });

  it('refuse a wrong password, after the delay that PAM makes', async () => {
    await using terminal = await Terminal.open(board(2).port);
    terminal.type('\r');
    await terminal.wait(/login: $/);
    terminal.type('root\r');
    await terminal.wait(/Password: $/);
    const asked = performance.now();
    terminal.type('wrong\r');
    await terminal.wait(/Login incorrect\r\n/);
    expect(performance.now() - asked).toBeGreaterThan(1500);
    await terminal.wait(/login: $/);
  });

  it('tell their identity by the script of mender-client, each its own', async () => {
    const said = await Promise.all(
      bench.boards.map((each) => each.run('/usr/share/mender/identity/mender-device-identity 2>/dev/null')),
    );
    expect(said.map(({ stdout }) => stdout.trim())).toEqual(bench.boards.map(({ mac }) => `mac=${mac}`));
    expect(new Set(said.map(({ stdout }) => stdout)).size).toBe(8);
    expect(board(8).mac).toBe('52:54:00:aa:bb:cc');
  });

  it('have what their kind has and lack what it lacks', async () => {
    const has = async (number: number, command: string) => (await board(number).run(command)).status === 0;
    expect(await has(1, 'command -v openssl && command -v mender')).toBe(true);
    expect(await has(7, 'command -v openssl')).toBe(false);
    expect(await has(6, 'command -v mender')).toBe(false);
    expect(await has(6, 'command -v mender-auth && command -v mender-update')).toBe(true);
    expect(await has(1, 'command -v curl || command -v jq')).toBe(false);
    expect(await has(8, 'test -e /etc/mender/mender.conf')).toBe(false);
    expect(await has(1, 'test -e /etc/mender/mender.conf && pidof mender')).toBe(true);
    expect(await has(5, 'pidof mender')).toBe(false);
  });

  it('do not see each other or this machine', async () => {
    expect((await board(1).run('ls /.outside /work')).status).not.toBe(0);
    const processes = (await board(1).run('ps -e -o args=')).stdout;
    expect(processes).toContain('busybox init');
    expect(processes).not.toContain('vitest');
    expect((await board(1).run('hostname')).stdout).toBe('board1\n');
  });
});

describe('the client on a board', () => {
  it.each([
    {
      number: 1,
      bootstrap: 'mender --no-syslog bootstrap',
      status: 1,
      says: /authentication request rejected/,
    },
    {
      number: 6,
      bootstrap: 'mender-auth bootstrap',
      status: 0,
      says: /Unauthorized error: Authentication error\(Unauthorized\)/,
    },
  ])(
    'sends its auth request to this machine and says that it was refused: $bootstrap',
    async ({ number, bootstrap, status, says }) => {
      await using server = await answering(401, '{"error":"dev auth: unauthorized","request_id":"1"}');
      await pointAt(board(number), server.url);
      const refused = await board(number).run(bootstrap);
      expect(refused.stderr).toMatch(says);
      expect(refused.status).toBe(status);
      const request = server.requests.at(-1)!;
      expect(request.url).toBe('/api/devices/v1/authentication/auth_requests');
      expect(request.signature).toMatch(/^[A-Za-z0-9+/]+=*$/);
      const body = JSON.parse(request.body) as { id_data: string; pubkey: string; tier?: string };
      expect(JSON.parse(body.id_data)).toEqual({ mac: board(number).mac });
      const publicKey = await board(number).run(
        '/opt/mender-double/bin/openssl pkey -in /var/lib/mender/mender-agent.pem -pubout',
      );
      expect(body.pubkey.trim()).toBe(publicKey.stdout.trim());
    },
  );

  it.each([
    {
      number: 1,
      bootstrap: 'mender --no-syslog bootstrap',
      says: /successfully received new authorization data/,
    },
    {
      number: 6,
      bootstrap: 'mender-auth bootstrap',
      says: /Successfully authorized with the server 'http:\/\/10\.0\.2\.2/,
    },
  ])('says that it was authorized: $bootstrap', async ({ number, bootstrap, says }) => {
    await using server = await answering(200, 'e30.e30.c2ln');
    await pointAt(board(number), server.url);
    const granted = await board(number).run(bootstrap);
    expect(granted.stderr).toMatch(says);
    expect(granted.status).toBe(0);
  });
});

describe('the double of mender 5', () => {
  const double = (command: string) => board(6).run(command);
  const publicKey = () =>
    double('/opt/mender-double/bin/openssl pkey -in /var/lib/mender/mender-agent.pem -pubout');

  it('knows no option of the older client', async () => {
    const refused = await double('mender-auth --no-syslog bootstrap');
    expect(refused).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("Unrecognized option '--no-syslog'") as string,
    });
    expect((await double('mender-auth bootstrap --forcekey')).status).toBe(1);
    expect((await double('mender-auth --version')).stdout).toBe('5.1.0\n');
  });

  it('silently replaces a key that it cannot read by an Ed25519 key', async () => {
    await pointAt(board(6), 'http://10.0.2.2:9');
    await double(
      'head -c 60 /var/lib/mender/mender-agent.pem > /tmp/half; cp /tmp/half /var/lib/mender/mender-agent.pem',
    );
    expect((await double('mender-auth bootstrap')).status).toBe(0);
    expect((await publicKey()).stdout).toContain('MCowBQYDK2Vw');
    expect((await double('stat -c %a /var/lib/mender/mender-agent.pem')).stdout).toBe('600\n');
  });

  it('keeps a key that it can read, and takes a new one when forced', async () => {
    await double('mender-auth bootstrap');
    const first = await publicKey();
    await double('mender-auth bootstrap');
    expect(await publicKey()).toEqual(first);
    await double('mender-auth bootstrap -F');
    expect((await publicKey()).stdout).not.toBe(first.stdout);
  });

  it('leaves a static key alone and fails when it is bad', async () => {
    await double(
      `printf '{"ServerURL":"http://10.0.2.2:9","Security":{"AuthPrivateKey":"/data/static.pem"}}' > /etc/mender/mender.conf`,
    );
    await double('echo rubbish > /data/static.pem');
    expect(await double('mender-auth bootstrap')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('Cannot replace static key') as string,
    });
    expect((await double('cat /data/static.pem')).stdout).toBe('rubbish\n');
  });

  it('only warns of a configuration that it cannot read, and then has no server: status 0', async () => {
    await double("echo '{' > /etc/mender/mender.conf");
    const outcome = await double('mender-auth bootstrap');
    expect(outcome.status).toBe(0);
    expect(outcome.stderr).toContain('severity=warning');
    expect(outcome.stderr).toContain('No server set in the configuration, skipping authentication');
    await double(`printf '{"DeviceTier":"huge"}' > /etc/mender/mender.conf`);
    expect((await double('mender-auth bootstrap')).status).toBe(1);
  });
});

describe('a cable', () => {
  it('carries bytes at its baud rate and adds the latency of a USB adapter to a short reply', async () => {
    const { cable, port } = board(1);
    await using terminal = await Terminal.open(port);
    await terminal.login(board(1));
    await cable.shape({ baud: 38_400, latencyMs: 16 });
    const before = performance.now();
    const said = await terminal.ask('head -c 4800 /dev/zero | tr "\\0" x');
    const took = performance.now() - before;
    expect(said.match(/x{4800}/)).not.toBeNull();
    // 4800 bytes at 3840 a second; more on a busy machine, never less
    expect(took).toBeGreaterThan(1250);
    await cable.shape({ baud: 0, latencyMs: 100 });
    const asked = performance.now();
    terminal.type(' ');
    await terminal.wait(/ $/);
    expect(performance.now() - asked).toBeGreaterThan(95);
    await cable.shape({});
    terminal.type('\rexit\r');
    await terminal.wait(/login: $/);
  });

  it('puts kernel messages into what the board says', async () => {
    const { cable, port } = board(2);
    await using terminal = await Terminal.open(port);
    await cable.shape({ noiseEveryMs: 50 });
    for (let line = 0; line < 5; line += 1) await terminal.wait(/\[ *\d+\.\d{6}\] [^\r]+\r\n/);
    await cable.shape({});
    expect((await cable.carried()).noises).toBeGreaterThanOrEqual(5);
  });

  it('is cut after exactly so many bytes: the station sees the port go, the board keeps what got through', async () => {
    const { cable, port } = board(5);
    await using terminal = await Terminal.open(port);
    await terminal.login(board(5));
    terminal.type('cat > /tmp/got\r');
    await terminal.wait(/got\r\n$/);
    const cut = cable.cut(AbortSignal.timeout(10_000));
    await cable.cutAfter(1000, 'toBoard');
    terminal.type('0123456789abcde\n'.repeat(100));
    await cut;
    expect(await terminal.closed).toMatchObject({ disconnected: true });
    // The line that was cut stays in the tty, unended: 62 whole lines of 16 bytes made it to the file.
    await expect.poll(async () => (await board(5).run('wc -c < /tmp/got')).stdout).toBe('992\n');
    await expect(Terminal.open(port)).rejects.toThrow(/No such file/);

    await cable.plug();
    await using again = await Terminal.open(port);
    // The shell was not told that the station went: it is still reading the file.
    again.type('\x03');
    await again.wait(/\$ $/);
    again.type('exit\r');
    await again.wait(/login: $/);
  });
});

interface Answering extends AsyncDisposable {
  readonly url: string;
  readonly requests: { readonly url: string; readonly signature: string; readonly body: string }[];
}

/** A server on this machine's loopback that gives every request the same answer. */
async function answering(status: number, body: string): Promise<Answering> {
  const requests: { url: string; signature: string; body: string }[] = [];
  const server = createServer((request, response) => {
    let received = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
    request.on('end', () => {
      const signature = request.headers['x-men-signature'];
      requests.push({
        url: request.url ?? '',
        signature: typeof signature === 'string' ? signature : '',
        body: received,
      });
      response
        .writeHead(status, { 'content-type': status === 200 ? 'application/jwt' : 'application/json' })
        .end(body);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://10.0.2.2:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Has the client of a board talk to `url`, with its daemon out of the way. */
async function pointAt(target: Board, url: string): Promise<void> {
  await target.run('/etc/init.d/mender-client stop');
  await target.run(`printf '{"Servers":[{"ServerURL":"%s"}]}' '${url}' > /etc/mender/mender.conf`);
}
