import { generateKeyPairSync } from 'node:crypto';
import type { RunRow, RowResult, RowStore, SentSpan } from '../../../../src/flows/preauthorize/row.ts';
import { publicKey } from '../../../../src/keys/public-key.ts';
import type { Clock } from '../../../../src/model/clock.ts';
import type { AuthSetStatus, Device, DeviceStatus } from '../../../../src/model/device.ts';
import { canonicalIdentity, type Identity } from '../../../../src/model/identity.ts';
import type { PublicKey } from '../../../../src/model/key.ts';
import { StationError } from '../../../../src/model/station-error.ts';
import type {
  NewDevice,
  Preauthorization,
  PreauthorizationAnswer,
} from '../../../../src/servers/preauthorization.ts';

/** What goes wrong with one call. `after`: the work was done all the same. */
export type Trouble =
  'none' | 'busy' | 'lost-before' | 'lost-after' | 'failed-before' | 'failed-half' | 'slow';

interface Kept {
  readonly id: string;
  readonly identity: Identity;
  readonly madeAt: number;
  status: DeviceStatus;
  decommissioning: boolean;
  sets: { id: string; key: Pick<PublicKey, 'fingerprint'>; status: AuthSetStatus }[];
}

export interface ModelOptions {
  readonly clock: Clock;
  readonly mode: '2026' | '2023';
  /** What goes wrong with the next call. */
  readonly trouble?: () => Trouble;
}

/** A server as a preauthorization sees one: identities are unique, 409 in any state, `force` as each kind has it. */
export class ModelServer implements Preauthorization {
  readonly #options: ModelOptions;
  readonly kept = new Map<string, Kept>();
  /** Every device that was ever made, with its identity. */
  readonly made: { readonly id: string; readonly identity: string }[] = [];
  /** Calls under way at once, at most. */
  underWay = 0;
  peak = 0;
  asked = 0;
  /** When calls came while everybody was told to wait. */
  early = 0;
  #closedUntil = 0;
  #ids = 0;

  constructor(options: ModelOptions) {
    this.#options = options;
  }

  /** Puts a device there as others made it. */
  put(
    identity: Identity,
    sets: readonly (readonly [Pick<PublicKey, 'fingerprint'>, AuthSetStatus])[],
    status: DeviceStatus,
  ): Kept {
    const device: Kept = {
      id: `d${(this.#ids += 1)}`,
      identity,
      madeAt: this.#options.clock.now(),
      status,
      decommissioning: false,
      sets: sets.map(([key, state]) => ({ id: `s${(this.#ids += 1)}`, key, status: state })),
    };
    this.kept.set(canonicalIdentity(identity), device);
    return device;
  }

  ask(wish: NewDevice, signal: AbortSignal): Promise<PreauthorizationAnswer> {
    return this.#call(signal, (trouble) => {
      this.asked += 1;
      const unclear = (status: number): PreauthorizationAnswer => ({
        kind: 'unclear',
        error: new StationError('server/failed', {
          server: 'model',
          status,
          call: 'preauthorize',
          detail: '',
          requestId: '',
        }),
      });
      const lost: PreauthorizationAnswer = {
        kind: 'unclear',
        error: new StationError('server/timeout', { server: 'model', seconds: 30 }),
      };
      if (trouble === 'busy') return { kind: 'busy', waitMs: 5000 };
      if (trouble === 'lost-before') return lost;
      if (trouble === 'failed-before') return unclear(502);
      const known = this.kept.get(canonicalIdentity(wish.identity));
      if (known !== undefined) {
        if (trouble === 'lost-after') return lost;
        const { id: deviceId, status, decommissioning } = known;
        const ageMs = this.#options.clock.now() - known.madeAt;
        return { kind: 'exists', deviceId, status, decommissioning, ageMs };
      }
      const isHalf = trouble === 'failed-half';
      const sets =
        isHalf && this.#options.mode === '2023'
          ? []
          : [[{ fingerprint: wish.fingerprint }, 'preauthorized'] as const];
      const { id: deviceId } = this.put(wish.identity, sets, 'preauthorized');
      this.made.push({ id: deviceId, identity: canonicalIdentity(wish.identity) });
      if (isHalf) return unclear(500);
      return trouble === 'lost-after' ? lost : { kind: 'made', deviceId };
    });
  }

  device(deviceId: string, signal: AbortSignal): Promise<Device | null> {
    return this.#call(signal, (trouble) => {
      this.#suffer(trouble);
      return this.#view(deviceId);
    });
  }

  force(wish: NewDevice, key: PublicKey, deviceId: string, signal: AbortSignal): Promise<Device | null> {
    return this.#call(signal, (trouble) => {
      this.#suffer(trouble);
      if (this.#options.mode === '2023') return null;
      const device = this.kept.get(canonicalIdentity(wish.identity));
      if (device?.id !== deviceId) throw new StationError('job/not-settled', { detail: 'gone' });
      const own = device.sets.find((set) => set.key.fingerprint === key.fingerprint);
      if (own?.status === 'accepted') throw new Error('the accepted key was forced: its tokens are dead');
      if (device.sets.some((set) => set.status === 'preauthorized' && set !== own))
        throw new Error('a second preauthorized set was forced');
      if (own === undefined) device.sets.push({ id: `s${(this.#ids += 1)}`, key, status: 'preauthorized' });
      else own.status = 'preauthorized';
      return this.#view(deviceId);
    });
  }

  removeDead(deviceId: string, signal: AbortSignal): Promise<'removed' | 'gone' | 'used'> {
    return this.#call(signal, (trouble) => {
      this.#suffer(trouble);
      const device = [...this.kept.values()].find(({ id }) => id === deviceId);
      if (device === undefined) return 'gone';
      if (device.status !== 'preauthorized' || device.sets.length > 0) return 'used';
      this.kept.delete(canonicalIdentity(device.identity));
      return 'removed';
    });
  }

  wouldRemove(): Promise<never> {
    throw new Error('no run removes what is whole');
  }

  removeUnused(): Promise<never> {
    throw new Error('no run removes what is whole');
  }

  room(): Promise<never> {
    throw new Error('the limit is looked at before a run');
  }

  async *devices(): AsyncGenerator<Device, void, undefined> {
    for (const { id } of this.kept.values()) {
      const device = await Promise.resolve(this.#view(id));
      if (device !== null) yield device;
    }
  }

  async #call<T>(signal: AbortSignal, work: (trouble: Trouble) => T): Promise<T> {
    const { clock, trouble = () => 'none' } = this.#options;
    this.underWay += 1;
    this.peak = Math.max(this.peak, this.underWay);
    try {
      if (clock.monotonic() < this.#closedUntil) this.early += 1;
      const what = trouble();
      await clock.sleep(what === 'slow' ? 3000 : 5, signal);
      if (what === 'busy') this.#closedUntil = clock.monotonic() + 5000;
      return work(what);
    } finally {
      this.underWay -= 1;
    }
  }

  #suffer(trouble: Trouble): void {
    if (trouble === 'busy') throw new StationError('server/rate-limited', { server: 'model', seconds: 5 });
    if (trouble === 'lost-before' || trouble === 'lost-after')
      throw new StationError('server/unreachable', { server: 'model', detail: 'cut' });
    if (trouble === 'failed-before' || trouble === 'failed-half')
      throw new StationError('server/failed', {
        server: 'model',
        status: 503,
        call: '',
        detail: '',
        requestId: '',
      });
  }

  #view(deviceId: string): Device | null {
    const device = [...this.kept.values()].find(({ id }) => id === deviceId);
    if (device === undefined) return null;
    const { id, identity, status, decommissioning, sets } = device;
    const authSets = sets.map((set) => ({
      id: set.id,
      fingerprint: set.key.fingerprint,
      status: set.status,
    }));
    return { id, identity, status, decommissioning, authSets };
  }
}

/** Rows in memory, as a journal keeps them: what `record` took is there whatever becomes of the run. */
export class MemoryRows implements RowStore {
  readonly #clock: Clock;
  readonly all: readonly NewDevice[];
  /** Rows that were about to be sent, with the runs that may have sent them. */
  readonly intended = new Map<number, SentSpan[]>();
  #last = -Infinity;
  readonly results = new Map<number, RowResult>();
  /** Each verdict that was ever recorded. */
  readonly told: RowResult[] = [];
  /** Called before anything is kept; throws to cut the run there. */
  onRecord: () => void = () => undefined;

  constructor(clock: Clock, all: readonly NewDevice[]) {
    this.#clock = clock;
    this.all = all;
  }

  rows(after: number, limit: number): readonly RunRow[] {
    return this.all
      .map((wish, at) => ({ ...wish, line: at + 2, sent: this.intended.get(at + 2) ?? [] }))
      .filter(({ line }) => line > after && !this.results.has(line))
      .slice(0, limit);
  }

  record(results: readonly RowResult[], intended: readonly RunRow[]): void {
    this.onRecord();
    for (const result of results) {
      this.results.set(result.line, result);
      this.told.push(result);
    }
    const now = this.#clock.now();
    for (const { line } of intended)
      if (!this.intended.has(line)) this.intended.set(line, [{ from: now, until: now }]);
    this.#last = now;
  }

  /** What a record has of a run: when it last said something. */
  cut(): void {
    for (const [line, spans] of this.intended)
      this.intended.set(
        line,
        spans.map((span) => ({ ...span, until: Math.max(span.until, this.#last) })),
      );
  }

  release(rows: readonly RunRow[]): void {
    this.onRecord();
    for (const { line } of rows) this.intended.delete(line);
  }
}

const spare: PublicKey[] = [];
/** A key; made once for all tests that ask for so many. */
export function keyNumber(n: number): PublicKey {
  while (spare.length <= n) spare.push(publicKey(generateKeyPairSync('ed25519').publicKey));
  return spare[n]!;
}

export function wishes(count: number): readonly NewDevice[] {
  return Array.from({ length: count }, (_, at) => {
    const key = keyNumber(at);
    return {
      identity: { mac: `52:54:00:00:00:${at}` },
      key: key.pem,
      fingerprint: key.fingerprint,
      tier: 'standard',
    };
  });
}
