import type { BoardSession } from '../../boards/driver.ts';
import { identityLabel, isIdentity, type Identity } from '../../model/identity.ts';
import type { JobResult, OldKeyOutcome, Verdict } from '../../model/job.ts';
import type { KeyFingerprint } from '../../model/key.ts';
import { asStationError, StationError, type ErrorDetails } from '../../model/station-error.ts';
import type { JournalEntry } from '../../model/event.ts';
import type { ByteLink } from '../../serial/index.ts';
import { Steps } from '../steps.ts';
import { Actions } from './actions.ts';
import { cancellation, type Cancellation } from './cancellation.ts';
import { planConfiguration, type ConfigurationPlan } from './configuration-plan.ts';
import { decide } from './decide.ts';
import type { Act } from './decision.ts';
import type { Facts, Wanted } from './facts.ts';
import { requireReady } from './obstacles.ts';
import type { JobJournal, ProvisionParts, ProvisionRequest, RekeyRequest } from './request.ts';
import { factsOf, inUseKey, knownKey, namedKey, resumedStaged, setInUse, type JobState } from './state.ts';
import { takeBack } from './take-back.ts';
import { waitForServer, WAITABLE } from './wait.ts';
import { resolveKey } from './wanted-key.ts';

/** More decisions than any path needs: a board or server that never comes to rest must not hold the bench. */
const MOST_DECISIONS = 60;

/** Which flow runs, and for what. */
export type Order =
  | { readonly flow: 'provision'; readonly request: ProvisionRequest }
  | { readonly flow: 'rekey'; readonly request: RekeyRequest };

/**
 * Works on one board: looks at board and server, does the next thing, looks again, until what is wanted is there, or
 * there is a reason to stop. Then logs out and writes the verdict to the journal; the result is returned only after that
 * is durable.
 *
 * Never rejects for what a board or a server does: that is the result's `error`. It rejects when the verdict itself
 * cannot be recorded (`journal/...`), since then nothing may be shown as passed.
 *
 * @param cancel when aborted, the board is brought to a safe state first: before the switch everything is taken back,
 * after it the job is finished.
 */
export function runJob(order: Order, parts: ProvisionParts, cancel: AbortSignal): Promise<JobResult> {
  const steps = new Steps(parts.clock, (changes) => parts.progress.steps(changes));
  return new Job(order, parts, steps, cancellation(cancel, parts.clock)).run();
}

/** What a job would decide on, or why it would come to no decision. */
export type Look =
  | { readonly identity: Identity | null; readonly notes: readonly string[]; readonly error: StationError }
  | {
      readonly identity: Identity;
      readonly notes: readonly string[];
      readonly facts: Facts;
      readonly wanted: Wanted;
      /** Whether the board can sign with a key of the wanted type. */
      readonly boardSigns: boolean;
      readonly named: (details: ErrorDetails) => ErrorDetails;
    };

/** Logs in, reads board and server as a job does before its first action, and logs out. Records and changes nothing. */
export function look(order: Order, parts: ProvisionParts, signal: AbortSignal): Promise<Look> {
  const silent: ProvisionParts = {
    ...parts,
    journal: { ...readingOf(parts.journal), append: () => NOT_RECORDED },
  };
  const steps = new Steps(parts.clock, () => undefined);
  return new Job(order, silent, steps, cancellation(signal, parts.clock)).look();
}

const NOT_RECORDED: JournalEntry = {
  seq: 0,
  at: new Date(0).toISOString(),
  monotonicMs: 0,
  station: '',
  event: { kind: 'station-opened', version: '', runtime: '', keyProtection: '' },
};

function readingOf(journal: JobJournal): Omit<JobJournal, 'append'> {
  return {
    stagedKeyBySha256: (hex) => journal.stagedKeyBySha256(hex),
    settled: () => journal.settled(),
    keyOwner: (fingerprint) => journal.keyOwner(fingerprint),
    lastDeviceId: (url, identity) => journal.lastDeviceId(url, identity),
  };
}

class Job {
  readonly #order: Order;
  readonly #request: ProvisionRequest;
  readonly #parts: ProvisionParts;
  readonly #steps: Steps;
  readonly #cancellation: Cancellation;
  readonly #held = new DisposableStack();
  #state: JobState | null = null;
  #link: ByteLink | null = null;
  #session: BoardSession | null = null;
  #identity: Identity | null = null;
  /**
   * Who takes the device at the server. The station and not the job: a job that was cut off leaves its lease, and
   * whoever resumes it here must not wait for that to run out. Within a station a device is one job's anyway.
   */
  #station: string | null = null;
  /** Until when this job waits for its server and its board, once it has begun to; wall time. */
  #waitsUntil: number | null = null;
  readonly #notes: string[] = [];
  /** What is to be said once the configuration is on the board, and not before. */
  readonly #configurationNotes: string[] = [];

  constructor(order: Order, parts: ProvisionParts, steps: Steps, cancel: Cancellation) {
    this.#order = order;
    this.#request = order.request;
    this.#parts = parts;
    this.#steps = steps;
    this.#cancellation = cancel;
  }

  async run(): Promise<JobResult> {
    // What this job has for itself stays so until its verdict is on record.
    using _held = this.#held;
    let verdict: Verdict = 'fail';
    let error: StationError | null = null;
    try {
      const observation = await this.#reach();
      const identity = requireReady(observation);
      this.#claim(observation, identity);
      this.#state = await this.#begin(observation, identity);
      verdict = await this.#reconcile(this.#state);
    } catch (thrown) {
      error = asStationError(thrown);
      const onPurpose = STOPPED.has(error.code) || thrown instanceof Stopped;
      verdict = onPurpose ? 'stopped' : 'fail';
      this.#cancellation.takeBack();
      if (this.#state !== null) error = await this.#takeBack(this.#state, error);
    } finally {
      await this.#giveBack();
      await this.#leave();
      this.#cancellation[Symbol.dispose]();
      this.#state?.key?.pair?.privateKey.destroy();
    }
    return await this.#record(verdict, error);
  }

  /** What the first decision would be made on. */
  async look(): Promise<Look> {
    using _held = this.#held;
    try {
      const observation = await this.#reach();
      const identity = requireReady(observation);
      this.#claim(observation, identity);
      const state = await this.#begin(observation, identity);
      this.#state = state;
      const { wantedKey } = state;
      const boardSigns = 'type' in wantedKey && observation.canSign.includes(wantedKey.type);
      return {
        identity,
        notes: [...this.#notes],
        facts: factsOf(state, this.#parts.journal),
        wanted: this.#wanted(state),
        boardSigns,
        named: (details) => this.#named(details),
      };
    } catch (thrown) {
      return { identity: this.#identity, notes: [...this.#notes], error: asStationError(thrown) };
    } finally {
      await this.#leave();
      this.#cancellation[Symbol.dispose]();
    }
  }

  #claim(observation: JobState['observation'], identity: Identity): void {
    const key = namedKey(observation.key, this.#parts.journal)?.fingerprint ?? null;
    this.#held.use(this.#parts.claimIdentity(identity, key, observation.client.tier));
  }

  /** Gives the device back to other stations; where that fails, the lease runs out. */
  async #giveBack(): Promise<void> {
    try {
      await this.#release?.(this.#cancellation.signal);
    } catch {
      // Cancelled, or the server went: nothing depends on it.
    }
  }

  async #takeBack(state: JobState, error: StationError): Promise<StationError> {
    if (error.code === 'job/suspended') return error;
    const earlier = this.#adopt(state, error);
    if (this.#session === null && state.mayBeStaged) {
      // It waited with its board logged out: what is staged there is removed, where the board is still there.
      try {
        await this.#return(state);
      } catch (thrown) {
        const sent = earlier === null ? 'active and nothing was sent' : 'in use';
        return error.leaving(
          `The old key is ${sent}. A staged key may have been left beside it (${asStationError(thrown).message}); it is removed, or used, at the next contact.`,
        );
      }
    }
    const key = state.key?.public.fingerprint ?? earlier;
    return await takeBack(this.#order.flow, state, this.#actions(state), error, key);
  }

  /**
   * The staged key of the job that is resumed is this job's to take back, with what the server was told of it: what a
   * cut has left behind must not stay when a person gives up. Not while another station works on the device.
   */
  #adopt(state: JobState, { code }: StationError): KeyFingerprint | null {
    const wanted = this.#wanted(state);
    if (wanted.flow !== 'rekey' || state.key !== null || code === 'server/device-in-use') return null;
    const key = resumedStaged(state, this.#parts.journal, wanted.resumed);
    if (key === null) return null;
    state.mayBeStaged = true;
    // What an admin has preauthorized for an imported key is not this job's to remove.
    state.broughtAuthSet =
      this.#order.flow === 'rekey' && this.#order.request.resumes?.unsent.includes(key) !== true;
    // With a server of 2023 the earlier job's accept rejected the key in use; a rejection by a person stays.
    const set = setInUse(state);
    if (set?.status === 'rejected' && !wanted.confirmed.has('rejected')) state.acceptedOver ??= set.id;
    return key;
  }

  /** Which board it is belongs into the record also where it is not ready to be worked on. */
  #identified(identity: Identity, key: KeyFingerprint | null): void {
    this.#identity = identity;
    const { journal } = this.#parts;
    this.#station = journal.append({
      kind: 'board-identified',
      job: this.#request.job,
      identity,
      key,
    }).station;
    this.#parts.progress.identity(identity);
  }

  /** Logs in and looks. */
  async #reach(): Promise<JobState['observation']> {
    const session = await this.#steps.run('connect', () => this.#connect());
    this.#session = session;
    const observation = await this.#steps.run('identify', () => session.observe());
    this.#parts.progress.wire(this.#wire());
    if (observation.identity.state === 'read') {
      const { identity } = observation.identity;
      if (this.#identity === null) {
        await this.#parts.journal.settled();
        this.#identified(identity, namedKey(observation.key, this.#parts.journal)?.fingerprint ?? null);
      }
    }
    return observation;
  }

  async #connect(): Promise<BoardSession> {
    const cancellation = this.#cancellation;
    const link = await this.#parts.openLink(cancellation.signal);
    this.#link = link;
    const { profile, passwords } = this.#request;
    const { transcript, clock } = this.#parts;
    const seen = this.#parts.seen?.() ?? 'unknown';
    return this.#parts.driver.open(link, {
      profile,
      passwords,
      // Taking back after a cancel has a signal of its own.
      get signal() {
        return cancellation.signal;
      },
      leaveBy: cancellation.end,
      transcript,
      clock,
      seen,
    });
  }

  async #begin(observation: JobState['observation'], identity: Identity): Promise<JobState> {
    const { profile, keySource, tenantToken } = this.#request;
    const { journal } = this.#parts;
    const wantedKey = resolveKey(keySource, profile, observation);
    if (this.#order.flow === 'rekey' && wantedKey.from === 'keep')
      throw new StationError('station/usage', { detail: 'A re-keying cannot keep the key.' });
    if (this.#order.flow === 'rekey' && wantedKey.from === 'client')
      throw new StationError('board/cannot-make-key', { type: 'any', detail: 'it has no openssl' });
    const configuration = this.#configuration(observation);
    this.#configurationNotes.push(...configuration.notes);
    if (observation.client.update === 'unknown')
      this.#notes.push(
        'The store of the client holds traces of an update that could not be read: look at the board if an update was under way.',
      );
    if (tenantToken !== null)
      this.#configurationNotes.push('The tenant token was written; an open-source server does not check it.');
    const key = namedKey(observation.key, journal)?.fingerprint ?? null;
    const resumes = this.#order.flow === 'rekey' ? this.#order.request.resumes : null;
    const owner = this.#order.flow === 'rekey' && key !== null ? journal.keyOwner(key) : null;
    const state: JobState = {
      session: this.#open(),
      observation,
      identity,
      wantedKey,
      formerKey: knownKey(observation.key, journal),
      configuration,
      clock: this.#clockOf(observation),
      inUse: observation.key,
      staged: observation.staged,
      former: observation.former,
      formerIsBroken: false,
      configurationStaged: false,
      reachable: true,
      device: null,
      vanished: false,
      preauthorizesBeside: 'unknown',
      leavesTidying: this.#parts.server.leavesTidying === true,
      remembersSets: this.#parts.server.remembersSets === true,
      searched: false,
      oldKeys: new Set(resumes?.oldKeys),
      revoked: [],
      refusalTested: null,
      provedStaged: null,
      // After the switch the key in use is the new one, and tells nothing of an identity before.
      formerIdentity: resumes?.former ?? (owner !== null && !isIdentity(owner, identity) ? owner : null),
      formerDevice: null,
      decommissioning: null,
      refused: [],
      key: null,
      imported: null,
      signedRequest: null,
      broughtAuthSet: false,
      acceptedOver: null,
      authenticated: null,
      knocks: 0,
      shown: null,
      clientSaid: null,
      accepted: null,
      proof: null,
      mayBeStaged: false,
      verified: false,
      changed: false,
      switched: false,
      putInPlace: null,
      clientRunning: null,
      configured: false,
      importSettled: false,
    };
    await this.#lookUp(state);
    return state;
  }

  #configuration(observation: JobState['observation']): ConfigurationPlan {
    const { profile, tenantToken, serverCa } = this.#request;
    const { url, boardUrl } = this.#parts.server.profile;
    return planConfiguration(
      observation.configuration,
      { serverUrl: boardUrl ?? url, tenantToken, serverCa },
      profile,
      observation.installedCaSha256,
    );
  }

  #clockOf({ clockSkewMs }: JobState['observation']): JobState['clock'] {
    return Math.abs(clockSkewMs) > this.#request.profile.clockToleranceMs ? 'wrong' : 'right';
  }

  /** The server's record of this unit. A re-keying goes on without it for a while, where it may wait. */
  async #lookUp(state: JobState): Promise<void> {
    const { server, journal } = this.#parts;
    const { url } = server.profile;
    const find = (identity: Identity): ReturnType<typeof server.find> =>
      server.find(identity, journal.lastDeviceId(url, identity), this.#cancellation.signal);
    try {
      await this.#steps.run('look-up', async () => {
        await this.#parts.reachServer?.(this.#cancellation.signal);
        state.device = await find(state.identity);
        if (state.formerIdentity !== null)
          state.formerDevice = (await find(state.formerIdentity))?.id ?? null;
      });
      state.reachable = true;
    } catch (thrown) {
      if (!this.#mayWait(asStationError(thrown))) throw thrown;
      state.reachable = false;
    }
    if (state.device !== null) this.#parts.progress.device(state.device.id);
  }

  #mayWait(error: StationError): boolean {
    return this.#order.flow === 'rekey' && this.#order.request.waitMs > 0 && WAITABLE.has(error.code);
  }

  #wanted(state: JobState): Wanted {
    const { leastProof } = this.#request.profile;
    if (this.#order.flow === 'provision') return { flow: 'provision', key: state.wantedKey, leastProof };
    const { confirmed, decommissionFormer, resumes } = this.#order.request;
    return {
      flow: 'rekey',
      key: state.wantedKey,
      leastProof,
      resumed: resumes?.keys ?? [],
      confirmed: new Set(confirmed),
      decommissionFormer,
    };
  }

  async #reconcile(state: JobState): Promise<Verdict> {
    const { journal, progress } = this.#parts;
    const wanted = this.#wanted(state);
    const inUse = knownKey(state.inUse, journal);
    if (wanted.flow === 'rekey' && wanted.resumed.some((key) => key === inUse)) {
      this.#cancellation.commit();
    }
    // Waiting has a deadline of its own and does not count.
    for (let count = 0; count < MOST_DECISIONS;) {
      this.#cancellation.check();
      if (wanted.flow === 'rekey') {
        const isMore = noteOldKeys(state, wanted.resumed);
        if (isMore || count === 0) await this.#recordFound(state);
      }
      const decision = decide(factsOf(state, journal), wanted);
      if ('done' in decision) return decision.done;
      if ('stop' in decision)
        throw new Stopped(new StationError(decision.stop, this.#named(decision.details)));
      if ('wait' in decision) {
        await this.#wait(state);
        continue;
      }
      count += 1;
      const actions = this.#actions(state);
      const puts = decision.do === 'switch' || decision.do === 'configure';
      if (wanted.flow === 'rekey' && WRITES.has(decision.do)) await this.#lease(state);
      if (puts) this.#cancellation.commit();
      try {
        await actions.perform(decision);
      } catch (thrown) {
        if (!this.#isSettledByLooking(asStationError(thrown))) throw thrown;
        await actions.lookAgain();
      }
      if (decision.do === 'set-clock') this.#noteClock(state);
      progress.wire(this.#wire());
    }
    throw new StationError('job/not-settled', { detail: `no rest after ${MOST_DECISIONS} actions` });
  }

  /** What is to come to its end, for whoever resumes this job: after the switch nothing on the unit tells it. */
  async #recordFound({ oldKeys, formerIdentity }: JobState): Promise<void> {
    const { job } = this.#request;
    const { journal } = this.#parts;
    await journal.settled();
    journal.append({ kind: 'rekey-found', job, oldKeys: [...oldKeys], former: formerIdentity });
  }

  /** One station at a time changes a device. Asked for once, when the server is first to be changed. */
  async #lease({ device }: JobState): Promise<void> {
    const { server } = this.#parts;
    if (this.#isLeased || device === null) return;
    this.#isLeased = true;
    this.#release =
      (await server.lease?.(
        device.id,
        this.#station ?? this.#request.job,
        LEASE_MS,
        this.#cancellation.signal,
      )) ?? null;
  }

  /** Another program accepted a key at the same moment: what is there now decides how to go on. */
  #isSettledByLooking({ code }: StationError): boolean {
    return code === 'server/two-accepted';
  }

  #noteClock({ observation }: JobState): void {
    const hours = Math.round(Math.abs(observation.clockSkewMs) / 3_600_000);
    const off = hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
    this.#notes.push(
      `The clock of the board was ${hours === 0 ? 'minutes' : off} off and was set; one that goes wrong again needs its battery or network time.`,
    );
  }

  /**
   * The new key is staged, the old one active, nothing was sent. Logs out and waits until server and board are both
   * there; then looks at everything anew.
   */
  async #wait(state: JobState): Promise<void> {
    if (this.#order.flow !== 'rekey')
      throw new StationError('station/internal', { detail: 'nothing waits here' });
    const { job, waitMs } = this.#order.request;
    const { clock, journal, progress, server } = this.#parts;
    await this.#leave();
    // One for the whole job, however often the server comes and goes.
    const deadline = (this.#waitsUntil ??= clock.now() + waitMs);
    const until = new Date(deadline).toISOString();
    const tell = async (what: 'server' | 'board'): Promise<void> => {
      await journal.settled();
      journal.append({ kind: 'job-waiting', job, for: what, deadline: until });
      progress.waiting({ for: what, deadline: until });
    };
    await waitForServer({
      clock,
      deadline,
      signal: this.#cancellation.asked,
      reachServer: async (signal) => {
        await this.#parts.reachServer?.(signal);
        await server.limit(signal);
      },
      tell,
      reachBoard: () => this.#return(state),
      lookUp: async () => {
        await this.#lookUp(state);
        return state.reachable;
      },
      leaveBoard: () => this.#leave(),
    });
    progress.waiting(null);
  }

  /** Logs in again, and looks at the board anew. @throws StationError `board/another` when it is not the same unit. */
  async #return(state: JobState): Promise<void> {
    const observation = await this.#reach();
    const { identity } = observation;
    if (identity.state !== 'read' || !isIdentity(identity.identity, state.identity)) {
      await this.#leave();
      throw new StationError('board/another', { identity: identityLabel(state.identity) });
    }
    state.session = this.#open();
    state.observation = observation;
    state.inUse = observation.key;
    state.staged = observation.staged;
    state.former = observation.former;
    state.configuration = this.#configuration(observation);
    state.configurationStaged = false;
    state.clock = this.#clockOf(observation);
    state.provedStaged = null;
  }

  /** Adds what the texts of these errors name: the server, the unit, and the board's key file. */
  #named(details: Readonly<Record<string, string | number>>): Readonly<Record<string, string | number>> {
    const state = this.#state;
    const former = state?.formerIdentity ?? null;
    return {
      server: this.#parts.server.profile.name,
      said: state?.clientSaid ?? 'nothing',
      path: state?.inUse.path ?? '',
      certificate: state?.inUse.certificate ?? '',
      where: state?.configuration.elsewhere ?? '',
      identity: this.#identity === null ? '' : identityLabel(this.#identity),
      former: former === null ? '' : identityLabel(former),
      ...details,
    };
  }

  #actions(state: JobState): Actions {
    return new Actions(
      this.#request,
      this.#parts,
      state,
      this.#steps,
      this.#held,
      () => this.#cancellation.signal,
      this.#order.flow === 'rekey',
    );
  }

  #open(): BoardSession {
    if (this.#session === null) throw new StationError('station/internal', { detail: 'no session is open' });
    return this.#session;
  }

  #isLeased = false;
  #release: ((signal: AbortSignal) => Promise<void>) | null = null;

  #wireBefore = { tx: 0, rx: 0, roundTrips: 0 };

  /** What went over the line in all sessions of this job. */
  #wire(): JobResult['wire'] {
    const now = this.#session?.wire() ?? { tx: 0, rx: 0, roundTrips: 0 };
    const { tx, rx, roundTrips } = this.#wireBefore;
    return { tx: tx + now.tx, rx: rx + now.rx, roundTrips: roundTrips + now.roundTrips };
  }

  async #leave(): Promise<void> {
    const session = this.#session;
    if (session !== null) {
      try {
        await this.#steps.run('log-out', () => Promise.resolve(session[Symbol.asyncDispose]()));
      } catch (thrown) {
        // The job's outcome stands; but a root shell may be open on the board, and its operator has to know.
        this.#notes.push(`The station could not log out of the board: ${asStationError(thrown).message}`);
      }
      this.#wireBefore = this.#wire();
      this.#session = null;
      this.#parts.progress.wire(this.#wire());
    }
    await this.#link?.close();
    this.#link = null;
  }

  async #record(verdict: Verdict, error: StationError | null): Promise<JobResult> {
    const state = this.#state;
    const good = verdict === 'pass' || verdict === 'already';
    const inUse = state === null ? null : inUseKey(state, this.#parts.journal);
    const isKept = state?.wantedKey.from === 'keep' || state?.wantedKey.from === 'client';
    const key = state?.key?.public ?? (good || isKept ? inUse : null);
    const isMadeByClient =
      state?.wantedKey.from === 'client' && state.observation.key.state === 'missing' && state.knocks > 0;
    const set = state?.device?.authSets.find((candidate) => candidate.fingerprint === key?.fingerprint);
    const oldKey = this.#oldKey(good);
    if (good && state !== null && state.formerDevice !== null && state.formerIdentity !== null)
      this.#notes.push(
        `Its former identity ${identityLabel(state.formerIdentity)} is still on the server, and the old key with it: remove that device (${state.formerDevice}) unless it is in use.`,
      );
    if (good && state !== null && state.decommissioning !== null && state.formerIdentity !== null)
      this.#notes.push(
        `The server is still decommissioning its former identity ${identityLabel(state.formerIdentity)}: until that device (${state.decommissioning}) is gone, the end of the old key is not shown. Look there.`,
      );
    if (good || state?.configured === true) this.#notes.push(...this.#configurationNotes);
    const result = (): JobResult => ({
      job: this.#request.job,
      port: this.#request.port,
      slot: this.#request.slot,
      verdict,
      identity: this.#identity,
      deviceId: state?.device?.id ?? null,
      authSetId: set?.id ?? null,
      keyFingerprint: key?.fingerprint ?? null,
      keyType: key?.type ?? null,
      keyOrigin: key === null ? null : (state?.key?.origin ?? (isMadeByClient ? 'board' : 'kept')),
      proof: state?.proof ?? null,
      oldKey,
      steps: this.#steps.times(),
      wire: this.#wire(),
      notes: [...this.#notes],
      error: error?.toReport() ?? null,
    });
    // A job that waits when its station is closed goes on later: it has no verdict yet.
    if (error?.code === 'job/suspended') return result();
    const { journal } = this.#parts;
    await this.#steps.run('record', async () => {
      await journal.settled();
      journal.append({ kind: 'verdict', job: this.#request.job, result: result() });
    });
    return result();
  }

  /** What was shown of the old key: never more than what was tried. */
  #oldKey(good: boolean): OldKeyOutcome {
    const state = this.#state;
    if (state === null || this.#order.flow !== 'rekey') return 'none';
    const { resumes } = this.#order.request;
    const before = resumes?.oldKey ?? 'none';
    const old = [...state.oldKeys];
    if (old.length === 0) {
      // Nothing is left of the old key, and the record does not say which it was, nor that its refusal was tested.
      const isGone = good && resumes?.replacing === true && resumes.oldKeys === null;
      return isGone && before === 'none' ? 'removed-not-tested' : before;
    }
    if (old.every((key) => key === state.refusalTested || resumes?.tested.includes(key) === true))
      return 'refused-tested';
    // Where the removal is left to somebody else, nothing is shown yet.
    return good && state.leavesTidying !== true ? 'removed-not-tested' : 'none';
  }
}

/** Takes down which keys the server took, or the board used, before this job put its own in place; whether there are more. */
function noteOldKeys(state: JobState, resumed: readonly KeyFingerprint[]): boolean {
  const ours = new Set<string>([...resumed, ...(state.key === null ? [] : [state.key.public.fingerprint])]);
  const sets = state.device?.authSets ?? [];
  const former = state.former?.publicKey?.fingerprint;
  const found = sets
    .filter(
      ({ status, fingerprint }) =>
        status === 'accepted' || fingerprint === state.formerKey || fingerprint === former,
    )
    .map(({ fingerprint }) => fingerprint)
    .filter((fingerprint) => !ours.has(fingerprint));
  const isMore = found.some((fingerprint) => !state.oldKeys.has(fingerprint));
  if (isMore) state.oldKeys = new Set([...state.oldKeys, ...found]);
  return isMore;
}

/** Actions that change the device on the server. */
const WRITES: ReadonlySet<Act['do']> = new Set<Act['do']>([
  'preauthorize',
  'submit',
  'accept',
  'reject',
  'remove-auth-set',
]);
/** Longer than any re-keying takes once it writes. Milliseconds. */
const LEASE_MS = 600_000;

/** Ends that are no failure: a person's wish, time, another station's turn, or a board that is not of the batch. */
const STOPPED: ReadonlySet<string> = new Set([
  'job/cancelled',
  'job/suspended',
  'job/wait-ended',
  'server/device-in-use',
  'batch/stranger',
  'batch/repeat',
  'batch/other-key',
]);

/** A decision not to go on: nothing failed, it is not a case for this flow. */
class Stopped extends StationError {
  constructor(error: StationError) {
    super(error.code, error.details, { cause: error });
  }
}
