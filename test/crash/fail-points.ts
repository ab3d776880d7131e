/** Where a station can be stopped: it counts the points that a run passes, and does something at one of them. */
import type { BoardDriver, BoardSession } from '../../src/boards/driver.ts';
import type { JobJournal } from '../../src/flows/index.ts';
import type { JournalEvent } from '../../src/model/event.ts';
import type { DeviceServer } from '../../src/servers/device-server.ts';
import type { ByteLink } from '../../src/serial/link.ts';

/**
 * `journal`: before and after an append; `action`: before and after what a flow asks of a board or a server; `call`: an
 * HTTP call of the station as it arrives; `line`: bytes before they go to the board; `disk`: a change of the board's files.
 */
export type PointKind = 'journal' | 'action' | 'call' | 'line' | 'disk';

export interface Point {
  readonly kind: PointKind;
  readonly label: string;
  /** HTTP calls that the station had made by then. */
  readonly calls: number;
}

/** What a program that was killed does next: nothing. It is thrown only where a caller has to be left at once. */
export class Killed extends Error {}

/** One life of a station program, from its start to its end or until it is killed. */
export class Life {
  readonly points: Point[] = [];
  /** HTTP calls so far. */
  calls = 0;
  readonly #at: number;
  readonly #then: (life: Life) => void;
  readonly #killed = Promise.withResolvers<'killed'>();
  #alive = true;

  /** `then` is done as point number `at` (from 0) is reached; -1 for none. */
  constructor(at = -1, then: (life: Life) => void = () => undefined) {
    this.#at = at;
    this.#then = then;
  }

  isAlive(): boolean {
    return this.#alive;
  }

  /** Whether the point was reached at all. */
  get struck(): boolean {
    return this.#at >= 0 && this.points.length > this.#at;
  }

  /** Resolves when it was killed. */
  get killed(): Promise<'killed'> {
    return this.#killed.promise;
  }

  kill(): void {
    this.#alive = false;
    this.#killed.resolve('killed');
  }

  reach(kind: PointKind, label: string): void {
    if (!this.#alive) return;
    this.points.push({ kind, label, calls: this.calls });
    if (this.points.length - 1 === this.#at) this.#then(this);
  }

  /** For calls that return at once. */
  now<T>(label: string, work: () => T): T {
    this.reach('journal', `before ${label}`);
    if (!this.isAlive()) throw new Killed();
    const value = work();
    this.reach('journal', `after ${label}`);
    if (!this.isAlive()) throw new Killed();
    return value;
  }

  /** For work that takes time: a program that was killed meanwhile never learns how it ended. */
  async later<T>(label: string, work: () => Promise<T>): Promise<T> {
    this.reach('action', `before ${label}`);
    if (!this.isAlive()) return never();
    try {
      return await work();
    } finally {
      this.reach('action', `after ${label}`);
      if (!this.isAlive()) await never();
    }
  }
}

/** How a call of a dead program ends. */
export function never(): Promise<never> {
  return new Promise(() => undefined);
}

/** A journal whose every append is two points. A dead station asks nothing more of it. */
export function watchedJournal(
  life: Life,
  journal: JobJournal,
  appended: (
    event: JournalEvent,
    append: () => ReturnType<JobJournal['append']>,
  ) => ReturnType<JobJournal['append']>,
): JobJournal {
  return new Proxy(journal, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        if (!life.isAlive()) throw new Killed();
        const call = (): unknown => Reflect.apply(value, target, args);
        if (name !== 'append') return call();
        const event = args[0] as JournalEvent;
        return life.now(named(event), () => appended(event, call as () => ReturnType<JobJournal['append']>));
      };
    },
  });
}

function named(event: JournalEvent): string {
  if (event.kind === 'step-intent') return `journal ${event.kind} ${event.action}`;
  if (event.kind === 'step-outcome') return `journal ${event.kind} ${event.action} ${event.outcome}`;
  return `journal ${event.kind}`;
}

/** An object whose promises are actions: two points each. What returns at once is passed through. */
function watched<T extends object>(life: Life, what: string, inner: T): T {
  return new Proxy(inner, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const label = `${what} ${name === Symbol.asyncDispose ? 'log-out' : String(name)}`;
      if (IMMEDIATE.has(name)) return value.bind(target) as unknown;
      return (...args: unknown[]): unknown =>
        life.later(label, () => Promise.resolve(Reflect.apply(value, target, args) as unknown));
    },
  });
}

/** Members that return at once. */
const IMMEDIATE: ReadonlySet<string | symbol> = new Set(['wire', 'authRequest']);

export function watchedServer(life: Life, server: DeviceServer): DeviceServer {
  return watched(life, 'server', server);
}

export function watchedDriver(life: Life, driver: BoardDriver): BoardDriver {
  return {
    name: driver.name,
    probe: (link, context) => driver.probe(link, context),
    open: async (link, context) =>
      watched<BoardSession>(life, 'board', await life.later('board open', () => driver.open(link, context))),
  };
}

/** A link whose every write is a point. */
export function watchedLink(life: Life, link: ByteLink): ByteLink {
  let written = 0;
  return {
    name: link.name,
    ended: link.ended,
    onData: (receive) => link.onData(receive),
    close: () => link.close(),
    write: (data, options) => {
      written += 1;
      life.reach('line', `write ${written} of ${data.length} bytes`);
      if (!life.isAlive()) return never();
      return link.write(data, options);
    },
  };
}
