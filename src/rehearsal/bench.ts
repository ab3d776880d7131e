import type { Clock } from '../model/clock.ts';
import type { BoardProfile } from '../model/profile.ts';
import { secret, type Secret } from '../model/secret.ts';
import type { ServerProfile } from '../model/server-profile.ts';
import { StationError } from '../model/station-error.ts';
import type { ByteLink, PortEntry } from '../serial/index.ts';
import { createCable, createSimulatedBoard, type SimulatedBoard } from './board/index.ts';
import { FAILURES, failureNamed } from './failures.ts';
import { MIC_ADMIN, startMicServer } from './mic/index.ts';
import { DEFAULT_ADMIN, startMenderServer, type ServerOptions } from './server/index.ts';

/** The name of the rehearsal's server, which is there while it runs. */
export const REHEARSAL = 'rehearsal';

const PASSWORD = 'board';

/** How a rehearsal is set up; all of it has defaults. */
export interface RehearsalOptions {
  readonly boards: number;
  readonly clock: Clock;
  /** What kind of server it has. Default `mender`. */
  readonly kind?: ServerProfile['kind'];
  /** Of a Mender server: as of which year. */
  readonly mode?: ServerOptions['mode'];
  /** The name of something that goes wrong (see `FAILURES`); null for nothing. */
  readonly fail?: string | null;
}

/**
 * The embedded bench: simulated boards on paced lines and a Mender-compatible server on loopback, so that the whole flow
 * can be seen and tried without hardware or an account. Nothing of it is a short cut: the station talks to it as to
 * real ones.
 */
export class RehearsalBench implements AsyncDisposable {
  readonly serverProfile: ServerProfile;
  readonly account: { readonly user: string; readonly password: Secret<string> };
  /** Of the gateway before the server, where it has one. */
  readonly apiKey: Secret<string> | null;
  /** The board profile that its boards are for. */
  readonly boardProfile: string;
  readonly #server: RehearsalServer;
  readonly passwords: readonly Secret<string>[] = [secret(PASSWORD)];
  readonly #boards: ReadonlyMap<string, SimulatedBoard>;
  readonly #clock: Clock;

  private constructor(server: RehearsalServer, boards: ReadonlyMap<string, SimulatedBoard>, clock: Clock) {
    this.#server = server;
    this.#boards = boards;
    this.#clock = clock;
    this.serverProfile = server.profile;
    this.account = server.account;
    this.apiKey = server.apiKey;
    this.boardProfile = server.boardProfile;
  }

  /** Starts the server and powers the boards. @throws StationError `station/usage` for an unknown failure. */
  static async start({
    boards,
    clock,
    kind = 'mender',
    mode = '2026',
    fail = null,
  }: RehearsalOptions): Promise<RehearsalBench> {
    const failure = fail === null ? null : failureNamed(fail);
    if (fail !== null && failure === null) {
      throw new StationError('station/usage', {
        detail: `There is no failure named ${fail}: ${Object.keys(FAILURES).join(', ')}.`,
      });
    }
    const limit = failure?.short === undefined ? null : boards - failure.short;
    if (limit === 0 && mode === '2023')
      throw new StationError('station/usage', {
        detail: `A server of 2023 cannot be limited to no device at all: let ${String(fail)} have two boards.`,
      });
    const ofServer = failure?.faults !== undefined || limit !== null;
    const start = STARTS[kind];
    if (ofServer && !start.fails)
      throw new StationError('station/usage', {
        detail: `A server of the kind ${kind} has no failure ${String(fail)}; those of boards can be had.`,
      });
    const server = await start.server({
      mode,
      tls: true,
      ...(failure?.faults === undefined ? {} : { faults: failure.faults }),
      ...(limit === null ? {} : { limit }),
    });
    const simulated = Array.from({ length: boards }, (_, index): [string, SimulatedBoard] => {
      const number = index + 1;
      const board = createSimulatedBoard({
        hostname: `board${number}`,
        mac: `52:54:00:be:00:${number.toString(16).padStart(2, '0')}`,
        seed: number,
        clock,
        // As from a factory image: it trusts the server's CA but knows no server yet, and its client runs in vain.
        serverCertificate: server.ca,
        ...(number === boards ? failure?.board : undefined),
        client: {
          conf: {
            InventoryPollIntervalSeconds: 28_800,
            RetryPollIntervalSeconds: 300,
            ServerCertificate: '/etc/mender/server.crt',
          },
          // The key of its own that a client makes at its first boot: RSA would cost this machine seconds a board.
          generates: 'ed25519',
          ...(number === boards ? failure?.board?.client : undefined),
        },
      });
      return [`rehearsal-${number}`, board];
    });
    return new RehearsalBench(server, new Map(simulated), clock);
  }

  /** How many boards there are. */
  get boards(): number {
    return this.#boards.size;
  }

  board(port: string): SimulatedBoard | undefined {
    return this.#boards.get(port);
  }

  has(port: string): boolean {
    return this.#boards.has(port);
  }

  /** The boards as ports of a bench. */
  readonly ports = {
    simulated: true,
    list: (): Promise<readonly PortEntry[]> =>
      Promise.resolve(
        [...this.#boards.keys()].map((name) => ({
          slot: name,
          path: name,
          label: name.replace('rehearsal-', 'Board '),
          usb: null,
          byId: null,
          byPath: null,
        })),
      ),
    open: (path: string, line: BoardProfile['line']): Promise<ByteLink> => {
      const board = this.#boards.get(path);
      if (board === undefined) return Promise.reject(new StationError('port/not-found', { port: path }));
      return Promise.resolve(
        createCable(board.link(), { baud: line.baudRate, latency: ADAPTER_LATENCY_MS, clock: this.#clock })
          .link,
      );
    },
    watch: (): Disposable => ({ [Symbol.dispose]: () => undefined }),
  };

  async [Symbol.asyncDispose](): Promise<void> {
    for (const board of this.#boards.values()) await board[Symbol.asyncDispose]();
    await this.#server.close();
  }
}

/** A server of whichever kind, as a rehearsal needs it. */
interface RehearsalServer {
  readonly profile: ServerProfile;
  readonly account: { readonly user: string; readonly password: Secret<string> };
  readonly apiKey: Secret<string> | null;
  readonly boardProfile: string;
  /** PEM of the authority that boards have to trust. */
  readonly ca: string | undefined;
  close(): Promise<void>;
}

/** How a server of each kind is started, and whether the failures of servers are had there. */
const STARTS: Readonly<
  Record<
    ServerProfile['kind'],
    { readonly fails: boolean; readonly server: (options: ServerOptions) => Promise<RehearsalServer> }
  >
> = {
  mender: {
    fails: true,
    server: async (options) => {
      const server = await startMenderServer(options);
      const { url, ca } = server;
      return {
        profile: {
          name: REHEARSAL,
          kind: 'mender',
          url,
          trust: ca === undefined ? { by: 'system' } : { by: 'ca', pem: ca },
        },
        account: { user: DEFAULT_ADMIN.email, password: secret(DEFAULT_ADMIN.password) },
        apiKey: null,
        boardProfile: 'mender',
        ca,
        close: () => server.close(),
      };
    },
  },
  mic: {
    fails: false,
    server: async () => {
      const stack = await startMicServer({ tls: true });
      return {
        profile: {
          name: REHEARSAL,
          kind: 'mic',
          url: stack.url,
          trust: { by: 'ca', pem: stack.ca },
          mic: { host: null, discovery: [], thingType: null, domain: null, iotCa: stack.ca },
        },
        account: { user: MIC_ADMIN.userName, password: secret(MIC_ADMIN.password) },
        apiKey: secret(stack.apiKey),
        boardProfile: 'mic',
        ca: stack.ca,
        close: () => stack.close(),
      };
    },
  },
};

/** What an FTDI adapter waits before it hands over a short reply, in milliseconds. */
const ADAPTER_LATENCY_MS = 16;
