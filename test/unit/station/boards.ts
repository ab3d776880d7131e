import { expect, onTestFinished } from 'vitest';
import { secret } from '../../../src/model/secret.ts';
import {
  createSimulatedBoard,
  type BoardChoices,
  type SimulatedBoard,
} from '../../../src/rehearsal/board/index.ts';
import { DEFAULT_ADMIN, startMenderServer, type MenderServer } from '../../../src/rehearsal/server/index.ts';
import type { PortEntry } from '../../../src/serial/index.ts';
import { NO_SECRETS, type EnvironmentSecrets } from '../../../src/settings/index.ts';
import type { PortSource } from '../../../src/slots/port-source.ts';
import { openStation, type Station } from '../../../src/station.ts';
import type { VirtualTime } from '../virtual-time.ts';

export const PASSWORDS: EnvironmentSecrets = {
  ...NO_SECRETS,
  boardPassword: secret('board'),
};

/** Ports into which boards are put and taken out again. */
export class Ports implements PortSource {
  readonly simulated = false;
  readonly #boards = new Map<string, SimulatedBoard>();
  readonly #watchers = new Set<() => void>();

  /** Every port that a board was ever put in is there to stay, as that of a USB adapter. */
  put(port: string, board: SimulatedBoard | null): void {
    for (const [name, there] of this.#boards) {
      if (there !== board && name !== port) continue;
      there.unplug();
      this.#boards.delete(name);
    }
    if (board !== null) this.#boards.set(port, board);
    for (const changed of this.#watchers) changed();
  }

  list(): Promise<readonly PortEntry[]> {
    return Promise.resolve(
      [...this.#boards.keys()].map((name) => ({
        slot: name,
        path: name,
        label: name,
        usb: null,
        byId: null,
        byPath: null,
      })),
    );
  }

  open(path: string) {
    const board = this.#boards.get(path);
    return board === undefined
      ? Promise.reject(new Error(`nothing is on ${path}`))
      : Promise.resolve(board.link());
  }

  watch(changed: () => void): Disposable {
    this.#watchers.add(changed);
    return { [Symbol.dispose]: () => void this.#watchers.delete(changed) };
  }
}

/** A board that knows no server yet, at a login. */
export function board(time: VirtualTime, number: number, choices: BoardChoices = {}): SimulatedBoard {
  const made = createSimulatedBoard({
    mac: `52:54:00:cd:00:0${number}`,
    seed: number,
    clock: time,
    ...choices,
    client: { conf: {}, key: { kind: 'present', type: 'ed25519' }, ...choices.client },
  });
  onTestFinished(async () => {
    await made[Symbol.asyncDispose]();
    expect(made.inspect.faults).toEqual([]);
  });
  return made;
}

export async function startServer(): Promise<MenderServer> {
  const server = await startMenderServer({ decommissionMs: 20 });
  onTestFinished(() => server.close());
  return server;
}

/** Opens a station of a home on such ports; it ends with the test, or when it is disposed. */
export async function stationOn(home: string, ports: PortSource, clock: VirtualTime): Promise<Station> {
  const station = await openStation({
    home,
    env: {},
    access: 'write',
    probing: false,
    program: 'test',
    secrets: PASSWORDS,
    ports,
    clock,
  });
  onTestFinished(() => station[Symbol.asyncDispose]());
  return station;
}

/** Makes the station know the server `bench`, and logs in there. */
export async function logIn(station: Station, server: MenderServer): Promise<void> {
  await station.call('server.add', { name: 'bench', url: server.url });
  await station.call('server.login', {
    name: 'bench',
    user: DEFAULT_ADMIN.email,
    password: DEFAULT_ADMIN.password,
    keep: true,
  });
}
