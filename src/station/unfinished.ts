import type { BoardDriver } from '../boards/driver.ts';
import type { CallParams, JobReport, ProvisionReport, StationEvent } from '../contract.ts';
import type { JobRecord } from '../journal/index.ts';
import type { Presence } from '../model/board.ts';
import type { BatchId } from '../model/batch.ts';
import type { Clock } from '../model/clock.ts';
import { canonicalIdentity, identityLabel, isIdentity, type Identity } from '../model/identity.ts';
import type { JobId } from '../model/job.ts';
import type { BoardProfile } from '../model/profile.ts';
import type { InterruptedJob } from '../model/rekey.ts';
import type { Right } from '../model/rights.ts';
import type { Secret } from '../model/secret.ts';
import { asStationError, StationError } from '../model/station-error.ts';
import type { KeyMaker } from '../model/step-labels.ts';
import { REHEARSAL } from '../rehearsal/bench.ts';
import type { PortEntry } from '../serial/index.ts';
import type { Bench } from '../slots/bench.ts';
import type { Jobs, ResumedJob } from '../slots/jobs.ts';
import { observeBoard } from './identifying.ts';
import type { RecordAccess } from './record-access.ts';
import { interruptedResult } from './interrupted.ts';
import { leftByUnit } from './unsettled.ts';

/** Interrupted jobs that are run again in one call: they differ in their boards alone. */
export interface Restart {
  readonly flow: 'provision' | 'rekey';
  readonly server: string;
  readonly profile: string;
  readonly keySource: string | null;
  readonly label: string | null;
  readonly batch: BatchId | null;
  /** Of the boards, instead of the stored ones. */
  readonly password: string | undefined;
  /** By the path of the port where the board is now. */
  readonly boards: ReadonlyMap<string, ResumedJob>;
}

export interface UnfinishedParts {
  readonly record: RecordAccess;
  readonly bench: Bench;
  readonly jobs: Jobs;
  readonly driver: BoardDriver;
  readonly clock: Clock;
  readonly profile: (name: string) => BoardProfile;
  readonly passwords: (profile: BoardProfile, port: string, given?: string) => readonly Secret<string>[];
  readonly operator: () => string | null;
  /** Throws where whoever is at the bench has not this right. */
  readonly permit: (right: Right) => void;
  /** Whether a batch is still on the list, so that its boards are provisioned in it. */
  readonly isListed: (batch: BatchId) => boolean;
  /** Who makes the keys at a server of this name. */
  readonly keyMaker: (server: string) => KeyMaker;
  /** Runs the flow of these jobs again: it looks at what it finds and does what is left to do. */
  readonly restart: (restart: Restart, signal: AbortSignal) => Promise<ProvisionReport>;
  readonly tell: (event: StationEvent) => void;
}

/**
 * The jobs that were cut off, or failed and left something, and wait to be finished: by the record, until a later job of
 * the same unit ends well or a person dismisses them. Their boards are known by identity and may come back on any port.
 */
export class UnfinishedJobs {
  readonly #parts: UnfinishedParts;
  /** Those that are being finished now. */
  readonly #underWay = new Set<JobId>();
  #told = '[]';

  constructor(parts: UnfinishedParts) {
    this.#parts = parts;
  }

  list(): readonly InterruptedJob[] {
    return this.#records().map((record) => this.#view(record));
  }

  /** Tells the list where it is not what was told last. */
  tellChanges(): void {
    let interrupted: readonly InterruptedJob[];
    try {
      interrupted = this.list();
    } catch (thrown) {
      // A record that cannot be read now is told by what needs it; a slot or a job that has news must not fail by it.
      if (thrown instanceof StationError) return;
      throw thrown;
    }
    const text = JSON.stringify(interrupted);
    if (text === this.#told) return;
    this.#told = text;
    this.#parts.tell({ type: 'interrupted', interrupted });
  }

  /** @throws StationError `job/not-interrupted`. */
  dismiss(job: string): void {
    const record = this.#named(job);
    this.#close(record);
    const operator = this.#parts.operator();
    this.#parts.record.writer().append({ kind: 'job-dismissed', job: record.job, operator });
    this.tellChanges();
  }

  /**
   * Finishes interrupted jobs whose boards are on the bench, side by side; the others stay on the list, and those that
   * whoever is at the bench could not begin now. The ports are looked through for boards that nobody has seen yet.
   *
   * @throws StationError for one job by its name: `job/not-interrupted`, `job/board-not-here`, `job/board-never-read`,
   * `station/not-permitted`; and what keeps a flow from being started at all.
   *
   * @param restart how the flow is run again; as it was started, unless something else is said.
   */
  async resume(
    { job, password }: CallParams<'resume'>,
    signal: AbortSignal,
    restart: UnfinishedParts['restart'] = this.#parts.restart,
  ): Promise<ProvisionReport> {
    const began = this.#parts.clock.monotonic();
    const chosen =
      job === undefined ? this.#records().filter((one) => this.#isPermitted(one)) : [this.#named(job)];
    const [only] = job === undefined ? [] : chosen;
    if (only !== undefined) this.#parts.permit(this.#rightFor(only));
    if (only !== undefined && only.identity === null && only.flow === 'rekey')
      throw new StationError('job/board-never-read');
    for (const record of chosen) this.#underWay.add(record.job);
    try {
      const { found, looked } = await this.#findBoards(chosen, password, signal);
      if (only !== undefined && !found.has(only))
        throw new StationError('job/board-not-here', {
          identity: only.identity === null ? `of ${only.slot}` : identityLabel(only.identity),
          looked,
        });
      for (const record of found.keys()) this.#close(record);
      const jobs = await this.#restart(restartsOf(found, password), restart, signal);
      return { jobs, elapsedMs: Math.round(this.#parts.clock.monotonic() - began) };
    } finally {
      for (const record of chosen) this.#underWay.delete(record.job);
      this.tellChanges();
    }
  }

  /** What a job takes to be finished: what it would take to be begun, so that a batch that is gone is none. */
  #rightFor({ flow, batch }: JobRecord): Right {
    if (flow === 'rekey') return 'rekey';
    return batch !== null && this.#parts.isListed(batch) ? 'provision' : 'provision-freely';
  }

  #isPermitted(record: JobRecord): boolean {
    try {
      this.#parts.permit(this.#rightFor(record));
      return true;
    } catch (thrown) {
      if (thrown instanceof StationError && thrown.code === 'station/not-permitted') return false;
      throw thrown;
    }
  }

  async #restart(
    restarts: readonly Restart[],
    run: UnfinishedParts['restart'],
    signal: AbortSignal,
  ): Promise<JobReport[]> {
    const ended = await Promise.allSettled(restarts.map((restart) => run(restart, signal)));
    const reports = ended.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
    const refused = ended.find((end) => end.status === 'rejected');
    // One server that cannot be used must not keep the results of the others from whoever asked.
    if (refused !== undefined && reports.length === 0) throw refused.reason;
    return reports.flatMap(({ jobs }) => jobs);
  }

  /** What the record has as interrupted, and what is open in it though nobody works on it. */
  #records(): readonly JobRecord[] {
    const { record } = this.#parts;
    const isOurs = record.isWriter() || record.holder() === null;
    const open = isOurs ? record.reader.openJobs().filter(({ job }) => !this.#parts.jobs.isAtWork(job)) : [];
    const all = [...record.reader.interruptedJobs(), ...open].filter(
      // The boards of a rehearsal end with their station.
      ({ job, server }) => server !== REHEARSAL && !this.#underWay.has(job),
    );
    return all.filter((one, at) => !all.slice(at + 1).some((later) => replaces(later, one)));
  }

  /** A job that was left open has its verdict before another one is begun in its place. */
  #close(record: JobRecord): void {
    if (record.endedAt !== null) return;
    const journal = this.#parts.record.writer();
    journal.append({ kind: 'verdict', job: record.job, result: interruptedResult(record, journal) });
  }

  #named(job: string): JobRecord {
    const found = this.#records().find((record) => record.job === job);
    if (found === undefined) throw new StationError('job/not-interrupted', { job });
    return found;
  }

  #view(record: JobRecord): InterruptedJob {
    const { job, flow, startedAt, port, slot, identity, server, profile } = record;
    const { step, left, safe } = leftByUnit(this.#parts.record.reader, record);
    const waits = this.#waiting(record);
    return {
      job,
      flow: flow ?? 'provision',
      startedAt,
      port,
      slot,
      identity,
      server: server ?? '',
      profile: profile ?? '',
      keyMaker: server === null ? 'station' : this.#parts.keyMaker(server),
      state: waits === null ? 'interrupted' : 'waiting',
      step,
      left: waits?.isRequested === true ? `${left} ${REQUESTED}` : left,
      safe: safe && waits?.isRequested !== true,
      boardAt: identity === null ? null : (this.#parts.bench.whereIs(identity)?.path ?? null),
      deadline: waits?.deadline ?? null,
      requested: waits?.isRequested === true,
      right: this.#rightFor(record),
    };
  }

  /** Whether it was waiting when its station ended, until when, and whether for an admin elsewhere. */
  #waiting({ job }: JobRecord): { readonly deadline: string; readonly isRequested: boolean } | null {
    const events = this.#parts.record.reader.events(job).map(({ event }) => event);
    const last = events.findLast(({ kind }) => SAY_WHETHER_IT_WAITS.has(kind));
    if (last?.kind === 'job-waiting') return { deadline: last.deadline, isRequested: false };
    if (last?.kind === 'rekey-requested') return { deadline: last.expires, isRequested: true };
    return null;
  }

  /** Where the boards of these jobs are now: where they were seen last, else on whichever port they are read. */
  async #findBoards(
    records: readonly JobRecord[],
    password: string | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly found: ReadonlyMap<JobRecord, PortEntry>; readonly looked: number }> {
    const { bench } = this.#parts;
    await bench.refresh();
    const found = new Map<JobRecord, PortEntry>();
    const sought: JobRecord[] = [];
    for (const record of records) {
      const seen = record.identity === null ? await this.#samePlace(record) : bench.whereIs(record.identity);
      if (seen !== null && this.#isFree(seen)) found.set(record, seen);
      else if (record.identity !== null) sought.push(record);
    }
    if (sought.length === 0) return { found, looked: found.size };
    const taken = new Set([...found.values()].map(({ path }) => path));
    const ports = (await this.#candidates(sought)).filter((port) => !taken.has(port.path));
    await Promise.all(
      ports.map(async (port) => {
        const identity = await this.#read(port, sought, password, signal);
        const record = sought.find(
          (one) => identity !== null && one.identity !== null && isIdentity(one.identity, identity),
        );
        if (record !== undefined && !found.has(record)) found.set(record, port);
      }),
    );
    return { found, looked: ports.length };
  }

  /** The place of a job that never read its board: it was for whichever board is there, and has changed none. */
  async #samePlace({ flow, slot, port }: JobRecord): Promise<PortEntry | null> {
    // A new key is for one unit and no other.
    if (flow === 'rekey') return null;
    return this.#parts.bench.port(slot).catch(() => this.#parts.bench.port(port).catch(() => null));
  }

  /** Ports on which a board may be: those of the bench, and those of the jobs that no list has. */
  async #candidates(records: readonly JobRecord[]): Promise<readonly PortEntry[]> {
    const { bench } = this.#parts;
    const views = bench.views();
    const listed = views.filter(({ presence }) => !OUT_OF_REACH.has(presence)).map(({ slot }) => slot);
    const unlisted = records
      .map(({ port }) => port)
      .filter((path) => !views.some(({ port }) => port === path));
    const ports = await Promise.all(
      [...new Set([...listed, ...unlisted])].map((name) => bench.port(name).catch(() => null)),
    );
    return ports.filter((port) => port !== null && this.#isFree(port)) as PortEntry[];
  }

  #isFree({ path }: PortEntry): boolean {
    return !this.#parts.jobs.runningOn(path);
  }

  /** Whose board is on a port, read as the sought jobs' profiles say; null where there is none to be read. */
  async #read(
    port: PortEntry,
    sought: readonly JobRecord[],
    password: string | undefined,
    signal: AbortSignal,
  ): Promise<Identity | null> {
    const { bench, driver, clock, passwords } = this.#parts;
    for (const name of new Set(sought.map(({ profile }) => profile ?? ''))) {
      try {
        const profile = this.#parts.profile(name);
        if (!READABLE.has(await this.#presence(port, profile, signal))) return null;
        const parts = { bench, driver, clock, passwords: passwords(profile, port.path, password) };
        const { identity } = await observeBoard(port, profile, parts, signal);
        return identity.state === 'read' ? identity.identity : null;
      } catch (thrown) {
        if (signal.aborted) throw thrown;
        // Another kind of board has another login: that of the next profile may be its own.
        if (asStationError(thrown).code !== 'board/login-refused') return null;
      }
    }
    return null;
  }

  async #presence(port: PortEntry, profile: BoardProfile, signal: AbortSignal): Promise<Presence> {
    const { bench, driver, clock } = this.#parts;
    if (bench.seen(port) === 'ready') return 'ready';
    const link = await bench.open(port, profile.line, signal);
    try {
      return await driver.probe(link, { profile, signal, clock, transcript: { add: () => undefined } });
    } finally {
      await link.close();
    }
  }
}

const REQUESTED =
  'An admin elsewhere was asked to approve it, and may have: then the unit may be refused until it has its new key (station rekey finish).';
const SAY_WHETHER_IT_WAITS: ReadonlySet<string> = new Set(['job-waiting', 'rekey-requested', 'step-intent']);
const OUT_OF_REACH: ReadonlySet<string> = new Set(['in-job', 'muted', 'no-permission', 'busy']);
/** What may come to a login: a silent port would be waited for as long as a board takes to boot. */
const READABLE: ReadonlySet<Presence> = new Set(['ready', 'booting']);

/** Whether a later interrupted job is the same unit's, so that finishing it finishes both. */
function replaces(later: JobRecord, earlier: JobRecord): boolean {
  return (
    later.identity !== null &&
    earlier.identity !== null &&
    canonicalIdentity(later.identity) === canonicalIdentity(earlier.identity) &&
    later.serverUrl === earlier.serverUrl &&
    later.flow === earlier.flow
  );
}

/** One restart for all jobs that were started alike. */
function restartsOf(
  found: ReadonlyMap<JobRecord, PortEntry>,
  password: string | undefined,
): readonly Restart[] {
  const alike = Map.groupBy(found, ([{ flow, server, profile, keySource, label, batch }]) =>
    JSON.stringify([flow, server, profile, keySource, label, batch]),
  );
  return [...alike.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const [{ flow, server, profile, keySource, label, batch }] = first;
    const boards = new Map(group.map(([{ job, identity }, { path }]) => [path, { job, identity }]));
    return [
      {
        flow: flow ?? 'provision',
        server: server ?? '',
        profile: profile ?? '',
        keySource,
        label,
        batch,
        password,
        boards,
      },
    ];
  });
}
