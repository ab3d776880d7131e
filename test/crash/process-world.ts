/**
 * One server, one board and a station whose program can be killed at any point, all in this process on a clock that runs
 * by itself. The journal is a real file: a killed station's is copied as it lies there, as a kernel would keep it.
 */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ulid } from 'ulid';
import { createLinuxConsoleDriver } from '../../src/boards/linux-console/index.ts';
import { provision, rekey, type ProvisionParts, type ProvisionRequest } from '../../src/flows/index.ts';
import { openJournal, type Journal } from '../../src/journal/index.ts';
import { createKeyGenerator, importKey } from '../../src/keys/index.ts';
import type { JournalEntry, JournalEvent } from '../../src/model/event.ts';
import type { JobId, JobResult } from '../../src/model/job.ts';
import type { KeyFingerprint } from '../../src/model/key.ts';
import type { BoardProfile } from '../../src/model/profile.ts';
import { secret } from '../../src/model/secret.ts';
import { createCable, type SimulatedBoard } from '../../src/rehearsal/board/index.ts';
import type { MenderServer } from '../../src/rehearsal/server/index.ts';
import type { TranscriptEntry } from '../../src/serial/transcript.ts';
import { createMenderServer } from '../../src/servers/mender/index.ts';
import { BUILT_IN } from '../../src/settings/index.ts';
import { Claims } from '../../src/slots/claims.ts';
import { cutRekey } from '../../src/station/rekeying.ts';
import { interruptedResult } from '../../src/station/interrupted.ts';
import { leftByUnit } from '../../src/station/unsettled.ts';
import { startVirtualTime, type VirtualTime } from '../unit/virtual-time.ts';
import { CALL_MS, callDeadlines } from './call-deadlines.ts';
import {
  Killed,
  Life,
  never,
  watchedDriver,
  watchedJournal,
  watchedLink,
  watchedServer,
} from './fail-points.ts';
import { ADMIN, BOARD_PASSWORD, Site, type ServerFault } from './site.ts';
import { keySourceOf, type Variant } from './variants.ts';

/** How long a job that may wait does so at most, in milliseconds: some looks at a server that stays away. */
const WAIT_MS = 60_000;
/** Where files of tests are real ones and a sync of them costs nothing. */
const MEMORY = '/dev/shm';

const PROFILE: BoardProfile = BUILT_IN[0]!;

/** How a run ended. */
export interface Run {
  /** Null where the station was killed. */
  readonly result: JobResult | null;
  /** What the record says of it, after a kill by the next station. */
  readonly told: JobResult | null;
  readonly life: Life;
}

export class ProcessWorld extends Site {
  readonly time: VirtualTime;
  /** What went over the line in all runs. */
  readonly transcript: TranscriptEntry[] = [];
  readonly results: JobResult[] = [];
  /** Rows that an append has returned, in order. */
  readonly acknowledged: JournalEntry[] = [];
  /** What was wrong when a verdict was written. */
  readonly falsePasses: string[] = [];
  readonly #folder: string;
  readonly #generator = createKeyGenerator({ threads: 1 });
  readonly #deadlines = callDeadlines();
  #home: string;
  #journal: Journal;
  #lastJob: JobId | null = null;

  private constructor(variant: Variant, time: VirtualTime, server: MenderServer) {
    super(variant, server, { clock: time, retryMs: 300_000, bootMs: 60_000, boot: {} });
    this.time = time;
    this.#folder = mkdtempSync(path.join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'station-crash-'));
    this.#home = path.join(this.#folder, 'home');
    mkdirSync(this.#home);
    this.#journal = this.#open();
    if (variant.key === 'import') this.putImport(this.importFolder);
  }

  static async make(variant: Variant): Promise<ProcessWorld> {
    const time = startVirtualTime();
    const world = new ProcessWorld(variant, time, await Site.startServer(variant));
    await time.sleep(5_000);
    if (variant.flow === 'rekey') await world.#accept();
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

  protected override arrived(): () => void {
    return this.#deadlines.heard();
  }

  override isToldUnsafe(): boolean {
    const [record] = this.#journal.lastJobs(1);
    return record !== undefined && !leftByUnit(this.#journal, record).safe;
  }

  /** A unit in use: its client's own key is accepted, and its client has its token. */
  async #accept(): Promise<void> {
    const { server, time } = this;
    await using client = createMenderServer(
      { name: 'crash', kind: 'mender', url: server.url, trust: { by: 'system' } },
      { clock: time },
    );
    const { signal } = new AbortController();
    await client.login(credentials(), signal);
    const [device] = server.inspect();
    if (device === undefined) throw new Error('the client of the unit has not knocked');
    await client.accept(device.id, device.sets[0]!.id, signal);
    await time.sleep(this.pace.retryMs);
  }

  /** Runs the job once, from the start of a station program to its end. */
  async run(life: Life, fault: ServerFault | null = null): Promise<Run> {
    const { server, board, time, variant } = this;
    this.begin(null);
    server.faults.clear();
    await using owned = new AsyncDisposableStack();
    const client = owned.use(
      createMenderServer(
        { name: 'crash', kind: 'mender', url: server.url, trust: { by: 'system' } },
        {
          clock: time,
          limits: { callMs: CALL_MS },
          renew: () => Promise.resolve(credentials()),
        },
      ),
    );
    this.heard = () => true;
    await client.login(credentials(), new AbortController().signal);
    this.begin(fault);
    if (variant.waits === true && this.#lastJob === null) this.goAway();
    this.heard = ({ method, target }) => {
      life.calls += 1;
      life.reach('call', `${method} ${target.split('?')[0]}`);
      return true;
    };
    this.changes = (label) => life.reach('disk', label);
    const claims = new Claims();
    const job = ulid() as JobId;
    const journal = watchedJournal(life, this.#journal, (event, append) => {
      if (event.kind === 'verdict') this.#judge(event.result);
      const entry = append();
      this.acknowledged.push(entry);
      return entry;
    });
    // What `station resume` reads of the one that was cut off.
    const resumes =
      variant.flow === 'rekey' && this.#lastJob !== null
        ? cutRekey(this.#journal, this.#lastJob).resumes
        : null;
    this.#lastJob = job;
    let link: ReturnType<SimulatedBoard['link']> | null = null;
    const work = async (): Promise<JobResult> => {
      journal.append({
        kind: 'job-started',
        job,
        flow: variant.flow,
        port: 'port1',
        slot: 'port1',
        server: 'crash',
        serverUrl: server.url,
        profile: PROFILE.name,
        keySource: variant.key,
        label: null,
        operator: null,
        ...(variant.flow === 'rekey' ? { rekey: WISH } : {}),
        ...(resumes === null ? {} : { resumes: resumes.job }),
      } satisfies JournalEvent);
      const request: ProvisionRequest = {
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
      };
      const parts: ProvisionParts = {
        driver: watchedDriver(life, createLinuxConsoleDriver()),
        openLink: () => {
          // What is left of a dead program here opens no port any more: its successor would find that busy.
          if (!life.isAlive()) return never();
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
      };
      const cancel = new AbortController().signal;
      return variant.flow === 'provision'
        ? provision(request, parts, cancel)
        : rekey(
            { ...request, ...WISH, waitMs: variant.waits === true ? WAIT_MS : 0, resumes },
            parts,
            cancel,
          );
    };
    const done = work().catch((thrown: unknown) => {
      if (thrown instanceof Killed) return null;
      throw thrown;
    });
    const ended = await Promise.race([done, life.killed]);
    // A kernel closes what a dead program had open: its sockets, its port, its files.
    this.heard = () => false;
    this.changes = () => undefined;
    if (ended === 'killed') await (link as { close(): Promise<void> } | null)?.close();
    if (ended === 'killed' || ended === null) {
      await owned.disposeAsync();
      return { result: null, told: this.#reopen(), life };
    }
    this.results.push(ended);
    return { result: ended, told: ended, life };
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    this.#journal.close();
    await this.#generator[Symbol.asyncDispose]();
    this.#deadlines[Symbol.dispose]();
    this.time[Symbol.dispose]();
    rmSync(this.#home, { recursive: true, force: true });
    rmSync(this.#folder, { recursive: true, force: true });
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
    if (job === undefined) return this.#journal.job(this.#lastJob ?? '')?.result ?? null;
    const result = interruptedResult(job, this.#journal);
    this.acknowledged.push(this.#journal.append({ kind: 'verdict', job: job.job, result }));
    return result;
  }
}

/** What is wished of a re-keying. */
const WISH = { reason: { code: 'returned', text: '' }, confirmed: [], decommissionFormer: false } as const;

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
