/**
 * What every board has to see of the linux-console driver, whatever makes the board: a simulation, or real programs
 * behind a real tty. Whoever has such boards calls `describeDriver` with a way to make them.
 */
import { createHash, createPublicKey } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createLinuxConsoleDriver } from '../../src/boards/linux-console/index.ts';
import type { BoardContext, BoardSession } from '../../src/boards/driver.ts';
import { createKeyGenerator, publicKey, toBoardPem, verify } from '../../src/keys/index.ts';
import { systemClock, type Clock } from '../../src/model/clock.ts';
import type { KeyType } from '../../src/model/key.ts';
import type { BoardProfile } from '../../src/model/profile.ts';
import { secret } from '../../src/model/secret.ts';
import { StationError } from '../../src/model/station-error.ts';
import type { ByteLink } from '../../src/serial/link.ts';
import type { TranscriptEntry } from '../../src/serial/transcript.ts';
import { boardProfileSchema } from '../../src/settings/board-profile.ts';

/** What kind of board a test needs. Left out: root with a password, bash, mender-client 3.4 running, a clean line. */
export interface BoardKind {
  readonly shell?: 'bash' | 'dash' | 'ash';
  /** What /bin/sh is. */
  readonly sh?: 'dash' | 'ash';
  readonly user?: 'root' | 'sudo';
  /** '' for none. */
  readonly password?: string;
  readonly console?: 'getty' | 'autologin' | 'askfirst';
  readonly client?: 'mender-3' | 'mender-5';
  readonly daemon?: boolean;
  readonly openssl?: boolean;
  readonly conf?: Readonly<Record<string, unknown>>;
  /** A line of 115200 baud behind a USB adapter with 16 ms latency. */
  readonly paced?: boolean;
  /** Milliseconds between kernel messages on the line. */
  readonly noiseEveryMs?: number;
  /** Chance of each byte towards the board to be lost. */
  readonly loss?: number;
}

/** A board, and what a test may know of it behind the station's back. */
export interface TestBoard extends AsyncDisposable {
  readonly user: string;
  readonly password: string;
  readonly mac: string;
  readonly clock?: Clock;
  open(): Promise<ByteLink>;
  /** A file's bytes as latin1; null where there is none. */
  text(path: string): Promise<string | null>;
  names(directory: string): Promise<readonly string[]>;
  /** Whether somebody is logged in on the line. */
  isLoggedIn(): Promise<boolean>;
  /** Pulls the plug after so many more bytes to the board. */
  cutAfter(bytes: number): Promise<void>;
  /** Puts the plug in again. */
  plug(): Promise<void>;
}

export interface BoardMaker {
  readonly name: string;
  /** Whether a board's clock can be set without setting this machine's. */
  readonly hasOwnClock: boolean;
  make(kind: BoardKind): Promise<TestBoard>;
}

const KEY = '/var/lib/mender/mender-agent.pem';
const CONF = '/etc/mender/mender.conf';
const keys = createKeyGenerator();
const driver = createLinuxConsoleDriver();
const never = new AbortController().signal;

function profileOf(members: object): BoardProfile {
  const { $schema: _, ...profile } = boardProfileSchema.parse(members);
  return { ...profile, name: 'test' };
}

interface Run {
  readonly session: BoardSession;
  readonly link: ByteLink;
  readonly entries: TranscriptEntry[];
  /** Everything that a person could read in the transcript. */
  said(): string;
  out(): Promise<void>;
}

/** Makes a board for one test and takes it down after it. */
async function make(maker: BoardMaker, kind: BoardKind = {}): Promise<TestBoard> {
  const board = await maker.make(kind);
  onTestFinished(() => board[Symbol.asyncDispose]());
  return board;
}

function contextOf(
  board: TestBoard,
  kind: BoardKind,
  entries: TranscriptEntry[],
  signal?: AbortSignal,
): BoardContext {
  return {
    profile: profileOf({
      login: { user: board.user, become: kind.user === 'sudo' ? 'sudo' : 'none' },
      timeouts: { boot: 60_000, command: 15_000 },
    }),
    passwords: board.password === '' ? [] : [secret(board.password)],
    signal: signal ?? new AbortController().signal,
    clock: board.clock ?? systemClock,
    transcript: { add: (entry) => entries.push(entry) },
    seen: 'ready',
  };
}

async function open(
  board: TestBoard,
  kind: BoardKind = {},
  change: Partial<BoardContext> = {},
): Promise<Run> {
  const entries: TranscriptEntry[] = [];
  const link = await board.open();
  try {
    const session = await driver.open(link, { ...contextOf(board, kind, entries), ...change });
    return {
      session,
      link,
      entries,
      said: () => entries.map((entry) => ('text' in entry ? entry.text : '')).join(''),
      out: async () => {
        await session[Symbol.asyncDispose]();
        await link.close();
      },
    };
  } catch (error) {
    await link.close();
    throw error;
  }
}

const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');
const code = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error: unknown) => (error instanceof StationError ? error.code : String(error)),
  );

/** The public half of a private key's PEM text. */
function publicOf(pem: string): string {
  return publicKey(createPublicKey(pem)).fingerprint;
}

async function inject(run: Run, type: KeyType = 'ed25519', stopClient = false) {
  const pair = await keys.generate(type, never);
  const pem = toBoardPem(pair);
  const { staged } = await run.session.stage({
    key: { how: 'inject', pem, type },
    files: [],
    stopClient,
  });
  return { pair, pem, staged };
}

/** The tests, for boards that `maker` makes. */
export function describeDriver(maker: BoardMaker): void {
  describe(`linux-console driver on ${maker.name}`, () => {
    describe('gets to a root shell and leaves none behind', () => {
      const kinds: readonly (readonly [string, BoardKind])[] = [
        ['bash', {}],
        ['dash', { shell: 'dash' }],
        ['busybox ash', { shell: 'ash', sh: 'ash', daemon: false }],
        ['a user with sudo', { user: 'sudo' }],
        ['root without a password', { password: '' }],
        ['a password with blanks and a dollar', { password: 'two words $HOME' }],
        ['an autologin', { console: 'autologin' }],
        ['busybox askfirst', { console: 'askfirst', shell: 'ash', sh: 'ash', daemon: false }],
        ['a paced line with a USB adapter', { paced: true }],
        ['kernel messages every 200 ms', { paced: true, noiseEveryMs: 200 }],
      ];
      it.each(kinds)('%s', async (_, kind) => {
        const board = await make(maker, kind);
        const run = await open(board, kind);
        const seen = await run.session.observe();
        expect(seen.identity).toMatchObject({ state: 'read', identity: { mac: board.mac } });
        expect(seen.client).toMatchObject({
          generation: '3',
          version: expect.stringMatching(/^3\./) as string,
        });
        expect(seen.configuration.main.state).toBe('read');
        expect(Math.abs(seen.clockSkewMs)).toBeLessThan(2000);
        expect(seen.dataDirectory).toMatchObject({ exists: true, writable: true });
        if (board.password !== '') expect(run.said()).not.toContain(board.password);
        await run.out();
        expect(await board.isLoggedIn()).toBe(false);
      });
    });

    it('needs eight round trips from the login prompt to the log-out, with a key that the board makes', async () => {
      const board = await make(maker, { daemon: false });
      const run = await open(board);
      await run.session.observe();
      const { staged } = await run.session.stage({
        key: { how: 'make', type: 'ed25519' },
        files: [
          {
            target: CONF,
            content: secret(Buffer.from('{"ServerURL":"https://a.example"}\n')),
            mode: 0o600,
            masked: 'configuration',
          },
        ],
        stopClient: true,
      });
      await run.session.sign('staged', Buffer.from('{"id_data":"..."}'));
      const nonce = Buffer.from('a nonce of the station');
      const report = await run.session.switchOver({ nonce });
      await run.out();
      // One more than eight: the Enter that brings the login prompt.
      expect(run.session.wire().roundTrips).toBeLessThanOrEqual(9);
      expect(staged?.publicKey).not.toBeNull();
      expect(report.key.publicKey?.fingerprint).toBe(staged?.publicKey?.fingerprint);
      expect(await board.text(CONF)).toBe('{"ServerURL":"https://a.example"}\n');
    });

    it.each(['ed25519', 'p256', 'p384', 'rsa3072', 'rsa4096'] as const)(
      'stages a %s key of the station beside the key in use, signs with it, and puts it in its place',
      async (type) => {
        const board = await make(maker);
        const run = await open(board);
        const before = await run.session.observe();
        const inUse = await board.text(before.key.realPath);
        const { pair, pem, staged } = await inject(run, type);
        expect(staged?.publicKey?.fingerprint).toBe(pair.fingerprint);
        expect(staged?.sha256).toBe(sha256(pem.reveal()));
        expect(await board.text(before.key.realPath)).toBe(inUse);
        expect((await run.session.observe()).staged?.sha256).toBe(staged?.sha256);

        const data = Buffer.from('{"id_data":"{}"}');
        expect(verify(pair, data, await run.session.sign('staged', data))).toBe(true);

        const nonce = Buffer.from('0123456789abcdef');
        const report = await run.session.switchOver({ nonce });
        expect(report.key.publicKey?.fingerprint).toBe(pair.fingerprint);
        expect(report.clientRunning).toBe(true);
        expect(report.signature !== null && verify(pair, nonce, report.signature)).toBe(true);
        await run.out();
        expect(await board.text(before.key.realPath)).toBe(Buffer.from(pem.reveal()).toString('latin1'));
        expect(await board.names('/var/lib/mender/')).not.toContain('mender-agent.pem.station');
        for (const line of Buffer.from(pem.reveal()).toString().split('\n').slice(1, -2))
          expect(run.said()).not.toContain(line);
      },
    );

    it.each(['p256', 'rsa2048'] as const)('has the board make a %s key', async (type) => {
      const board = await make(maker);
      const run = await open(board);
      const { staged } = await run.session.stage({
        key: { how: 'make', type },
        files: [],
        stopClient: false,
      });
      expect(staged?.publicKey?.type).toBe(type);
      expect(publicOf((await board.text(staged?.path ?? '')) ?? '')).toBe(staged?.publicKey?.fingerprint);
      await run.session.discardStaged();
      expect(await board.text(staged?.path ?? '')).toBeNull();
      await run.out();
    });

    it('writes files beside their targets and puts them in place with the switch, key or no key', async () => {
      const board = await make(maker);
      const before = await board.text(CONF);
      const run = await open(board);
      const inUse = (await run.session.observe()).key.publicKey?.fingerprint;
      const text = `${JSON.stringify({ ServerURL: 'https://mender.example', TenantToken: 'CANARY-TOKEN', long: 'x'.repeat(9000) })}\n`;
      await run.session.stage({
        key: null,
        files: [
          { target: CONF, content: secret(Buffer.from(text)), mode: 0o600, masked: 'configuration' },
          {
            target: '/var/lib/mender/new.crt',
            content: secret(Buffer.from('ä\0\n')),
            mode: 0o644,
            masked: null,
          },
        ],
        stopClient: false,
      });
      expect(await board.text(CONF)).toBe(before);
      const report = await run.session.switchOver({ nonce: null });
      expect(report.key.publicKey?.fingerprint).toBe(inUse);
      expect(await board.text(CONF)).toBe(text);
      expect(await board.text('/var/lib/mender/new.crt')).toBe(Buffer.from('ä\0\n').toString('latin1'));
      expect((await run.session.observe()).configuration.main.text?.reveal()).toBe(text);
      await run.out();
      expect(run.said()).not.toContain('CANARY-TOKEN');
      expect(run.said()).not.toContain(Buffer.from('CANARY-TOKEN').toString('base64').slice(0, 12));
      expect((await board.names('/etc/mender')).filter((name) => name.endsWith('.station'))).toEqual([]);
    });

    it('goes on with the key that an interrupted job left staged, and never puts it in place with files alone', async () => {
      const board = await make(maker);
      const first = await open(board);
      const { pair, staged } = await inject(first);
      await first.out();
      const run = await open(board);
      const seen = await run.session.observe();
      expect(seen.staged).toMatchObject({ path: staged?.path, sha256: staged?.sha256 });
      const files = [{ target: CONF, content: secret(Buffer.from('{}\n')), mode: 0o600, masked: null }];
      await run.session.stage({ key: null, files, stopClient: false });
      const unchanged = await run.session.switchOver({ nonce: null });
      expect(unchanged.key.sha256).toBe(seen.key.sha256);
      expect((await run.session.observe()).staged?.sha256).toBe(staged?.sha256);
      const report = await run.session.switchOver({ nonce: null });
      expect(report.key.publicKey?.fingerprint).toBe(pair.fingerprint);
      await run.out();
    });

    it('changes nothing when what is to be put in place is gone', async () => {
      const board = await make(maker);
      const run = await open(board);
      const seen = await run.session.observe();
      await inject(run);
      await run.session.discardStaged();
      expect(await code(run.session.switchOver({ nonce: null, withKey: true }))).toBe('board/switch-failed');
      expect((await run.session.observe()).key.sha256).toBe(seen.key.sha256);
      expect((await run.session.observe()).client.running).toBe(true);
      await run.out();
    });

    it('does without openssl: no public key is known, the file is recognised by its hash', async () => {
      const kind: BoardKind = { openssl: false };
      const board = await make(maker, kind);
      const run = await open(board, kind);
      const seen = await run.session.observe();
      expect(seen).toMatchObject({
        canSign: [],
        opensslVersion: null,
        key: { state: 'present', publicKey: null },
      });
      const { pem, staged } = await inject(run);
      expect(staged).toMatchObject({ sha256: sha256(pem.reveal()), publicKey: null });
      const report = await run.session.switchOver({ nonce: null });
      expect(report.key.sha256).toBe(sha256(pem.reveal()));
      await run.out();
    });

    it('reads the client of 4.x and 5.x', async () => {
      const kind: BoardKind = { client: 'mender-5' };
      const board = await make(maker, kind);
      const run = await open(board, kind);
      const seen = await run.session.observe();
      expect(seen.client).toMatchObject({
        generation: '4',
        running: true,
        version: expect.stringMatching(/^5\./) as string,
      });
      const { pair } = await inject(run);
      const report = await run.session.switchOver({ nonce: null });
      expect(report).toMatchObject({
        clientRunning: true,
        key: { publicKey: { fingerprint: pair.fingerprint } },
      });
      await run.out();
    });

    it.each(['mender-3', 'mender-5'] as const)(
      '%s: says what the client said when its server cannot be reached',
      async (client) => {
        const kind: BoardKind = { client, conf: { Servers: [{ ServerURL: 'https://127.0.0.1:9' }] } };
        const board = await make(maker, kind);
        const run = await open(board, kind);
        const answer = await run.session.askClient();
        expect(answer.authorized).toBe(false);
        expect(answer.detail).toMatch(/refused|connect|error/i);
        expect(answer.key.state).toBe('present');
        await run.out();
      },
    );

    it('takes the key that the configuration names', async () => {
      const kind: BoardKind = {
        daemon: false,
        conf: { Security: { AuthPrivateKey: '/data/mender/static.pem' } },
      };
      const board = await make(maker, kind);
      const run = await open(board, kind);
      expect((await run.session.observe()).key).toMatchObject({
        path: '/data/mender/static.pem',
        from: 'Security.AuthPrivateKey',
        state: 'missing',
      });
      const { pem } = await inject(run);
      await run.session.switchOver({ nonce: null });
      expect(await board.text('/data/mender/static.pem')).toBe(Buffer.from(pem.reveal()).toString('latin1'));
      await run.out();
    });

    // Elsewhere it would be this machine's clock.
    if (maker.hasOwnClock)
      it('sets the clock', async () => {
        const board = await make(maker);
        const run = await open(board);
        await run.session.setClock();
        expect(Math.abs((await run.session.observe()).clockSkewMs)).toBeLessThan(2000);
        await run.out();
      });

    it('tries each password once', async () => {
      const board = await make(maker);
      const wrong = [secret('wrong one'), secret('wrong two')];
      const entries: TranscriptEntry[] = [];
      const transcript = { add: (entry: TranscriptEntry) => void entries.push(entry) };
      expect(await code(open(board, {}, { passwords: wrong, transcript }))).toBe('board/login-refused');
      expect(entries.filter((entry) => 'masked' in entry && entry.way === 'sent')).toHaveLength(2);
      expect(await code(open(board, {}, { passwords: [] }))).toBe('board/password-needed');
      const run = await open(board, {}, { passwords: [secret('wrong'), secret(board.password)] });
      await run.out();
    });

    it('finds the session of a station that died, ends it and logs in anew', async () => {
      const board = await make(maker);
      const dead = await open(board);
      await dead.link.close();
      const run = await open(board);
      expect((await run.session.observe()).identity.state).toBe('read');
      await run.out();
      expect(await board.isLoggedIn()).toBe(false);
    });

    it('logs out when it is cancelled in the middle of a command', async () => {
      const board = await make(maker);
      const stop = new AbortController();
      const run = await open(board, {}, { signal: stop.signal });
      const making = code(
        run.session.stage({ key: { how: 'make', type: 'rsa4096' }, files: [], stopClient: false }),
      );
      stop.abort(new StationError('job/cancelled'));
      expect(await making).toBe('job/cancelled');
      await run.out();
      expect(await board.isLoggedIn()).toBe(false);
    });

    it('tells what is on the line without logging in', async () => {
      const board = await make(maker);
      const link = await board.open();
      const entries: TranscriptEntry[] = [];
      expect(await driver.probe(link, contextOf(board, {}, entries))).toBe('ready');
      await link.close();
      expect(await board.isLoggedIn()).toBe(false);
    });

    it('whatever byte the cable is cut at, the job ends at once, and the key in use is the old one or the new one', async () => {
      const board = await make(maker, {});
      const first = await open(board);
      const before = await first.session.observe();
      await first.out();
      let inUse = (await board.text(before.key.realPath)) ?? '';
      for (const bytes of [1, 40, 300, 2500, 3000, 3350, 3600, 4000]) {
        const pair = await keys.generate('p256', never);
        const pem = toBoardPem(pair);
        const wanted = Buffer.from(pem.reveal()).toString('latin1');
        await board.cutAfter(bytes);
        const said: TranscriptEntry[] = [];
        const outcome = await code(
          open(board, {}, { transcript: { add: (entry) => void said.push(entry) } }).then(async (run) => {
            try {
              await run.session.stage({
                key: { how: 'inject', pem, type: 'p256' },
                files: [],
                stopClient: false,
              });
              await run.session.switchOver({ nonce: null });
            } finally {
              await run.out();
            }
          }),
        );
        expect(['port/lost', 'no error'], JSON.stringify(said.slice(-8))).toContain(outcome);
        await board.plug();
        const now = (await board.text(before.key.realPath)) ?? '';
        expect([inUse, wanted]).toContain(now);
        inUse = now;
      }
      const run = await open(board);
      await run.session.discardStaged();
      await run.out();
      expect(await board.names(KEY.replace(/\/[^/]*$/, '/'))).not.toContain('mender-agent.pem.station');
    }, 180_000);

    it('a line that loses bytes is told, or everything is right: nothing is written elsewhere', async () => {
      const board = await make(maker, { loss: 1 / 3000 });
      const wanted = new Set<string>();
      for (let round = 0; round < 4; round += 1) {
        const outcome = await code(
          open(board).then(async (run) => {
            try {
              const { pem } = await inject(run);
              wanted.add(Buffer.from(pem.reveal()).toString('latin1'));
              await run.session.switchOver({ nonce: null });
            } finally {
              await run.out();
            }
          }),
        );
        expect(outcome).toMatch(
          /^no error$|^board\/(login-refused|line-unreliable|no-shell|command-timeout|silent|password-needed)/,
        );
      }
      const names = await board.names('/var/lib/mender/');
      const known =
        /^(mender-agent\.pem(\.station)?|mender-store(-lock)?|device_type|mender\.conf|deployments.*|\.|\.\.)$/;
      expect(names.filter((name) => !known.test(name))).toEqual([]);
      for (const place of ['/', '/root', '/etc/mender'])
        expect(
          (await board.names(place)).filter((name) => /station|pem|^[-&]|^dev.*null$/.test(name)),
        ).toEqual([]);
    }, 180_000);
  });
}
