import type { SlotView, StationEvent } from '../contract.ts';
import type { BoardDriver } from '../boards/driver.ts';
import type { Presence } from '../model/board.ts';
import { canonicalIdentity, type CanonicalIdentity, type Identity } from '../model/identity.ts';
import type { Clock } from '../model/clock.ts';
import type { ErrorReport } from '../model/job.ts';
import type { BoardProfile } from '../model/profile.ts';
import { asStationError, StationError } from '../model/station-error.ts';
import type { ByteLink, PortEntry } from '../serial/index.ts';
import type { Jobs } from './jobs.ts';
import type { PortSource } from './port-source.ts';

/** How long a finding stands before the port is looked at again, in milliseconds. */
const LOOK_AGAIN_MS = { ready: 30_000, other: 10_000 } as const;

export interface BenchOptions {
  readonly driver: BoardDriver;
  readonly jobs: Jobs;
  readonly clock: Clock;
  /** The profile by which idle ports are looked at: its baud rate and credentials' names. */
  readonly profile: () => BoardProfile;
  readonly muted: () => ReadonlySet<string>;
  readonly tell: (event: StationEvent) => void;
  /** Whether idle ports are opened to see what is on them. A command that runs one job has no need to. */
  readonly probing: boolean;
}

interface Slot {
  readonly port: PortEntry;
  readonly source: PortSource;
  presence: SlotView['presence'];
  /** Why the port could not be opened. */
  error: ErrorReport | null;
  /** Whether a job or a reading has the port open. */
  inUse: boolean;
  lookedAt: number;
  /** Whose board was last read here, while nothing says that it has gone. */
  identity: CanonicalIdentity | null;
  /** The look that is under way; a job waits for its end, since a port is open once. */
  look: { readonly stop: AbortController; readonly ended: Promise<void> } | null;
}

/** The places of the bench: which ports there are, and what is on each. */
export class Bench implements AsyncDisposable {
  readonly #options: BenchOptions;
  readonly #sources = new Map<PortSource, Disposable>();
  readonly #slots = new Map<string, Slot>();
  readonly #closed = new AbortController();
  #refreshing: Promise<void> | null = null;
  #following: Promise<void> | null = null;
  #looking: Promise<void> = Promise.resolve();

  constructor(options: BenchOptions) {
    this.#options = options;
    if (options.probing) this.#looking = this.#lookAround();
  }

  async addSource(source: PortSource): Promise<void> {
    this.#sources.set(
      source,
      // A list that fails leaves the bench as it was; whoever asks for one is told why.
      source.watch(() => void this.refresh().catch(() => undefined)),
    );
    await this.refresh();
  }

  /** Takes a source off the bench with its ports. Jobs on them have to have ended. */
  async removeSource(source: PortSource): Promise<void> {
    this.#sources.get(source)?.[Symbol.dispose]();
    this.#sources.delete(source);
    await this.refresh();
  }

  views(): readonly SlotView[] {
    return [...this.#slots.values()].map((slot) => this.#view(slot));
  }

  /** Lists the ports anew. Calls that come while it runs share one more run, since what it lists may have changed. */
  refresh(): Promise<void> {
    if (this.#following !== null) return this.#following;
    if (this.#refreshing === null) return this.#startRefresh();
    this.#following = this.#refreshing
      .catch(() => undefined) // told to whoever asked for that run
      .then(() => {
        this.#following = null;
        return this.#closed.signal.aborted ? undefined : this.#startRefresh();
      });
    return this.#following;
  }

  /** The port with this path or slot name. @throws StationError `port/not-found` after a fresh look. */
  async port(pathOrSlot: string): Promise<PortEntry> {
    const find = (): PortEntry | undefined =>
      [...this.#slots.values()].find(({ port }) => port.path === pathOrSlot || port.slot === pathOrSlot)
        ?.port;
    let found = find();
    if (found === undefined) {
      await this.refresh();
      found = find();
    }
    if (found !== undefined) return found;
    // A path that no source lists may still be a tty (a pty, a port of an unusual driver): opening it will tell.
    if (pathOrSlot.startsWith('/') || /^COM\d+$/i.test(pathOrSlot)) return unlisted(pathOrSlot);
    throw new StationError('port/not-found', { port: pathOrSlot });
  }

  /** Opens a port for whoever works on its board, after whatever looks at it has let go. @throws StationError `port/...` */
  async open(port: PortEntry, line: BoardProfile['line'], signal: AbortSignal): Promise<ByteLink> {
    const slot = this.#slots.get(port.slot);
    const source = slot?.source ?? [...this.#sources.keys()][0];
    if (source === undefined) throw new StationError('port/not-found', { port: port.path });
    if (slot === undefined) return source.open(port.path, line, signal);
    this.#use(slot, true);
    try {
      slot.look?.stop.abort();
      await slot.look?.ended;
      const link = await source.open(port.path, line, signal);
      let closed: Promise<void> | null = null;
      const close = (): Promise<void> => (closed ??= link.close().finally(() => this.#use(slot, false)));
      return {
        name: link.name,
        ended: link.ended,
        write: (data, options) => link.write(data, options),
        onData: (receive) => link.onData(receive),
        close,
      };
    } catch (thrown) {
      this.#use(slot, false);
      throw thrown;
    }
  }

  /** What the last look found, while that is fresh; `unknown` else. */
  seen(port: PortEntry): Presence {
    const slot = this.#slots.get(port.slot);
    if (slot?.presence !== 'ready') return 'unknown';
    return this.#options.clock.monotonic() - slot.lookedAt < LOOK_AGAIN_MS.ready ? 'ready' : 'unknown';
  }

  /** Notes which board was read on a port, by whoever read it. */
  sighted(slotName: string, identity: Identity): void {
    const slot = this.#slots.get(slotName);
    const text = canonicalIdentity(identity);
    if (slot === undefined || slot.identity === text) return;
    // A board is in one place: where it was before, it is no more.
    for (const other of this.#slots.values()) if (other.identity === text) other.identity = null;
    slot.identity = text;
    this.#tell(slot);
  }

  /** The port on which the board of this identity was last read, while nothing says that it has gone. */
  whereIs(identity: Identity): PortEntry | null {
    const text = canonicalIdentity(identity);
    return [...this.#slots.values()].find((slot) => slot.identity === text)?.port ?? null;
  }

  /** Tells of a slot again, after its job or its muting changed. */
  touch(slotName: string): void {
    const slot = this.#slots.get(slotName);
    if (slot === undefined) return;
    // Whoever mutes a port wants it left alone from now on.
    if (this.#options.muted().has(slotName)) slot.look?.stop.abort();
    this.#tell(slot);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    for (const watch of this.#sources.values()) watch[Symbol.dispose]();
    for (const slot of this.#slots.values()) slot.look?.stop.abort();
    await Promise.all([
      this.#looking,
      this.#refreshing,
      this.#following,
      ...[...this.#slots.values()].map((slot) => slot.look?.ended),
    ]);
  }

  #startRefresh(): Promise<void> {
    const refreshing = this.#list().finally(() => (this.#refreshing = null));
    this.#refreshing = refreshing;
    return refreshing;
  }

  async #list(): Promise<void> {
    const seen = new Set<string>();
    for (const source of this.#sources.keys()) {
      for (const port of await source.list()) {
        seen.add(port.slot);
        const known = this.#slots.get(port.slot);
        if (known?.port.path === port.path && known.source === source) continue;
        known?.look?.stop.abort();
        const slot: Slot = {
          port,
          source,
          presence: 'unknown',
          error: null,
          inUse: false,
          lookedAt: -Infinity,
          identity: null,
          look: null,
        };
        this.#slots.set(port.slot, slot);
        this.#tell(slot);
      }
    }
    for (const [name, slot] of this.#slots) {
      if (seen.has(name)) continue;
      slot.look?.stop.abort();
      this.#slots.delete(name);
      this.#options.tell({ type: 'slot-gone', slot: name });
    }
  }

  /** Looks at idle ports, each in its own time, until the bench is closed. */
  async #lookAround(): Promise<void> {
    const { clock } = this.#options;
    while (!this.#closed.signal.aborted) {
      for (const slot of this.#slots.values()) {
        if (slot.look === null && this.#isDue(slot)) slot.look = this.#look(slot);
      }
      try {
        await clock.sleep(500, this.#closed.signal);
      } catch {
        return; // closed
      }
    }
  }

  #isDue(slot: Slot): boolean {
    const { clock, muted, jobs } = this.#options;
    if (slot.inUse || muted().has(slot.port.slot) || jobs.runningOn(slot.port.path)) return false;
    const wait = slot.presence === 'ready' ? LOOK_AGAIN_MS.ready : LOOK_AGAIN_MS.other;
    return clock.monotonic() - slot.lookedAt >= wait;
  }

  #look(slot: Slot): NonNullable<Slot['look']> {
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, this.#closed.signal]);
    const ended = this.#probe(slot, signal).finally(() => {
      slot.lookedAt = this.#options.clock.monotonic();
      slot.look = null;
    });
    return { stop, ended };
  }

  async #probe(slot: Slot, signal: AbortSignal): Promise<void> {
    const { driver, clock } = this.#options;
    const profile = this.#options.profile();
    try {
      const link = await slot.source.open(slot.port.path, profile.line, signal);
      let presence: Presence;
      try {
        presence = await driver.probe(link, { profile, signal, clock, transcript: { add: () => undefined } });
      } finally {
        await link.close();
      }
      this.#found(slot, presence, null);
    } catch (thrown) {
      if (signal.aborted) return;
      const error = asStationError(thrown);
      if (error.code === 'port/busy') this.#found(slot, 'busy', error.toReport());
      else if (error.code === 'port/no-permission') this.#found(slot, 'no-permission', error.toReport());
      else this.#found(slot, 'unknown', null);
    }
  }

  #found(slot: Slot, presence: SlotView['presence'], error: ErrorReport | null): void {
    if (slot.presence === presence && slot.error?.message === error?.message) return;
    slot.presence = presence;
    slot.error = error;
    if (presence !== 'ready') slot.identity = null;
    this.#tell(slot);
  }

  #use(slot: Slot, inUse: boolean): void {
    if (slot.inUse === inUse) return;
    slot.inUse = inUse;
    this.#tell(slot);
  }

  #tell(slot: Slot): void {
    if (this.#slots.get(slot.port.slot) === slot)
      this.#options.tell({ type: 'slot', slot: this.#view(slot) });
  }

  #view({ port, source, presence, error, inUse }: Slot): SlotView {
    const { jobs, muted } = this.#options;
    const job = jobs.onSlot(port.slot);
    const working = inUse || jobs.runningOn(port.path);
    const shown = working ? 'in-job' : muted().has(port.slot) ? 'muted' : presence;
    return {
      slot: port.slot,
      port: port.path,
      label: port.label,
      usb: port.usb,
      byId: port.byId,
      presence: shown,
      error: working ? null : error,
      simulated: source.simulated,
      job: job?.job ?? null,
    };
  }
}

function unlisted(path: string): PortEntry {
  return { slot: path, path, label: path, usb: null, byId: null, byPath: null };
}
