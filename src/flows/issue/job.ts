import type { BoardSession, FileReading, FileToStage } from '../../boards/driver.ts';
import type { BoardObservation } from '../../model/board.ts';
import { identityLabel, isIdentity, type Identity } from '../../model/identity.ts';
import type { JobResult, StepName, Verdict } from '../../model/job.ts';
import type { Plan } from '../../model/rekey.ts';
import { asStationError, StationError } from '../../model/station-error.ts';
import type { BoardProfile } from '../../model/profile.ts';
import type { CredentialIssuer, IssuedCredentials, IssuedDevice } from '../../servers/device-server.ts';
import { BoardVisit } from '../board-visit.ts';
import { cancellation, type Cancellation } from '../reconcile/cancellation.ts';
import { requireIdentity } from '../reconcile/obstacles.ts';
import type { ProvisionParts, ProvisionRequest } from '../reconcile/request.ts';
import { Steps } from '../steps.ts';
import { ISSUE_ACTS } from './act-table.ts';
import { afterIssue, decideIssue, type IssueAct, type IssueFacts } from './decide.ts';
import { fileFacts, hashOf, pathsOf, wantedFiles } from './wanted-files.ts';

/** More decisions than any path needs: a board that never comes to rest must not hold the bench. */
const MOST_DECISIONS = 20;

/** Failures after which it is not known whether the board did what it was told. */
const UNKNOWN: ReadonlySet<string> = new Set([
  'port/lost',
  'board/command-timeout',
  'board/line-unreliable',
  'board/no-shell',
  'board/switch-unknown',
  'server/timeout',
  'server/unreachable',
  'job/cancelled',
]);

type Detail = Readonly<Record<string, string | number | boolean | null>>;

/**
 * Provisions one board at a server that makes certificate and key: looks at board and server, does the next thing, looks
 * again, until the board has what is its own, or there is a reason to stop. Then logs out and writes the verdict to the
 * journal; the result is returned only after that is durable.
 *
 * Never rejects for what a board or a server does: that is the result's `error`. It rejects when the verdict itself cannot
 * be recorded (`journal/...`).
 *
 * @param cancel when aborted before the switch, what was staged is removed; after it the job is finished.
 */
export function runIssueJob(
  request: ProvisionRequest,
  parts: ProvisionParts,
  issuer: CredentialIssuer,
  cancel: AbortSignal,
): Promise<JobResult> {
  const steps = new Steps(parts.clock, (changes) => parts.progress.steps(changes));
  return new IssueJob(request, parts, issuer, steps, cancellation(cancel, parts.clock)).run();
}

/** What such a job would do, from its decision function itself. Logs in, reads and logs out; changes nothing. */
export function planIssueJob(
  request: ProvisionRequest,
  parts: ProvisionParts,
  issuer: CredentialIssuer,
  signal: AbortSignal,
): Promise<Plan> {
  const steps = new Steps(parts.clock, () => undefined);
  return new IssueJob(request, parts, issuer, steps, cancellation(signal, parts.clock)).plan();
}

class IssueJob {
  readonly #request: ProvisionRequest;
  readonly #parts: ProvisionParts;
  readonly #issuer: CredentialIssuer;
  readonly #steps: Steps;
  readonly #cancellation: Cancellation;
  readonly #visit: BoardVisit;
  readonly #held = new DisposableStack();
  readonly #notes: string[] = [];
  #identity: Identity | null = null;
  #device: IssuedDevice | null = null;
  #issued: IssuedCredentials | null = null;
  #wanted: readonly FileToStage[] | null = null;
  #readings: readonly FileReading[] = [];
  #clock: IssueFacts['clock'] = 'right';
  #proved = false;
  #changed = false;
  #mayBeStaged = false;
  #switching = false;

  constructor(
    request: ProvisionRequest,
    parts: ProvisionParts,
    issuer: CredentialIssuer,
    steps: Steps,
    cancel: Cancellation,
  ) {
    this.#request = request;
    this.#parts = parts;
    this.#issuer = issuer;
    this.#steps = steps;
    this.#cancellation = cancel;
    this.#visit = new BoardVisit(request, parts, cancel);
  }

  async run(): Promise<JobResult> {
    // What this job has for itself stays so until its verdict is on record.
    using _held = this.#held;
    let verdict: Verdict = 'fail';
    let error: StationError | null = null;
    let session: BoardSession | null = null;
    try {
      session = await this.#steps.run('connect', () => this.#visit.enter());
      const { identity } = await this.#look(session, true);
      verdict = await this.#reconcile(session, identity);
    } catch (thrown) {
      error = asStationError(thrown);
      verdict = error.code === 'job/cancelled' ? 'stopped' : 'fail';
      this.#cancellation.takeBack();
      error = await this.#takeBack(session, error);
    } finally {
      await this.#leave();
      this.#cancellation[Symbol.dispose]();
      this.#issued?.privateKeyPem.destroy();
    }
    return await this.#record(verdict, error);
  }

  async plan(): Promise<Plan> {
    const { port, slot } = this.#request;
    try {
      const session = await this.#visit.enter();
      const { identity } = await this.#look(session, false);
      const acts: IssueAct[] = [];
      let facts = this.#facts();
      for (;;) {
        const decision = decideIssue(facts);
        if ('done' in decision)
          return {
            port,
            slot,
            identity,
            actions: acts.map((act) => ({ action: act.do, ...ISSUE_ACTS[act.do] })),
            ends: acts.some(({ do: what }) => what !== 'take' && what !== 'prove')
              ? decision.done
              : 'already',
            error: null,
            notes: this.#notes,
          };
        acts.push(decision);
        facts = afterIssue(facts, decision);
      }
    } catch (thrown) {
      const error = asStationError(thrown).toReport();
      return { port, slot, identity: this.#identity, actions: [], ends: 'stop', error, notes: this.#notes };
    } finally {
      await this.#visit.leave();
      this.#cancellation[Symbol.dispose]();
      this.#issued?.privateKeyPem.destroy();
    }
  }

  /** Reads the board, and what the server has of it. A plan has certificate and key looked at, too, where there are some. */
  async #look(session: BoardSession, recording: boolean): Promise<{ readonly identity: Identity }> {
    const { journal, server } = this.#parts;
    const signal = this.#cancellation.signal;
    const observation = await this.#steps.run('identify', () => session.observe());
    const identity = requireIdentity(observation);
    this.#identity = identity;
    this.#clock = this.#clockOf(observation);
    if (recording) {
      await journal.settled();
      journal.append({ kind: 'board-identified', job: this.#request.job, identity, key: null });
      this.#parts.progress.identity(identity);
      this.#held.use(this.#parts.claimIdentity(identity, null, null));
    }
    this.#readings = await session.files.read(pathsOf(this.#mqtt()));
    await this.#steps.run('look-up', async () => {
      await this.#parts.reachServer?.(signal);
      this.#device = await this.#issuer.find(identity, signal);
    });
    if (this.#device !== null) this.#parts.progress.device(this.#device.name);
    if (!recording && this.#device !== null) await this.#take(this.#device, identity);
    if (server.profile.boardUrl !== undefined)
      this.#notes.push('Boards are told the MQTT endpoint of the stack; the address for boards is not used.');
    return { identity };
  }

  #mqtt(): NonNullable<BoardProfile['mqtt']> {
    const { mqtt, name } = this.#request.profile;
    if (mqtt !== null) return mqtt;
    throw new StationError('station/profile-unfit', {
      profile: name,
      server: this.#parts.server.profile.name,
      detail: 'it does not say where certificate and key go (mqtt)',
    });
  }

  #clockOf({ clockSkewMs }: BoardObservation): IssueFacts['clock'] {
    return Math.abs(clockSkewMs) > this.#request.profile.clockToleranceMs ? 'wrong' : 'right';
  }

  #facts(): IssueFacts {
    return {
      clock: this.#clock,
      device: this.#device === null ? 'none' : 'there',
      issued: this.#issued !== null,
      proved: this.#proved,
      files: fileFacts(this.#readings, this.#wanted),
      changed: this.#changed,
    };
  }

  async #reconcile(session: BoardSession, identity: Identity): Promise<Verdict> {
    for (let count = 0; count < MOST_DECISIONS; count += 1) {
      this.#cancellation.check();
      const decision = decideIssue(this.#facts());
      if ('done' in decision) return decision.done;
      await this.#perform(decision, session, identity);
      this.#parts.progress.wire(this.#visit.wire);
    }
    throw new StationError('job/not-settled', { detail: `no rest after ${MOST_DECISIONS} actions` });
  }

  async #perform(act: IssueAct, session: BoardSession, identity: Identity): Promise<void> {
    const signal = this.#cancellation.signal;
    switch (act.do) {
      case 'set-clock':
        await this.#act('stage', 'set-clock', {}, () => session.setClock());
        this.#clock = 'right';
        this.#notes.push(
          'The clock of the board was off and was set; one that goes wrong again needs its battery or network time.',
        );
        return;
      case 'create': {
        const device = await this.#act('submit', 'create-thing', {}, () =>
          this.#issuer.create(identity, signal),
        );
        this.#device = device;
        this.#parts.progress.device(device.name);
        return;
      }
      case 'take':
        if (this.#device !== null) {
          const device = this.#device;
          await this.#steps.run('make-key', () => this.#take(device, identity));
        }
        return;
      case 'prove': {
        const issued = this.#credentials();
        await this.#steps.run('authenticate', () => this.#issuer.prove(issued, signal));
        this.#proved = true;
        return;
      }
      case 'stage':
        return this.#stage(session, act.paths);
      case 'switch':
        return this.#switch(session, act.paths);
      case 'discard':
        await this.#act('tidy', 'discard-credentials', {}, () => session.files.discard(act.paths));
        this.#readings = await session.files.read(pathsOf(this.#mqtt()));
    }
  }

  /** Certificate and key, checked; and that the record knows them as no other board's. */
  async #take(device: IssuedDevice, identity: Identity): Promise<void> {
    const signal = this.#cancellation.signal;
    const issued = await this.#issuer.credentials(device, signal);
    this.#issued = issued;
    const { fingerprint } = issued.key;
    const owner = this.#parts.journal.keyOwner(fingerprint);
    if (owner !== null && !isIdentity(owner, identity))
      throw new StationError('key/used', { owner: identityLabel(owner) });
    this.#parts.progress.key(fingerprint);
    this.#wanted = wantedFiles(this.#mqtt(), issued, await this.#issuer.endpoint(signal));
  }

  async #stage(session: BoardSession, paths: readonly string[]): Promise<void> {
    const issued = this.#credentials();
    const { key, certificateSha256, validTo } = issued;
    const wanted = (this.#wanted ?? []).filter(({ path }) => paths.includes(path));
    this.#held.use(this.#parts.claimKey(key.fingerprint));
    const keyFile = wanted.find(({ masked }) => masked === 'private key');
    await this.#parts.journal.settled();
    if (keyFile !== undefined && key.type !== 'other')
      this.#parts.journal.append({
        kind: 'key-staged',
        job: this.#request.job,
        fingerprint: key.fingerprint,
        keyType: key.type,
        origin: 'server',
        fileSha256: hashOf(keyFile),
      });
    this.#mayBeStaged = true;
    await this.#act('stage', 'stage-credentials', { certificateSha256, validTo, files: wanted.length }, () =>
      session.files.stage(wanted),
    );
    this.#readings = await session.files.read(pathsOf(this.#mqtt()));
  }

  async #switch(session: BoardSession, paths: readonly string[]): Promise<void> {
    this.#cancellation.check();
    this.#cancellation.commit();
    this.#switching = true;
    const { keyFile } = this.#mqtt();
    const before = this.#readings.find(({ path }) => path === keyFile)?.sha256 ?? null;
    await this.#act('switch', 'switch-credentials', { files: paths.length }, () =>
      session.files.putInPlace(paths),
    );
    this.#readings = await session.files.read(pathsOf(this.#mqtt()));
    if (paths.includes(keyFile) && before !== null)
      this.#notes.push('The board held another key for its MQTT client before; it was replaced.');
    const wrong = fileFacts(this.#readings, this.#wanted).find(({ inPlace }) => !inPlace);
    if (wrong !== undefined) throw new StationError('board/switch-unknown', { detail: wrong.path });
    this.#mayBeStaged = false;
  }

  #credentials(): IssuedCredentials {
    if (this.#issued !== null) return this.#issued;
    throw new StationError('station/internal', { detail: 'no credentials are at hand' });
  }

  /** Does one thing, with its intent in the journal before and its outcome after. */
  async #act<T>(step: StepName, action: string, detail: Detail, work: () => Promise<T>): Promise<T> {
    const { journal, clock } = this.#parts;
    const { job } = this.#request;
    await journal.settled();
    journal.append({ kind: 'step-intent', job, step, action, detail });
    const began = clock.monotonic();
    const outcome = async (how: 'done' | 'failed' | 'unknown', error: StationError | null): Promise<void> => {
      const ms = Math.round(clock.monotonic() - began);
      await journal.settled();
      journal.append({
        kind: 'step-outcome',
        job,
        step,
        action,
        outcome: how,
        ms,
        detail: {},
        error: error?.toReport() ?? null,
      });
    };
    this.#changed = true;
    let value: T;
    try {
      value = await this.#steps.run(step, work);
    } catch (thrown) {
      const error = asStationError(thrown);
      await outcome(UNKNOWN.has(error.code) ? 'unknown' : 'failed', error);
      throw error;
    }
    await outcome('done', null);
    return value;
  }

  /** Before the switch what was staged is removed; from it on a next job finishes what was begun. */
  async #takeBack(session: BoardSession | null, error: StationError): Promise<StationError> {
    const name = this.#device?.name;
    const thing =
      name === undefined
        ? ''
        : ` The thing ${name} is on the server with its certificate; the next job uses it.`;
    if (this.#switching && error.code !== 'board/switch-failed') {
      const held = this.#mayBeStaged
        ? 'Certificate and key may be put in place in part: do not hand the board over before this is finished.'
        : 'Certificate and key are in place.';
      return error.leaving(`${held}${thing}`);
    }
    if (!this.#mayBeStaged || session === null)
      return name === undefined ? error : error.leaving(`Nothing was changed on the board.${thing}`);
    try {
      await this.#act('tidy', 'discard-credentials', {}, () => session.files.discard(pathsOf(this.#mqtt())));
      return error.leaving(`The board is as it was; what was staged is removed.${thing}`);
    } catch {
      return error.leaving(
        `What the board has in use is as it was. Staged files may have been left beside it; they are used or removed at the next contact.${thing}`,
      );
    }
  }

  async #leave(): Promise<void> {
    if (!this.#visit.isInside) {
      await this.#visit.leave();
      return;
    }
    const failure = await this.#steps.run('log-out', () => this.#visit.leave());
    if (failure !== null) this.#notes.push(failure);
    this.#parts.progress.wire(this.#visit.wire);
  }

  async #record(verdict: Verdict, error: StationError | null): Promise<JobResult> {
    const key = this.#issued?.key ?? null;
    const result = (): JobResult => ({
      job: this.#request.job,
      port: this.#request.port,
      slot: this.#request.slot,
      verdict,
      identity: this.#identity,
      deviceId: this.#device?.name ?? null,
      authSetId: null,
      keyFingerprint: key?.fingerprint ?? null,
      keyType: key?.type ?? null,
      keyOrigin: key === null ? null : 'server',
      proof: this.#proved ? 'station' : null,
      oldKey: 'none',
      steps: this.#steps.times(),
      wire: this.#visit.wire,
      notes: [...this.#notes],
      error: error?.toReport() ?? null,
    });
    const { journal } = this.#parts;
    await this.#steps.run('record', async () => {
      await journal.settled();
      journal.append({ kind: 'verdict', job: this.#request.job, result: result() });
    });
    return result();
  }
}
