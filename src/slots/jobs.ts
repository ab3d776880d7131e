import { createHash } from 'node:crypto';
import PQueue from 'p-queue';
import { ulid } from 'ulid';
import type { JobView, StationEvent } from '../contract.ts';
import {
  provision,
  rekey,
  type ProvisionParts,
  type ProvisionRequest,
  type RekeyRequest,
} from '../flows/index.ts';
import { canonicalJson, noticing, type Journal } from '../journal/index.ts';
import type { BatchId } from '../model/batch.ts';
import { identityLabel, isIdentity, type Identity } from '../model/identity.ts';
import type { InventoryWish } from '../model/inventory.ts';
import type { JobId, JobResult } from '../model/job.ts';
import type { KeyFingerprint } from '../model/key.ts';
import { asStationError, StationError } from '../model/station-error.ts';
import type { TranscriptEntry } from '../serial/transcript.ts';
import { Claims } from './claims.ts';
import { LineLog } from './line-log.ts';

/** Jobs at one time. Beyond that they wait for a place: a stuck board has its own deadline and frees it. */
const MOST_AT_ONCE = 64;

/** What a job is started with; the rest is made here. */
export interface JobOrder {
  readonly request: Omit<ProvisionRequest, 'job'>;
  /** For a re-keying: what it asks for beyond that. */
  readonly rekey?: Omit<RekeyRequest, keyof ProvisionRequest>;
  readonly parts: Omit<
    ProvisionParts,
    'claimIdentity' | 'claimKey' | 'progress' | 'transcript' | 'journal'
  > & {
    readonly journal: ProvisionParts['journal'] & Pick<Journal, 'history'>;
  };
  readonly serverName: string;
  readonly keySourceText: string;
  /** The interrupted job that this one is to finish, where it is one that does. */
  readonly resumes?: ResumedJob | undefined;
  /** The batch that the board is to count in. */
  readonly batch?: BatchDoor | undefined;
  /** What its device is to be called once it is through. */
  readonly inventory?: InventoryWish | undefined;
  /** What a person should know of the board beside what the flow says, asked for at its verdict. */
  readonly notes?: ((identity: Identity | null) => readonly string[]) | undefined;
}

/** Who lets boards into a batch. */
export interface BatchDoor {
  readonly id: BatchId;
  /**
   * Asked right after a board was read; `job` is null where nothing is to come of it (a dry run).
   *
   * @returns the key that the board has to end with; null where that is open.
   * @throws StationError `batch/stranger`, `batch/repeat`, `batch/other-key`.
   */
  admit(
    identity: Identity,
    key: KeyFingerprint | null,
    place: { readonly job: JobId | null; readonly resumed: JobId | null },
  ): KeyFingerprint | null;
  /** What a person should know of a board that asks the server as one of this tier. Sentences. */
  notes(identity: Identity, tier: string): readonly string[];
  /** The refusal of another key than `admit` said. */
  otherKey(identity: Identity, wanted: KeyFingerprint, key: KeyFingerprint): StationError;
}

/** An interrupted job whose board is worked on again. */
export interface ResumedJob {
  readonly job: JobId;
  /** Whose board it has to be; null where that was never read. */
  readonly identity: Identity | null;
}

export interface StartedJob {
  readonly job: JobId;
  /** Rejects only where the verdict could not be recorded. */
  readonly done: Promise<JobResult>;
}

interface Entry {
  view: JobView;
  readonly log: LineLog;
  readonly cancel: AbortController;
  /** Resolves when the job has ended, however. */
  ended: Promise<void>;
}

/** The jobs of a station, running and ended, as front ends see them. */
export class Jobs {
  readonly #entries = new Map<string, Entry>();
  readonly #queue = new PQueue({ concurrency: MOST_AT_ONCE });
  readonly #claims = new Claims();
  readonly #tell: (event: StationEvent) => void;
  readonly #identified: (slot: string, identity: Identity) => void;

  /** @param identified told whenever a job has read which board is on its slot. */
  constructor(
    tell: (event: StationEvent) => void,
    identified: (slot: string, identity: Identity) => void = () => undefined,
  ) {
    this.#tell = tell;
    this.#identified = identified;
  }

  /**
   * Starts a provisioning or a re-keying. Its begin is in the journal when this returns.
   *
   * @throws StationError `port/in-job`, `journal/...`.
   */
  start(order: JobOrder): StartedJob {
    const { request, parts, rekey: wish } = order;
    if (this.runningOn(request.port)) throw new StationError('port/in-job', { port: request.port });
    const job = ulid(parts.clock.now()) as JobId;
    const { port, slot, profile, label, operator } = request;
    parts.journal.append({
      kind: 'job-started',
      job,
      flow: wish === undefined ? 'provision' : 'rekey',
      port,
      slot,
      server: order.serverName,
      serverUrl: parts.server.profile.url,
      profile: profile.name,
      profileSha256: createHash('sha256').update(canonicalJson(profile)).digest('hex'),
      keySource: order.keySourceText,
      label,
      operator,
      ...(order.resumes === undefined ? {} : { resumes: order.resumes.job }),
      ...(order.batch === undefined ? {} : { batch: order.batch.id }),
      ...(order.inventory === undefined ? {} : { inventory: order.inventory }),
      ...(wish === undefined
        ? {}
        : {
            rekey: {
              reason: wish.reason,
              confirmed: wish.confirmed,
              decommissionFormer: wish.decommissionFormer,
            },
          }),
    });
    const log = new LineLog((entries) => this.#tell({ type: 'line', job, entries }));
    const entry: Entry = {
      log,
      cancel: new AbortController(),
      ended: Promise.resolve(),
      view: blank(job, wish === undefined ? 'provision' : 'rekey', order, parts.clock.now()),
    };
    this.#forgetEnded(slot);
    this.#entries.set(job, entry);
    this.#change(entry, {});
    const done = this.#queue.add(() => this.#run(entry, order, job));
    entry.ended = done.then(
      () => undefined,
      () => undefined,
    );
    return { job, done };
  }

  /** @throws StationError `station/unknown-job`. Cancelling an ended job does nothing. */
  cancel(job: string): void {
    const entry = this.#entry(job);
    this.#cancel(entry, new StationError('job/cancelled'));
  }

  /** Ends a job that waits, and leaves it to be resumed. @throws StationError `station/unknown-job`. */
  suspend(job: string): void {
    const entry = this.#entry(job);
    if (entry.view.state === 'waiting') this.#cancel(entry, new StationError('job/suspended'));
  }

  #cancel(entry: Entry, reason: StationError): void {
    if (entry.view.state !== 'running' && entry.view.state !== 'waiting') return;
    this.#change(entry, { state: 'cancelling', waiting: null });
    entry.cancel.abort(reason);
  }

  /** Cancels every running job and resolves when all have ended. One that waits is left to be resumed: its board is safe. */
  async cancelAll(): Promise<void> {
    for (const entry of this.#entries.values())
      this.#cancel(
        entry,
        new StationError(entry.view.state === 'waiting' ? 'job/suspended' : 'job/cancelled'),
      );
    await this.#queue.onIdle();
  }

  /** Takes every job on such ports off the bench, running ones cancelled and waited for. */
  async vacate(isSuch: (port: string) => boolean): Promise<void> {
    const such = [...this.#entries.values()].filter(({ view }) => isSuch(view.port));
    for (const { view } of such) this.cancel(view.job);
    await Promise.all(such.map(({ ended }) => ended));
    for (const { view } of such) this.#entries.delete(view.job);
  }

  /** The lines of a job, secrets masked. @throws StationError `station/unknown-job`. */
  transcript(job: string): readonly TranscriptEntry[] {
    const { log } = this.#entry(job);
    // Who asks has all of it; what is told from now on comes after it, and nothing twice.
    log.flush();
    return log.entries();
  }

  views(): readonly JobView[] {
    return [...this.#entries.values()].map(({ view }) => view);
  }

  /** The last job of a slot, while it is shown. */
  onSlot(slot: string): JobView | null {
    return this.views().findLast((view) => view.slot === slot) ?? null;
  }

  runningOn(port: string): boolean {
    return this.views().some((view) => view.port === port && view.state !== 'ended');
  }

  /** Whether this station works on a job now, or waits with it. */
  isAtWork(job: string): boolean {
    const state = this.#entries.get(job)?.view.state;
    return state !== undefined && state !== 'ended';
  }

  /** Takes an ended job off the bench; it stays in the record. */
  clear(slot: string): void {
    this.#forgetEnded(slot);
  }

  #forgetEnded(slot: string): void {
    for (const [job, { view }] of this.#entries) {
      if (view.slot === slot && view.state === 'ended') this.#entries.delete(job);
    }
  }

  async #run(entry: Entry, order: JobOrder, job: JobId): Promise<JobResult> {
    const { port } = order.request;
    const { batch, resumes } = order;
    let wanted: { readonly identity: Identity; readonly key: KeyFingerprint } | null = null;
    let tier: string | null = null;
    const noticed = noticing(
      order.parts.journal,
      () => order.parts.clock.now(),
      entry.view.flow,
      (identity) => [
        ...(order.notes?.(identity) ?? []),
        ...(batch === undefined || identity === null || tier === null ? [] : batch.notes(identity, tier)),
      ],
    );
    const parts: ProvisionParts = {
      ...order.parts,
      journal: noticed.journal,
      transcript: entry.log,
      claimIdentity: (identity, inUse, asksAs) => {
        tier = asksAs;
        requireBoardOf(resumes, identity);
        using claim = new DisposableStack();
        claim.use(this.#claims.identity(identity, port));
        const key = batch?.admit(identity, inUse, { job, resumed: resumes?.job ?? null }) ?? null;
        if (key !== null) wanted = { identity, key };
        return claim.move();
      },
      claimKey: (fingerprint) => {
        if (batch !== undefined && wanted !== null && wanted.key !== fingerprint)
          throw batch.otherKey(wanted.identity, wanted.key, fingerprint);
        return this.#claims.key(fingerprint, port);
      },
      progress: {
        steps: (steps) => this.#change(entry, { steps }),
        identity: (identity) => {
          this.#identified(order.request.slot, identity);
          this.#change(entry, { identity: identityLabel(identity) });
        },
        device: (deviceId) => this.#change(entry, { deviceId }),
        key: (keyFingerprint) => this.#change(entry, { keyFingerprint }),
        wire: (wire) => this.#change(entry, { wire }),
        waiting: (waiting) => {
          if (entry.view.state !== 'cancelling')
            this.#change(entry, { waiting, state: waiting === null ? 'running' : 'waiting' });
        },
      },
    };
    try {
      const { signal } = entry.cancel;
      const request = { ...order.request, job };
      const ended =
        order.rekey === undefined
          ? await provision(request, parts, signal)
          : await rekey({ ...request, ...order.rekey }, parts, signal);
      const result = noticed.told(ended);
      entry.log.flush();
      this.#change(entry, { state: 'ended', waiting: null, result, wire: result.wire });
      return result;
    } catch (error) {
      // Without a record there is no verdict to show; the slot must be free again all the same.
      entry.log.flush();
      this.#change(entry, { state: 'ended', waiting: null, failure: asStationError(error).toReport() });
      throw error;
    }
  }

  #change(entry: Entry, change: Partial<JobView>): void {
    entry.view = { ...entry.view, ...change };
    this.#tell({ type: 'job', job: entry.view });
  }

  #entry(job: string): Entry {
    const entry = this.#entries.get(job);
    if (entry === undefined) throw new StationError('station/unknown-job', { job });
    return entry;
  }
}

/** The board may have been changed for another between being found and being worked on. */
function requireBoardOf(resumes: ResumedJob | undefined, identity: Identity): void {
  const expected = resumes?.identity ?? null;
  if (expected === null || isIdentity(identity, expected)) return;
  throw new StationError('job/other-board', {
    identity: identityLabel(identity),
    expected: identityLabel(expected),
  });
}

function blank(
  job: JobId,
  flow: JobView['flow'],
  { request: { slot, port }, parts: { server } }: JobOrder,
  now: number,
): JobView {
  return {
    job,
    slot,
    port,
    flow,
    keyMaker: server.issuer === undefined ? 'station' : 'server',
    state: 'running',
    waiting: null,
    startedAt: new Date(now).toISOString(),
    identity: null,
    deviceId: null,
    keyFingerprint: null,
    steps: [],
    wire: { tx: 0, rx: 0, roundTrips: 0 },
    result: null,
    failure: null,
  };
}
