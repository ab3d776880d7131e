import type { BoardSession } from '../../boards/driver.ts';
import type { Identity } from '../../model/identity.ts';
import type { JobResult, Verdict } from '../../model/job.ts';
import { asStationError, StationError } from '../../model/station-error.ts';
import type { ByteLink } from '../../serial/index.ts';
import { Steps } from '../steps.ts';
import { Actions } from './actions.ts';
import { cancellation, type Cancellation } from './cancellation.ts';
import { planConfiguration } from './configuration-plan.ts';
import { decide } from './decide.ts';
import { requireReady } from './obstacles.ts';
import type { ProvisionParts, ProvisionRequest } from './request.ts';
import { factsOf, inUseKey, knownKey, type ProvisionState } from './state.ts';
import { takeBack } from './take-back.ts';
import { resolveKey } from './wanted-key.ts';

/** More decisions than any path needs: a board or server that never comes to rest must not hold the bench. */
const MOST_DECISIONS = 40;

/**
 * Provisions one board: looks at board and server, does the next thing, looks again, until the board's key is accepted,
 * in use and proved, or there is a reason to stop. Then logs out and writes the verdict to the journal; the result is
 * returned only after that is durable.
 *
 * Never rejects for what a board or a server does: that is the result's `error`. It rejects when the verdict itself
 * cannot be recorded (`journal/...`), since then nothing may be shown as passed.
 *
 * @param cancel when aborted, the board is brought to a safe state first: before the switch everything is taken back,
 * after it the job is finished.
 */
export async function provision(
  request: ProvisionRequest,
  parts: ProvisionParts,
  cancel: AbortSignal,
): Promise<JobResult> {
  const steps = new Steps(parts.clock, (changes) => parts.progress.steps(changes));
  const job = new Job(request, parts, steps, cancellation(cancel, parts.clock));
  return job.run();
}

class Job {
  readonly #request: ProvisionRequest;
  readonly #parts: ProvisionParts;
  readonly #steps: Steps;
  readonly #cancellation: Cancellation;
  readonly #held = new DisposableStack();
  #state: ProvisionState | null = null;
  #link: ByteLink | null = null;
  #identity: Identity | null = null;
  #notes: string[] = [];

  constructor(request: ProvisionRequest, parts: ProvisionParts, steps: Steps, cancel: Cancellation) {
    this.#request = request;
    this.#parts = parts;
    this.#steps = steps;
    this.#cancellation = cancel;
  }

  async run(): Promise<JobResult> {
    // What this job has for itself stays so until its verdict is on record.
    using _held = this.#held;
    let session: BoardSession | null = null;
    let verdict: Verdict = 'fail';
    let error: StationError | null = null;
    try {
      session = await this.#steps.run('connect', () => this.#connect());
      const observation = await this.#identify(session);
      if (observation.identity.state === 'read') this.#identified(observation.identity.identity);
      const identity = requireReady(observation);
      this.#held.use(this.#parts.claimIdentity(identity));
      this.#state = await this.#lookUp(session, observation, identity);
      verdict = await this.#reconcile(this.#state);
    } catch (thrown) {
      error = asStationError(thrown);
      verdict = error.code === 'job/cancelled' || thrown instanceof Stopped ? 'stopped' : 'fail';
      this.#cancellation.takeBack();
      if (this.#state !== null) error = await takeBack(this.#state, this.#actions(this.#state), error);
    } finally {
      if (session !== null) await this.#logOut(session);
      await this.#link?.close();
      this.#cancellation[Symbol.dispose]();
      this.#state?.key?.pair?.privateKey.destroy();
    }
    return await this.#record(verdict, error, session);
  }

  /** Which board it is belongs into the record also where it is not ready to be provisioned. */
  #identified(identity: Identity): void {
    this.#identity = identity;
    this.#parts.journal.append({ kind: 'board-identified', job: this.#request.job, identity });
    this.#parts.progress.identity(identity);
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
      transcript,
      clock,
      seen,
    });
  }

  async #identify(session: BoardSession): Promise<ProvisionState['observation']> {
    const observation = await this.#steps.run('identify', () => session.observe());
    this.#parts.progress.wire(session.wire());
    return observation;
  }

  async #lookUp(
    session: BoardSession,
    observation: ProvisionState['observation'],
    identity: Identity,
  ): Promise<ProvisionState> {
    const { profile, keySource, tenantToken, serverCa } = this.#request;
    const { server, journal } = this.#parts;
    const { url, boardUrl } = server.profile;
    const wantedKey = resolveKey(keySource, profile, observation);
    const configuration = planConfiguration(
      observation.configuration,
      { serverUrl: boardUrl ?? url, tenantToken, serverCa },
      profile,
      observation.installedCaSha256,
    );
    this.#notes.push(...configuration.notes);
    if (observation.client.update === 'unknown')
      this.#notes.push(
        'The store of the client holds traces of an update that could not be read: look at the board if an update was under way.',
      );
    if (tenantToken !== null)
      this.#notes.push('The tenant token was written; an open-source server does not check it.');
    const known = journal.lastDeviceId(url, identity);
    const device = await this.#steps.run('look-up', () =>
      server.find(identity, known, this.#cancellation.signal),
    );
    if (device !== null) this.#parts.progress.device(device.id);
    return {
      session,
      observation,
      identity,
      wantedKey,
      formerKey: knownKey(observation.key, journal),
      configuration,
      clock: Math.abs(observation.clockSkewMs) > profile.clockToleranceMs ? 'wrong' : 'right',
      inUse: observation.key,
      staged: observation.staged,
      configurationStaged: false,
      device,
      refused: [],
      key: null,
      imported: null,
      signedRequest: null,
      broughtAuthSet: false,
      authenticated: null,
      knocks: 0,
      shown: null,
      clientSaid: null,
      accepted: null,
      proof: null,
      mayBeStaged: false,
      changed: false,
      switched: false,
      configured: false,
      importSettled: false,
    };
  }

  async #reconcile(state: ProvisionState): Promise<Verdict> {
    const { journal, progress } = this.#parts;
    const actions = this.#actions(state);
    const wanted = { key: state.wantedKey, leastProof: this.#request.profile.leastProof };
    for (let count = 0; count < MOST_DECISIONS; count += 1) {
      this.#cancellation.check();
      const decision = decide(factsOf(state, journal), wanted);
      if ('done' in decision) return decision.done;
      if ('stop' in decision)
        throw new Stopped(new StationError(decision.stop, this.#named(decision.details)));
      if (decision.do === 'switch' || decision.do === 'configure') this.#cancellation.commit();
      await actions.perform(decision);
      if (decision.do === 'set-clock') {
        const hours = Math.round(Math.abs(state.observation.clockSkewMs) / 3_600_000);
        const off = hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
        this.#notes.push(
          `The clock of the board was ${hours === 0 ? 'minutes' : off} off and was set; one that goes wrong again needs its battery or network time.`,
        );
      }
      progress.wire(state.session.wire());
    }
    throw new StationError('job/not-settled', { detail: `no rest after ${MOST_DECISIONS} actions` });
  }

  /** Adds what the texts of these errors name: the server, and the board's key file. */
  #named(details: Readonly<Record<string, string | number>>): Readonly<Record<string, string | number>> {
    const { inUse, clientSaid } = this.#state ?? {};
    const said = clientSaid ?? 'nothing';
    return { server: this.#parts.server.profile.name, path: inUse?.path ?? '', said, ...details };
  }

  #actions(state: ProvisionState): Actions {
    return new Actions(
      this.#request,
      this.#parts,
      state,
      this.#steps,
      this.#held,
      () => this.#cancellation.signal,
    );
  }

  async #logOut(session: BoardSession): Promise<void> {
    try {
      await this.#steps.run('log-out', () => Promise.resolve(session[Symbol.asyncDispose]()));
    } catch (thrown) {
      // The job's outcome stands; but a root shell may be open on the board, and its operator has to know.
      this.#notes.push(`The station could not log out of the board: ${asStationError(thrown).message}`);
    }
    this.#parts.progress.wire(session.wire());
  }

  async #record(
    verdict: Verdict,
    error: StationError | null,
    session: BoardSession | null,
  ): Promise<JobResult> {
    const state = this.#state;
    const good = verdict === 'pass' || verdict === 'already';
    const inUse = state === null ? null : inUseKey(state, this.#parts.journal);
    const isKept = state?.wantedKey.from === 'keep' || state?.wantedKey.from === 'client';
    const key = state?.key?.public ?? (good || isKept ? inUse : null);
    const isMadeByClient =
      state?.wantedKey.from === 'client' && state.observation.key.state === 'missing' && state.knocks > 0;
    const set = state?.device?.authSets.find((candidate) => candidate.fingerprint === key?.fingerprint);
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
      oldKey: 'none',
      steps: this.#steps.times(),
      wire: session?.wire() ?? { tx: 0, rx: 0, roundTrips: 0 },
      notes: [...this.#notes],
      error: error?.toReport() ?? null,
    });
    await this.#steps.run('record', () => {
      this.#parts.journal.append({ kind: 'verdict', job: this.#request.job, result: result() });
      return Promise.resolve();
    });
    return result();
  }
}

/** A decision not to go on: nothing failed, it is not a case for this flow. */
class Stopped extends StationError {
  constructor(error: StationError) {
    super(error.code, error.details, { cause: error });
  }
}
