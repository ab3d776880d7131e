/** One server and one board on it, whoever works on them: what a cell cuts, and what it looks at afterwards. */
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fingerprintOfPem } from '../../src/keys/public-key.ts';
import type { Clock } from '../../src/model/clock.ts';
import {
  boardUser,
  createSimulatedBoard,
  type BoardChoices,
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
  type WireRequest,
} from '../../src/rehearsal/server/index.ts';
import type { Variant } from './variants.ts';

/** Canaries: neither may be found in anything that a station wrote. */
export const ADMIN = { email: 'admin@crash.local', password: 'canary-admin-9d20' } as const;
export const BOARD_PASSWORD = 'canary-board-41ce';

/** Calls after the staging that a server does not hear that is away; one that was not answered is made twice. */
const UNHEARD = 2;

/** As long as the client's own deadline. */
const CLIENT_DEADLINE_MS = 30_000;

/** What the server does to the calls of a run. */
export interface ServerFault {
  readonly act: FaultAction;
  /** The number of the first call that it hits, from 1. */
  readonly from: number;
  /** Until the server is mended, and to the board's client, too. */
  readonly lasting: boolean;
}

/** Milliseconds of a board: how soon its client asks again, and how long it takes to boot. */
export interface Pace {
  readonly clock: Clock;
  readonly retryMs: number;
  readonly bootMs: number;
  readonly boot: NonNullable<BoardChoices['boot']>;
}

export class Site implements AsyncDisposable {
  readonly server: MenderServer;
  readonly board: SimulatedBoard;
  readonly variant: Variant;
  readonly pace: Pace;
  /** PEM of every private key that the board has held. */
  readonly privateKeys: string[] = [];
  /** Told of each call that comes by a socket: the station's. False: nobody listens any more. */
  heard: (request: WireRequest) => boolean = () => true;
  /** Told before each change of the board's files. */
  changes: (label: string) => void = () => undefined;
  fault: ServerFault | null = null;
  #calls = 0;
  /** How many more calls are not heard once a key is staged; until then none is. 0: the server is there. */
  #unheard = 0;
  #powered = true;
  readonly #handle: (request: WireRequest) => Outcome;

  constructor(variant: Variant, server: MenderServer, pace: Pace) {
    this.variant = variant;
    this.server = server;
    this.pace = pace;
    const { core } = server;
    this.#handle = core.handle.bind(core);
    // What comes by a socket is the station's; the board calls the core itself.
    core.handle = (request) => watched(this.#hear(request), this.arrived());
    const conf = {
      InventoryPollIntervalSeconds: 28_800,
      RetryPollIntervalSeconds: pace.retryMs / 1000,
      ...(variant.known ? { Servers: [{ ServerURL: server.url }] } : {}),
    };
    this.board = createSimulatedBoard({
      name: 'port1',
      hostname: 'board1',
      mac: '52:54:00:f1:00:01',
      seed: 1,
      users: [boardUser({ name: 'root', password: BOARD_PASSWORD })],
      boot: pace.boot,
      ...variant.board,
      clock: pace.clock,
      server: this.#clientCall(),
      client: { conf, generates: 'ed25519', ...variant.board.client },
    });
    this.#watchDisk();
  }

  static startServer({ mode }: Variant): Promise<MenderServer> {
    return startMenderServer({ mode, decommissionMs: 20, admin: ADMIN });
  }

  /** Whether the list of what is left to be finished says that the unit is not to leave as it is. */
  isToldUnsafe(): boolean {
    return false;
  }

  /** A call of the station's arrives. Returns what is done once it is never to be answered. */
  protected arrived(): () => void {
    return () => undefined;
  }

  sleep(ms: number): Promise<void> {
    return this.pace.clock.sleep(ms, new AbortController().signal);
  }

  /** Counts the station's calls anew, with what the server does to them from now on. */
  begin(fault: ServerFault | null): void {
    this.fault = fault;
    this.#calls = 0;
  }

  /** From now on the server is away, until a job has staged its key and has looked for it in vain. */
  goAway(): void {
    this.#unheard = UNHEARD;
  }

  /** Server and lines work again; what had no power has booted. */
  async mend(): Promise<void> {
    this.fault = null;
    this.#unheard = 0;
    this.server.faults.clear();
    if (this.#powered) return;
    this.#powered = true;
    await this.board.power('on');
    await this.sleep(this.pace.bootMs);
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

  /** The key that would lie staged after a power cut now. */
  get stagedKey(): string | null {
    const pem = this.board.inspect.durable(`${this.board.inspect.keyPath}.station`);
    if (pem === undefined) return null;
    try {
      return fingerprintOfPem(
        createPublicKey(Buffer.from(pem)).export({ type: 'spki', format: 'pem' }).toString(),
      );
    } catch {
      return null;
    }
  }

  /** The private key that is in use on the board. */
  get privateKey(): string | null {
    const pem = this.board.inspect.durable(this.board.inspect.keyPath);
    return pem === undefined ? null : Buffer.from(pem).toString();
  }

  fingerprintOf(pem: string | undefined): string | null {
    return pem === undefined ? null : fingerprintOfPem(pem);
  }

  /** Names of the station's own that lie on the board: what is staged, and a key that was replaced. */
  get staged(): readonly string[] {
    return ['/etc/mender', '/data/mender'].flatMap((directory) =>
      this.board.inspect.names(directory).filter((name) => /\.station(-former)?$/.test(name)),
    );
  }

  /** A call of somebody who is neither this station nor this board's client. */
  call(request: WireRequest): Outcome {
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

  /** Puts a key for the board into the folder, as a person who has made it elsewhere does. */
  putImport(folder: string): void {
    mkdirSync(folder);
    const { privateKey } = generateKeyPairSync('ed25519');
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    writeFileSync(path.join(folder, `${this.board.options.mac}.pem`), pem);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.board[Symbol.asyncDispose]();
    await this.server.close();
  }

  #hear(request: WireRequest): Outcome {
    if (!this.heard(request)) return { kind: 'drop' };
    this.#calls += 1;
    if (this.#unheard > 0) {
      if (this.stagedKey !== null) this.#unheard -= 1;
      return { kind: 'drop' };
    }
    const { fault } = this;
    if (fault === null || this.#calls < fault.from) return this.#handle(request);
    const { faults } = this.server;
    if (fault.lasting) {
      this.fault = null;
      faults.add({ on: 'any', act: fault.act });
      return this.#handle(request);
    }
    if (this.#calls > fault.from) return this.#handle(request);
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
        await this.pace.clock.sleep(outcome.ms, trust.signal);
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
      if (outcome.kind === 'hang') await this.pace.clock.sleep(CLIENT_DEADLINE_MS, trust.signal);
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
          const paths = args.filter((arg) => typeof arg === 'string' && arg.startsWith('/'));
          if (this.#powered) this.changes(`${name} ${paths.join(' ')}`.trim());
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
}

/** What becomes of a call; `hung` is called when that is nothing any more. */
function watched(outcome: Outcome, hung: () => void): Outcome {
  if (outcome.kind === 'hang') setImmediate(hung);
  if (outcome.kind !== 'wait') return outcome;
  return { ...outcome, next: () => watched(outcome.next(), hung) };
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
