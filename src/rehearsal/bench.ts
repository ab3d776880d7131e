import type { Clock } from '../model/clock.ts';
import type { BoardProfile } from '../model/profile.ts';
import { secret, type Secret } from '../model/secret.ts';
import type { ServerProfile } from '../model/server-profile.ts';
import { StationError } from '../model/station-error.ts';
import type { ByteLink, PortEntry } from '../serial/index.ts';
import { createCable, createSimulatedBoard, type SimulatedBoard } from './board/index.ts';
import { FAILURES, failureNamed } from './failures.ts';
import { DEFAULT_ADMIN, startMenderServer, type MenderServer, type ServerOptions } from './server/index.ts';

/** The name of the rehearsal's server, which is there while it runs. */
export const REHEARSAL = 'rehearsal';

const PASSWORD = 'board';

/** How a rehearsal is set up; all of it has defaults. */
export interface RehearsalOptions {
  readonly boards: number;
  readonly clock: Clock;
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
  readonly server: MenderServer;
  readonly serverProfile: ServerProfile;
  readonly account = { user: DEFAULT_ADMIN.email, password: secret(DEFAULT_ADMIN.password) };
  readonly passwords: readonly Secret<string>[] = [secret(PASSWORD)];
  readonly #boards: ReadonlyMap<string, SimulatedBoard>;
  readonly #clock: Clock;

  private constructor(server: MenderServer, boards: ReadonlyMap<string, SimulatedBoard>, clock: Clock) {
    this.server = server;
    this.#boards = boards;
    this.#clock = clock;
    this.serverProfile = {
      name: REHEARSAL,
      kind: 'mender',
      url: server.url,
      trust: server.ca === undefined ? { by: 'system' } : { by: 'ca', pem: server.ca },
    };
  }

  /** Starts the server and powers the boards. @throws StationError `station/usage` for an unknown failure. */
  static async start({
    boards,
    clock,
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
    const server = await startMenderServer({
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
    await this.server.close();
  }
}

/** What an FTDI adapter waits before it hands over a short reply, in milliseconds. */
const ADAPTER_LATENCY_MS = 16;
