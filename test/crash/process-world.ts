/**
 * One server, one board and a station whose program can be killed at any point, all in this process on a clock that runs
 * by itself. The journal is a real file: a killed station's is copied as it lies there, as a kernel would keep it.
 */
import { createHash, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ulid } from 'ulid';
import { createLinuxConsoleDriver } from '../../src/boards/linux-console/index.ts';
import { provision } from '../../src/flows/index.ts';
import { openJournal, type Journal } from '../../src/journal/index.ts';
import { createKeyGenerator, importKey } from '../../src/keys/index.ts';
import { fingerprintOfPem } from '../../src/keys/public-key.ts';
import type { JournalEntry, JournalEvent } from '../../src/model/event.ts';
import type { JobId, JobResult } from '../../src/model/job.ts';
import type { KeyFingerprint } from '../../src/model/key.ts';
import type { BoardProfile } from '../../src/model/profile.ts';
import { secret } from '../../src/model/secret.ts';
import {
  boardUser,
  createCable,
  createSimulatedBoard,
  type ServerCall,
  type SimulatedBoard,
} from '../../src/rehearsal/board/index.ts';
import type { FileSystem } from '../../src/rehearsal/board/files/file-system.ts';
import { Killed as ProgramKilled } from '../../src/rehearsal/board/shell/process.ts';
import {
  startMenderServer,
  type FaultAction,
  type MenderServer,
  type Outcome,
} from '../../src/rehearsal/server/index.ts';
import type { TranscriptEntry } from '../../src/serial/transcript.ts';
import { createMenderServer } from '../../src/servers/mender/index.ts';
import { BUILT_IN } from '../../src/settings/index.ts';
import { Claims } from '../../src/slots/claims.ts';
import { interruptedResult } from '../../src/station/interrupted.ts';
import { startVirtualTime, type VirtualTime } from '../unit/virtual-time.ts';
import { Killed, Life, watchedDriver, watchedJournal, watchedLink, watchedServer } from './fail-points.ts';
import { keySourceOf, type Variant } from './variants.ts';

/** Canaries: neither may be found in anything that a station wrote. */
export const ADMIN = { email: 'admin@crash.local', password: 'canary-admin-9d20' } as const;
export const BOARD_PASSWORD = 'canary-board-41ce';

/** Milliseconds that a call may take in a run whose server does not answer; the clock stands still meanwhile. */
const IMPATIENT_MS = 150;
/** As long as the client's own deadline. */
const CLIENT_DEADLINE_MS = 30_000;
/** Where files of tests are real ones and a sync of them costs nothing. */
const MEMORY = '/dev/shm';
const FACTORY_CONF = { InventoryPollIntervalSeconds: 28_800, RetryPollIntervalSeconds: 300 };

const PROFILE: BoardProfile = BUILT_IN[0]!;

/** What the server does to the calls of a run. */
export interface ServerFault {
  readonly act: FaultAction;
  /** The number of the first call that it hits, from 1. */
  readonly from: number;
  /** Until the server is mended, and to the board's client, too. */
  readonly lasting: boolean;
}

/** How a run ended. */
export interface Run {
  /** Null where the station was killed. */
  readonly result: JobResult | null;
  /** What the record says of it, after a kill by the next station. */
  readonly told: JobResult | null;
  readonly life: Life;
}

export class ProcessWorld implements AsyncDisposable {
  readonly time: VirtualTime;
  readonly server: MenderServer;
  readonly board: SimulatedBoard;
  readonly variant: Variant;
  /** What went over the line in all runs. */
  readonly transcript: TranscriptEntry[] = [];
  readonly results: JobResult[] = [];
  /** Rows that an append has returned, in order. */
  readonly acknowledged: JournalEntry[] = [];
  /** PEM of every private key that the board has held. */
  readonly privateKeys: string[] = [];
  /** What was wrong when a verdict was written. */
  readonly falsePasses: string[] = [];
  readonly #folder: string;
  readonly #owned = new AsyncDisposableStack();
  readonly #generator = createKeyGenerator({ threads: 1 });
  #home: string;
  #journal: Journal;
  /** The station that the server hears; null: nobody's calls arrive. */
  #heard: Life | null = null;
  #fault: ServerFault | null = null;
  #handle: (request: Parameters<MenderServer['core']['handle']>[0]) => Outcome;
  #powered = true;
  #disk: (label: string) => void = () => undefined;

  private constructor(variant: Variant, time: VirtualTime, server: MenderServer) {
    this.variant = variant;
    this.time = time;
    this.server = server;
    this.#folder = mkdtempSync(path.join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'station-crash-'));
    this.#home = path.join(this.#folder, 'home');
    mkdirSync(this.#home);
    this.#journal = this.#open();
    const { core } = server;
    this.#handle = core.handle.bind(core);
    // What comes by a socket is the station's; the board calls the core itself.
    core.handle = (request) => this.#hear(request);
    this.board = createSimulatedBoard({
      name: 'port1',
      hostname: 'board1',
      mac: '52:54:00:f1:00:01',
      seed: 1,
      users: [boardUser({ name: 'root', password: BOARD_PASSWORD })],
      ...variant.board,
      clock: time,
      server: this.#clientCall(),
      client: {
        conf: variant.known ? { ...FACTORY_CONF, Servers: [{ ServerURL: server.url }] } : FACTORY_CONF,
        generates: 'ed25519',
        ...variant.board.client,
      },
    });
    this.#watchDisk();
    if (variant.key === 'import') {
      mkdirSync(this.importFolder);
      const { privateKey } = generateKeyPairSync('ed25519');
      writeFileSync(
        path.join(this.importFolder, `${this.board.options.mac}.pem`),
        privateKey.export({ type: 'pkcs8', format: 'pem' }),
      );
    }
  }

  static async make(variant: Variant): Promise<ProcessWorld> {
    const time = startVirtualTime();
    const server = await startMenderServer({ mode: variant.mode, decommissionMs: 20, admin: ADMIN });
    const world = new ProcessWorld(variant, time, server);
    await time.sleep(5_000);
    return world;
  }

  get importFolder(): string {
    return path.join(this.#folder, 'keys');
  }

  /** The folder that holds the station's home, and only that. */
  get home(): string {
    return this.#home;
  }

  get journal(): Journal {
    return this.#journal;
  }

  /** Runs the job once, from the start of a station program to its end. */
  async run(life: Life, fault: ServerFault | null = null): Promise<Run> {
    const { server, board, time, variant } = this;
    this.#fault = null;
    server.faults.clear();
    const impatient = fault?.act.kind === 'hang';
    await using owned = new AsyncDisposableStack();
    const client = owned.use(
      createMenderServer(
        { name: 'crash', kind: 'mender', url: server.url, trust: { by: 'system' } },
        {
          clock: time,
          ...(impatient ? { limits: { callMs: IMPATIENT_MS } } : {}),
          renew: () => Promise.resolve(credentials()),
        },
      ),
    );
    this.#heard = new Life();
    await client.login(credentials(), new AbortController().signal);
    this.#heard = life;
    this.#fault = fault;
    this.#disk = (label) => life.reach('disk', label);
    const claims = new Claims();
    const job = ulid() as JobId;
    const journal = watchedJournal(life, this.#journal, (event, append) => {
      if (event.kind === 'verdict') this.#judge(event.result);
      const entry = append();
      this.acknowledged.push(entry);
      return entry;
    });
    let link: ReturnType<SimulatedBoard['link']> | null = null;
    const work = async (): Promise<JobResult> => {
      journal.append({
        kind: 'job-started',
        job,
        flow: 'provision',
        port: 'port1',
        slot: 'port1',
        server: 'crash',
        serverUrl: server.url,
        profile: PROFILE.name,
        keySource: variant.key,
        label: null,
        operator: null,
      } satisfies JournalEvent);
      return provision(
        {
          job,
          port: 'port1',
          slot: 'port1',
          profile: { ...PROFILE, ...variant.profile },
          keySource: keySourceOf(variant, this.importFolder),
          passwords: [secret(BOARD_PASSWORD)],
          tenantToken: null,
          serverCa: null,
          label: null,
          operator: null,
        },
        {
          driver: watchedDriver(life, createLinuxConsoleDriver()),
          openLink: () => {
            // As fast as can be: every byte and every change of a file is a point of its own.
            link = createCable(board.link(), { clock: time }).link;
            return Promise.resolve(watchedLink(life, link));
          },
          transcript: { add: (entry) => this.transcript.push(entry) },
          server: watchedServer(life, client),
          keys: {
            generate: (type, signal) => time.hold(this.#generator.generate(type, signal)),
            import: (directory, identity) => time.hold(importKey(directory, PROFILE.key, identity, null)),
          },
          journal,
          clock: time,
          claimIdentity: (identity) => claims.identity(identity, 'port1'),
          claimKey: (fingerprint) => claims.key(fingerprint, 'port1'),
          progress: {
            steps: nothing,
            identity: nothing,
            device: nothing,
            key: nothing,
            wire: nothing,
            waiting: nothing,
          },
        },
        new AbortController().signal,
      );
    };
    const done = work().catch((thrown: unknown) => {
      if (thrown instanceof Killed) return null;
      throw thrown;
    });
    const ended = await Promise.race([done, life.killed]);
    // A kernel closes what a dead program had open: its sockets, its port, its files.
    this.#heard = null;
    this.#disk = () => undefined;
    if (ended === 'killed') await (link as { close(): Promise<void> } | null)?.close();
    if (ended === 'killed' || ended === null) {
      await owned.disposeAsync();
      return { result: null, told: this.#reopen(), life };
    }
    this.results.push(ended);
    return { result: ended, told: ended, life };
  }

  /** Server and lines work again; what had no power has booted. */
  async mend(): Promise<void> {
    this.#fault = null;
    this.server.faults.clear();
    if (this.#powered) return;
    this.#powered = true;
    await this.board.power('on');
    await this.time.sleep(60_000);
  }

  unplug(): void {
    this.board.unplug();
  }

  cutPower(): void {
    this.#powered = false;
    void this.board.power('off');
  }

  /** The fingerprint of the key that the board would have in use after a power cut now. */
  get boardKey(): string | null {
    const pem = this.board.inspect.durablePublicKey;
    return pem === undefined
      ? null
      : fingerprintOfPem(createPublicKey(pem).export({ type: 'spki', format: 'pem' }).toString());
  }

  fingerprintOf(pem: string | undefined): string | null {
    return pem === undefined ? null : fingerprintOfPem(pem);
  }

  /** Names of the station's own that lie on the board: staged files. */
  get staged(): readonly string[] {
    return ['/etc/mender', '/var/lib/mender', '/data/mender'].flatMap((directory) =>
      this.board.inspect.names(directory).filter((name) => name.endsWith('.station')),
    );
  }

  /** A call of somebody who is neither this station nor this board's client. */
  call(request: Parameters<MenderServer['core']['handle']>[0]): Outcome {
    return this.#handle(request);
  }

  /** The auth sets of the board's device as `[fingerprint, status]`; one that is being decommissioned has none. */
  get sets(): readonly (readonly [string, string])[] {
    return this.server
      .inspect()
      .filter(
        ({ identity, decommissioning }) => identity['mac'] === this.board.options.mac && !decommissioning,
      )
      .flatMap(({ sets }) => sets)
      .map(({ pubkey, status }) => [fingerprintOfPem(pubkey) ?? 'unreadable', status]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.board[Symbol.asyncDispose]();
    this.#journal.close();
    await this.server.close();
    await this.#generator[Symbol.asyncDispose]();
    this.time[Symbol.dispose]();
    rmSync(this.#home, { recursive: true, force: true });
    rmSync(this.#folder, { recursive: true, force: true });
    await this.#owned.disposeAsync();
  }

  /** A verdict is written now: is what it says so? */
  #judge(result: JobResult): void {
    if (result.verdict !== 'pass' && result.verdict !== 'already') return;
    const accepted = this.sets.filter(([, status]) => status === 'accepted').map(([key]) => key);
    const wrong = [
      result.proof === 'board-client' ? '' : `the proof is ${result.proof}`,
      result.error === null ? '' : `with the error ${result.error.code}`,
      accepted.length === 1 && accepted[0] === result.keyFingerprint
        ? ''
        : `the server has ${accepted.join(' ')}`,
      this.boardKey === result.keyFingerprint ? '' : `the board has ${this.boardKey}`,
    ].filter((text) => text !== '');
    if (wrong.length > 0)
      this.falsePasses.push(`${result.verdict} with ${result.keyFingerprint}: ${wrong.join(', ')}`);
  }

  #hear(request: Parameters<MenderServer['core']['handle']>[0]): Outcome {
    const life = this.#heard;
    if (life === null) return { kind: 'drop' };
    life.calls += 1;
    life.reach('call', `${request.method} ${request.target.split('?')[0]}`);
    const fault = this.#fault;
    if (fault === null || life.calls < fault.from) return this.#handle(request);
    const { faults } = this.server;
    if (fault.lasting) {
      this.#fault = null;
      faults.add({ on: 'any', act: fault.act });
      return this.#handle(request);
    }
    if (life.calls > fault.from) return this.#handle(request);
    const placed = faults.add({ on: 'any', times: 1, act: fault.act });
    const outcome = this.#handle(request);
    placed.remove();
    return outcome;
  }

  /** The network of the board's client. */
  #clientCall(): ServerCall {
    return async (url, request, trust) => {
      if (url !== this.server.url) throw new Error('dial tcp: connect: connection refused');
      const headers = Object.fromEntries(
        Object.entries({ ...request.headers, Host: new URL(url).host }).map(([name, value]) => [
          name.toLowerCase(),
          value,
        ]),
      );
      let outcome = this.#handle({
        method: request.method,
        target: request.path,
        headers,
        body: request.body,
      });
      while (outcome.kind === 'wait') {
        await this.time.sleep(outcome.ms, trust.signal);
        outcome = outcome.next();
      }
      if (outcome.kind === 'answer') {
        const { status, headers: given, body } = outcome.response;
        const answered = Object.entries(given).map(([name, value]) => [name.toLowerCase(), String(value)]);
        return {
          status,
          headers: Object.fromEntries(answered) as Record<string, string>,
          body: Buffer.from(body),
        };
      }
      if (outcome.kind === 'hang') await this.time.sleep(CLIENT_DEADLINE_MS, trust.signal);
      throw new Error(outcome.kind === 'hang' ? 'context deadline exceeded' : 'EOF');
    };
  }

  /** Every change of the board's files is a point before it; without power there are none. */
  #watchDisk(): void {
    const { files } = this.board as unknown as { readonly files: FileSystem };
    for (const name of CHANGES) {
      const original = files[name].bind(files) as (...args: unknown[]) => unknown;
      Object.assign(files, {
        [name]: (...args: unknown[]): unknown => {
          if (this.#powered)
            this.#disk(
              `${name} ${args.filter((arg) => typeof arg === 'string' && arg.startsWith('/')).join(' ')}`.trim(),
            );
          // The program that wanted this change is no more.
          if (!this.#powered) throw new ProgramKilled('KILL');
          if (name === 'rename') this.#noteKey(String(args[1]));
          return original(...args);
        },
      });
    }
  }

  /** Remembers a private key of the station's or the board's before it goes where it is used. */
  #noteKey(from: string): void {
    const text = this.board.inspect.text(from) ?? '';
    if (text.includes('PRIVATE KEY') && !this.privateKeys.includes(text)) this.privateKeys.push(text);
  }

  #open(): Journal {
    return openJournal(path.join(this.#home, 'journal.db'), {
      stationId: 'crash',
      clock: this.time,
      holder: { program: 'crash' },
      signer: () => SIGNER,
    });
  }

  /** The next program finds the files as they lay there when the last one died, and says in the record what that had left. */
  #reopen(): JobResult | null {
    const old = this.#home;
    this.#home = mkdtempSync(path.join(this.#folder, 'home-'));
    for (const name of ['journal.db', 'journal.db-wal']) {
      const from = path.join(old, name);
      if (existsSync(from)) copyFileSync(from, path.join(this.#home, name));
    }
    this.#journal.close();
    rmSync(old, { recursive: true });
    this.#journal = this.#open();
    const [job] = this.#journal.openJobs();
    if (job === undefined) return null;
    const result = interruptedResult(job, this.#journal);
    this.acknowledged.push(this.#journal.append({ kind: 'verdict', job: job.job, result }));
    return result;
  }
}

/** Calls of a file system after which it is another, or another part of it is durable. */
const CHANGES = [
  'write',
  'truncate',
  'put',
  'mkdir',
  'unlink',
  'rename',
  'chmod',
  'syncNode',
  'syncAll',
] as const;

/** The station's key outlives its programs. */
const SIGNER = (() => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const der = publicKey.export({ format: 'der', type: 'spki' });
  return {
    fingerprint: `sha256:${createHash('sha256').update(der).digest('hex')}` as KeyFingerprint,
    publicKey: der.toString('base64'),
    protection: 'test',
    sign: (message: Uint8Array) => sign(null, message, privateKey),
  };
})();

function credentials() {
  return { by: 'password', user: ADMIN.email, password: secret(ADMIN.password) } as const;
}

function nothing(): void {
  // A front end would show it.
}
