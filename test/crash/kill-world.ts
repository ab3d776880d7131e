/** A site with a station of its own process, which is really killed. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readJournal } from '../../src/journal/index.ts';
import { systemClock } from '../../src/model/clock.ts';
import type { ErrorReport, JobResult } from '../../src/model/job.ts';
import type { MenderServer } from '../../src/rehearsal/server/index.ts';
import { openStation } from '../../src/station.ts';
import { keySourceText } from '../../src/station/key-source.ts';
import { leftByUnit } from '../../src/station/unsettled.ts';
import { boardPty } from './board-pty.ts';
import { isPass } from './invariants.ts';
import { KILLER, readPoints, type Passed } from './points.ts';
import { ADMIN, BOARD_PASSWORD, Site } from './site.ts';
import { keySourceOf, type Variant } from './variants.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../../src/cli/cli.ts');
/** A station that has not ended by then hangs, in milliseconds. */
const LIMIT_MS = 240_000;

/** What a call of the command came to. */
export interface Said extends Passed {
  /** Null where a signal ended it. */
  readonly status: number | null;
  readonly job: JobResult | null;
  readonly error: ErrorReport | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class KillWorld extends Site {
  readonly home: string;
  /** All that any call wrote. */
  readonly told: string[] = [];
  readonly #folder: string;
  readonly #owned: AsyncDisposableStack;
  #calls = 0;

  private constructor(variant: Variant, server: MenderServer, folder: string, owned: AsyncDisposableStack) {
    const boot = { duration: 400, uBoot: false, lines: 20 };
    super(variant, server, { clock: systemClock, retryMs: 2_000, bootMs: 900, boot });
    this.#folder = folder;
    this.home = path.join(folder, 'home');
    this.#owned = owned;
  }

  static async make(variant: Variant): Promise<KillWorld> {
    await using owned = new AsyncDisposableStack();
    const folder = mkdtempSync(path.join(tmpdir(), 'station-kill-'));
    owned.defer(() => rmSync(folder, { recursive: true, force: true }));
    const server = await Site.startServer(variant);
    const world = new KillWorld(variant, server, folder, owned.move());
    mkdirSync(world.home);
    if (variant.key === 'import') world.putImport(world.importFolder);
    world.#owned.use(await boardPty(world.board, world.port));
    await world.signIn();
    await world.#firstKey();
    if (variant.flow === 'rekey') await world.#accept();
    return world;
  }

  override isToldUnsafe(): boolean {
    using journal = readJournal(path.join(this.home, 'journal.db'), {
      stationId: 'crash',
      clock: systemClock,
      holder: { program: 'crash' },
    });
    const [record] = journal.lastJobs(1);
    return record !== undefined && !leftByUnit(journal, record).safe;
  }

  get importFolder(): string {
    return path.join(this.#folder, 'keys');
  }

  get port(): string {
    return path.join(this.#folder, 'tty');
  }

  /** The variant's job on the board; `kill`: the number of the point at which it is killed. */
  job(kill?: number): Promise<Said> {
    const { flow, waits } = this.variant;
    const wait = waits === true ? '1' : '0';
    const call = flow === 'provision' ? ['provision'] : ['rekey', '--reason', 'returned', '--wait', wait];
    const source = keySourceText(keySourceOf(this.variant, this.importFolder));
    return this.#run([...call, ...this.#board(), '--key', source], kill);
  }

  /** `station resume`. */
  resume(): Promise<Said> {
    return this.#run(['resume'], undefined);
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
    await super[Symbol.asyncDispose]();
  }

  /** A server in the settings and a session in the key store, as after `server add` and `server login`. */
  async signIn(): Promise<void> {
    await using station = await openStation({
      home: this.home,
      env: {},
      access: 'write',
      probing: false,
      program: 'crash',
    });
    const { servers } = await station.call('snapshot', {});
    if (servers.length === 0) await station.call('server.add', { name: 'crash', url: this.server.url });
    const { email: user, password } = ADMIN;
    await station.call('server.login', { name: 'crash', user, password, keep: true });
  }

  /** Waits for the key that a client makes at its first start, and for its knock where it knows the server. */
  async #firstKey(): Promise<void> {
    if (this.variant.board.client?.enabled === false) return;
    const isThere = (): boolean => this.boardKey !== null && (!this.variant.known || this.sets.length > 0);
    for (let waited = 0; waited < 10_000 && !isThere(); waited += 50) await this.sleep(50);
  }

  #board(): readonly string[] {
    return ['--server', 'crash', '--profile', 'mender', '--port', this.port];
  }

  /** A unit in use: the key of its client is accepted. */
  async #accept(): Promise<void> {
    const { job, stderr } = await this.#run(['provision', ...this.#board(), '--key', 'keep'], undefined);
    if (job === null || !isPass(job))
      throw new Error(`the unit was not provisioned: ${job?.error?.code} ${stderr}`);
  }

  async #run(args: readonly string[], kill: number | undefined): Promise<Said> {
    this.#calls += 1;
    const pointsFile = path.join(this.#folder, `points-${this.#calls}`);
    const child = spawn(
      process.execPath,
      [PROGRAM, ...args, '--home', this.home, '--json=lines', '--quiet'],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          PATH: process.env['PATH'],
          HOME: this.#folder,
          STATION_BOARD_PASSWORD: BOARD_PASSWORD,
          NODE_OPTIONS: `--disable-warning=ExperimentalWarning --import=${KILLER}`,
          CRASH_POINTS: pointsFile,
          ...(kill === undefined ? {} : { CRASH_KILL: String(kill) }),
        },
      },
    );
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(
        new Error(`station ${args.join(' ')} has not ended within ${LIMIT_MS} ms: ${stderr.slice(-800)}`),
      );
    }, LIMIT_MS);
    child.once('error', reject);
    child.once('close', resolve);
    const status = await promise.finally(() => clearTimeout(timer));
    this.told.push(stdout, stderr);
    const last = stdout.trim().split('\n').at(-1) ?? '';
    const { result } = (last.includes('"type":"result"') ? JSON.parse(last) : { result: {} }) as {
      readonly result: { readonly jobs?: readonly JobResult[]; readonly error?: ErrorReport };
    };
    return {
      status,
      job: result.jobs?.[0] ?? null,
      error: result.error ?? null,
      stdout,
      stderr,
      ...readPoints(pointsFile),
    };
  }
}
