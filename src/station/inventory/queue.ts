import type { StationEvent } from '../../contract.ts';
import type { InventoryRecord } from '../../journal/index.ts';
import type { BatchId } from '../../model/batch.ts';
import type { Clock } from '../../model/clock.ts';
import type { ErrorCode } from '../../model/error-table.ts';
import type { ServerProfile } from '../../model/server-profile.ts';
import { asStationError, StationError } from '../../model/station-error.ts';
import type { DeviceServer } from '../../servers/index.ts';
import type { RecordAccess } from '../record-access.ts';
import { Pauses, pauseMs } from './pauses.ts';

/** An inventory that has not learnt of a device in this time since it was asked for never will. Milliseconds. */
export const LAG_MS = 3_600_000;
/** For this long a server that is away or in trouble is tried again. Milliseconds. */
export const TROUBLE_MS = 86_400_000;
/** How long a station that closes waits for the call that is under way, in milliseconds. The rest comes at its next start. */
const LAST_CHANCE_MS = 2_000;
const PAGE = 100;
/** So many devices in a row that a server fails at are the server's trouble, and the others wait. */
const IN_A_ROW = 3;
/** Changes of a batch are told so often at most, in milliseconds. */
const TELL_MS = 500;

/** Nobody is logged in there: it goes on when somebody is. */
const NO_LOGIN: ReadonlySet<string> = new Set<ErrorCode>([
  'server/not-logged-in',
  'server/session-ended',
  'server/session-ending',
  'server/login-refused',
  'server/token-refused',
]);
/** What no other try can change. */
const FOR_GOOD: ReadonlySet<string> = new Set<ErrorCode>([
  'inventory/refused',
  'inventory/not-offered',
  'inventory/other-server',
  'server/forbidden',
  'server/not-offered',
  'station/unknown-server',
]);

export interface InventoryQueueParts {
  readonly record: Pick<RecordAccess, 'reader' | 'isWriter' | 'append'>;
  readonly clock: Clock;
  /** @throws StationError `station/unknown-server`. */
  readonly profile: (server: string) => ServerProfile;
  /** A server with its login. */
  readonly server: (server: string, signal: AbortSignal) => Promise<DeviceServer>;
  readonly tell: (event: StationEvent) => void;
  readonly batchChanged: (batch: BatchId) => void;
}

type Pass =
  | { readonly end: 'stopped' | 'nothing' }
  | { readonly end: 'more'; readonly nextMs: number; readonly isBad: boolean };

/**
 * Gives devices their name tags, tags and groups after their boards are through. What is to be done is in the record; it
 * holds nobody up, fails nobody, and is tried again while an inventory has not learnt of a device yet, also after a
 * restart. One call at a time for each server.
 */
export class InventoryQueue implements AsyncDisposable {
  readonly #parts: InventoryQueueParts;
  readonly #closed = new AbortController();
  /** Work under way, by the server's name. */
  readonly #running = new Map<string, Promise<void>>();
  readonly #pauses: Pauses;
  /** Aborted, and made anew, to end a pause. */
  #nudge = new AbortController();
  /** Set when the station closes: the call that is under way is brought to its end, and no other is begun. */
  #ending = false;
  readonly #stale = new Set<BatchId>();
  #toldAt = -Infinity;

  constructor(parts: InventoryQueueParts) {
    this.#parts = parts;
    this.#pauses = new Pauses(parts.clock);
  }

  /** There may be something to do: a wish, a login, a record that can be written again. Returns at once. */
  wake(): void {
    const { record } = this.#parts;
    if (this.#ending || !record.isWriter()) return;
    this.#nudge.abort();
    this.#nudge = new AbortController();
    for (const server of openServers(record)) {
      if (this.#running.has(server)) continue;
      this.#running.set(
        server,
        Promise.resolve().then(() => this.#work(server)),
      );
    }
  }

  /** Everything that is open is tried now. */
  hurry(): void {
    this.#pauses.forget();
    this.wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const late = new AbortController();
    const last = this.#parts.clock.sleep(LAST_CHANCE_MS, late.signal).catch(() => undefined);
    this.#ending = true;
    this.#nudge.abort();
    const ended = Promise.allSettled(this.#running.values());
    await Promise.race([ended, last]);
    this.#closed.abort();
    late.abort();
    await ended;
  }

  async #work(server: string): Promise<void> {
    let bad = 0;
    try {
      while (!this.#ending) {
        const nudge = this.#nudge.signal;
        const pass = await this.#pass(server);
        this.#tellBatches(true);
        // What woke it meanwhile may be of a page that was read before.
        if (nudge.aborted) continue;
        if (pass.end !== 'more') return;
        bad = pass.isBad ? bad + 1 : 0;
        const pause = pass.isBad ? pauseMs(bad) : pass.nextMs;
        // Ends early when woken or closed.
        await this.#parts.clock.sleep(pause, nudge).catch(() => undefined);
      }
    } catch (thrown) {
      // A record that cannot be read now is told by what needs it; it goes on when woken.
      if (!(thrown instanceof StationError)) throw thrown;
    } finally {
      this.#running.delete(server);
    }
  }

  /** Tries what is due. `stopped`: nobody is logged in, or nothing can be written down; it goes on when woken. */
  async #pass(server: string): Promise<Pass> {
    const { inventory } = this.#parts.record.reader;
    let nextMs = Infinity;
    let inARow = 0;
    let after = 0;
    for (;;) {
      const page = inventory.list({ state: 'open', server, after, limit: PAGE });
      for (const wish of page) {
        after = wish.wish;
        if (this.#pauses.dueInMs(after) <= 0) {
          const outcome = this.#ending ? 'stopped' : await this.#try(wish);
          if (outcome === 'stopped') return { end: 'stopped' };
          inARow = outcome === 'trouble' ? inARow + 1 : 0;
          this.#tellBatches(false);
          if (outcome === 'ended') continue;
        }
        nextMs = Math.min(nextMs, this.#pauses.dueInMs(after));
        if (inARow === IN_A_ROW) return { end: 'more', nextMs, isBad: true };
      }
      if (page.length < PAGE) break;
    }
    return nextMs === Infinity ? { end: 'nothing' } : { end: 'more', nextMs, isBad: false };
  }

  async #try(wish: InventoryRecord): Promise<'ended' | 'later' | 'trouble' | 'stopped'> {
    try {
      const outcome = await this.#describe(wish);
      if (outcome === 'done') return this.#end(wish, null);
      const minutes = LAG_MS / 60_000;
      return this.#later(
        wish,
        LAG_MS,
        new StationError('inventory/not-known', { server: wish.server, device: wish.deviceId, minutes }),
      );
    } catch (thrown) {
      if (this.#closed.signal.aborted) return 'stopped';
      const error = asStationError(thrown);
      if (NO_LOGIN.has(error.code)) return 'stopped';
      if (FOR_GOOD.has(error.code)) return this.#end(wish, error);
      const outcome = this.#later(wish, TROUBLE_MS, error);
      return outcome === 'later' ? 'trouble' : outcome;
    }
  }

  async #describe({
    server: name,
    serverUrl,
    deviceId,
    tags,
    group,
  }: InventoryRecord): Promise<'done' | 'unknown'> {
    const { url } = this.#parts.profile(name);
    // The name may be another server's by now, and the id another device's there.
    if (url !== serverUrl)
      throw new StationError('inventory/other-server', { server: name, was: serverUrl, now: url });
    const { signal } = this.#closed;
    const { inventory } = await this.#parts.server(name, signal);
    if (inventory === undefined) throw new StationError('inventory/not-offered', { server: name });
    return await inventory.describe(deviceId, { tags, group }, signal);
  }

  /** Tried again after a pause; given up where it was asked for too long ago. */
  #later(wish: InventoryRecord, within: number, error: StationError): 'later' | 'ended' | 'stopped' {
    if (this.#parts.clock.now() - Date.parse(wish.at) >= within) return this.#end(wish, error);
    this.#pauses.add(wish.wish);
    return 'later';
  }

  #end({ wish, job, batch }: InventoryRecord, error: StationError | null): 'ended' | 'stopped' {
    const { record, tell } = this.#parts;
    this.#pauses.remove(wish);
    try {
      record.append(
        error === null
          ? { kind: 'inventory-done', wish }
          : { kind: 'inventory-given-up', wish, error: error.toReport() },
      );
    } catch (thrown) {
      // Told by the record itself. What was done is found done at the next try.
      if (thrown instanceof StationError) return 'stopped';
      throw thrown;
    }
    const ended = job === null ? null : record.reader.record(job);
    if (ended !== null) tell({ type: 'record', record: ended });
    if (batch !== null) this.#stale.add(batch);
    return 'ended';
  }

  #tellBatches(all: boolean): void {
    const now = this.#parts.clock.monotonic();
    if (this.#stale.size === 0 || (!all && now - this.#toldAt < TELL_MS)) return;
    this.#toldAt = now;
    const stale = [...this.#stale];
    this.#stale.clear();
    for (const batch of stale) this.#parts.batchChanged(batch);
  }
}

function openServers({ reader }: InventoryQueueParts['record']): readonly string[] {
  try {
    return reader.inventory.openServers();
  } catch (thrown) {
    // As with a record that cannot be written: told by the record itself, and looked at again when woken.
    if (thrown instanceof StationError) return [];
    throw thrown;
  }
}
