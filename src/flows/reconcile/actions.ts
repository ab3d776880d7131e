import { randomBytes } from 'node:crypto';
import type { SwitchReport } from '../../boards/driver.ts';
import type { AuthAnswer } from '../../servers/device-server.ts';
import { sign, toBoardPem, verify, type ImportedKey } from '../../keys/index.ts';
import type { KeyFileReading } from '../../model/board.ts';
import type { Device } from '../../model/device.ts';
import { identityLabel, isIdentity, type Identity } from '../../model/identity.ts';
import type { StepName } from '../../model/job.ts';
import type { KeyFingerprint, PublicKey } from '../../model/key.ts';
import { secret } from '../../model/secret.ts';
import { asStationError, StationError } from '../../model/station-error.ts';
import type { Steps } from '../steps.ts';
import type { Act, Signer } from './decision.ts';
import type { ProvisionParts, ProvisionRequest } from './request.ts';
import { knownKey, namedKey, shownBy, type JobState, type SignedRequest } from './state.ts';
import { isSuperseding, SupersedeActions } from './supersede-actions.ts';

/** How long a client that does not run yet at the end of a job is given. */
const CLIENT_STARTS_MS = 5_000;

type Detail = Readonly<Record<string, string | number | boolean | null>>;

/** The actions of a job: each does one thing, with its intent in the journal before and its outcome after. */
export class Actions {
  readonly #request: ProvisionRequest;
  readonly #parts: ProvisionParts;
  readonly #state: JobState;
  readonly #steps: Steps;
  readonly #held: DisposableStack;
  /** The signal for what is done now: once the switch has begun a job is finished, not cancelled. */
  readonly signal: () => AbortSignal;
  readonly #keepsFormer: boolean;

  constructor(
    request: ProvisionRequest,
    parts: ProvisionParts,
    state: JobState,
    steps: Steps,
    /** What this job has for itself until it ends. */
    held: DisposableStack,
    signal: () => AbortSignal,
    /** Whether a switch keeps the key that it replaces, so that its refusal can be tested. */
    keepsFormer: boolean,
  ) {
    this.#request = request;
    this.#parts = parts;
    this.#state = state;
    this.#steps = steps;
    this.#held = held;
    this.signal = signal;
    this.#keepsFormer = keepsFormer;
  }

  /** Does what was decided. */
  async perform(decision: Act): Promise<void> {
    const state = this.#state;
    state.verified = false;
    if (isSuperseding(decision))
      return new SupersedeActions(this.#request, this.#parts, state, this).perform(decision);
    switch (decision.do) {
      case 'set-clock':
        await this.act('prove', 'set-clock', { skewMs: state.observation.clockSkewMs }, () =>
          state.session.setClock(),
        );
        state.clock = 'right';
        return;
      case 'make-key':
        return this.#makeKey();
      case 'stage':
        return this.#stage();
      case 'configure':
        return this.#configure();
      case 'discard-staged':
        return this.discardStaged();
      case 'submit':
        return this.#submit(decision.key, decision.signer);
      case 'authenticate':
        return this.#authenticate(decision.key, decision.signer);
      case 'accept':
        return this.#accept(decision.deviceId, decision.authSetId);
      case 'switch':
        return this.#switch();
      case 'prove':
        return decision.by === 'board-client' ? this.#askClient() : this.#signNonce();
      case 'remove-auth-set':
        return this.removeAuthSet(decision.deviceId, decision.authSetId);
      case 'knock':
        return this.#knock();
      case 'consume-import':
        return this.#consumeImport();
      case 'verify-device':
        return this.#verifyDevice(decision.deviceId);
    }
  }

  async discardStaged(): Promise<void> {
    await this.act('tidy', 'discard-staged', { path: this.#state.staged?.path ?? null }, () =>
      this.#state.session.discardStaged(),
    );
    this.#state.staged = null;
    this.#state.mayBeStaged = false;
    this.#state.configurationStaged = false;
  }

  async removeAuthSet(deviceId: string, authSetId: string): Promise<void> {
    const { server } = this.#parts;
    await this.act('tidy', 'remove-auth-set', { deviceId, authSetId }, () =>
      server.removeAuthSet(deviceId, authSetId, this.signal()),
    );
    await this.readDevice(deviceId);
  }

  /** The device as it is now, also where the answer to this job's auth request was lost. */
  async lookAgain(): Promise<Device | null> {
    const state = this.#state;
    const { server } = this.#parts;
    if (state.device !== null) await this.readDevice(state.device.id);
    else if (state.broughtAuthSet) {
      const key = state.key?.public ?? state.staged?.publicKey ?? null;
      if (key === null)
        throw new StationError('board/key-unknown', {
          path: state.staged?.path ?? state.inUse.path,
          detail: 'there is no openssl to derive it',
        });
      state.device = await server.findAfterKnock(state.identity, key, this.signal());
    }
    return state.device;
  }

  /** Runs one changing action between its two journal events. An outcome that nobody can know is `unknown`, not `failed`. */
  async act<T>(
    step: StepName,
    action: string,
    detail: Detail,
    work: () => Promise<T>,
    came?: (value: T) => Detail,
  ): Promise<T> {
    const { journal, clock } = this.#parts;
    const { job } = this.#request;
    await journal.settled();
    journal.append({ kind: 'step-intent', job, step, action, detail });
    const began = clock.monotonic();
    const outcome = async (
      outcome: 'done' | 'failed' | 'unknown',
      told: Detail,
      error: StationError | null,
    ): Promise<void> => {
      const ms = Math.round(clock.monotonic() - began);
      await journal.settled();
      journal.append({
        kind: 'step-outcome',
        job,
        step,
        action,
        outcome,
        ms,
        detail: told,
        error: error?.toReport() ?? null,
      });
    };
    let value: T;
    try {
      value = await this.#steps.run(step, work);
    } catch (thrown) {
      const error = asStationError(thrown);
      const isUnknown = UNKNOWN_OUTCOME.has(error.code);
      this.#state.changed ||= isUnknown;
      await outcome(isUnknown ? 'unknown' : 'failed', {}, error);
      throw error;
    }
    // It is done, whether or not that can be written down.
    this.#state.changed = true;
    await outcome('done', came?.(value) ?? {}, null);
    return value;
  }

  /** Runs a step that changes nothing: its outcome need not be in the record. */
  observed(step: StepName, work: () => Promise<void>): Promise<void> {
    return this.#steps.run(step, work);
  }

  async #makeKey(): Promise<void> {
    const state = this.#state;
    const { keys, progress } = this.#parts;
    const { wantedKey, identity } = state;
    await this.#steps.run('make-key', async () => {
      if (wantedKey.from === 'import') {
        state.imported = await keys.import(wantedKey.directory, identity);
        this.#requireUnused(state.imported.pair.fingerprint);
        state.key = { public: state.imported.pair, pair: state.imported.pair, origin: 'import' };
      } else if (wantedKey.from === 'generate') {
        const pair = await keys.generate(wantedKey.type, this.signal());
        state.key = { public: pair, pair, origin: 'station' };
      }
    });
    if (state.key !== null) progress.key(state.key.public.fingerprint);
  }

  /** A key belongs to one board: one that the journal knows under another identity is refused. */
  #requireUnused(fingerprint: KeyFingerprint): void {
    const owner = this.#parts.journal.keyOwner(fingerprint);
    if (owner !== null && !isIdentity(owner, this.#state.identity)) {
      throw new StationError('key/used', { owner: identityLabel(owner) });
    }
    this.#held.use(this.#parts.claimKey(fingerprint));
  }

  async #stage(): Promise<void> {
    const state = this.#state;
    const { wantedKey, session } = state;
    const making = wantedKey.from === 'board';
    const pair = state.key?.pair ?? null;
    if (!making && pair === null)
      throw new StationError('station/internal', { detail: 'there is no key to stage' });
    const pem = pair === null ? null : toBoardPem(pair);
    state.mayBeStaged = true;
    state.provedStaged = null;
    try {
      const { staged } = await this.act(
        'stage',
        'stage-key',
        { made: making ? 'board' : 'station', fingerprint: state.key?.public.fingerprint ?? null },
        () =>
          session.stage({
            key:
              pem !== null && pair !== null
                ? { how: 'inject', pem, type: pair.type }
                : making
                  ? { how: 'make', type: wantedKey.type }
                  : null,
            files: state.configuration.files,
            stopClient: state.inUse.state === 'missing',
          }),
        (report) => ({ sha256: report.staged?.sha256 ?? null }),
      );
      if (staged === null) throw new StationError('board/stage-mismatch');
      const made = staged.publicKey ?? state.key?.public ?? null;
      if (made === null)
        throw new StationError('board/cannot-make-key', {
          type: 'any',
          detail: 'its public half cannot be read',
        });
      if (state.key === null) {
        this.#requireUnused(made.fingerprint);
        state.key = { public: made, pair: null, origin: 'board' };
      } else if (state.key.public.fingerprint !== made.fingerprint) {
        throw new StationError('board/stage-mismatch');
      }
      state.staged = staged;
      state.configurationStaged = true;
      await this.#recordStaged(state.key.public, state.key.origin, staged.sha256);
      this.#parts.progress.key(made.fingerprint);
    } finally {
      pem?.destroy();
    }
  }

  async #recordStaged(
    key: PublicKey,
    origin: 'board' | 'station' | 'import' | 'kept',
    fileSha256: string,
  ): Promise<void> {
    const { job } = this.#request;
    const { journal } = this.#parts;
    if (key.type === 'other') return;
    await journal.settled();
    journal.append({
      kind: 'key-staged',
      job,
      fingerprint: key.fingerprint,
      keyType: key.type,
      origin,
      fileSha256,
    });
  }

  /** Brings the configuration alone up to date: the key in use is right already. */
  async #configure(): Promise<void> {
    const state = this.#state;
    const { files } = state.configuration;
    await this.act('switch', 'configure', { files: files.map((file) => file.target).join(' ') }, async () => {
      await state.session.stage({ key: null, files, stopClient: false });
      const report = await state.session.switchOver({ nonce: null });
      state.inUse = report.key;
      state.clientRunning = report.clientRunning;
    });
    state.configuration = { ...state.configuration, files: [] };
    state.configured = true;
  }

  async #ask(fingerprint: KeyFingerprint, signer: Signer): Promise<AuthAnswer> {
    const { body, signature } = await this.#signedRequest(fingerprint, signer);
    return this.#parts.server.submit(body, signature, this.signal());
  }

  /** The auth request of a key, signed once: the server takes it again, and the board need not be asked twice. */
  async #signedRequest(fingerprint: KeyFingerprint, signer: Signer): Promise<SignedRequest> {
    const state = this.#state;
    if (state.signedRequest?.fingerprint === fingerprint) return state.signedRequest;
    const key = this.publicKey(fingerprint);
    const body = this.#parts.server.authRequest(state.identity, key, {
      tenantToken: this.#request.tenantToken,
      tier: state.observation.client.tier,
    });
    const bytes = body.reveal();
    const signature =
      signer === 'station' && state.key?.pair != null
        ? sign(state.key.pair, bytes)
        : await state.session.sign(signer === 'board-in-use' ? 'in-use' : 'staged', bytes);
    // The board's flash or cable may have changed a bit: the server would only say 401, which tells nothing.
    if (!verify(key, bytes, signature)) throw new StationError('board/staged-proof-failed');
    state.signedRequest = { fingerprint, body, signature: secret(signature) };
    return state.signedRequest;
  }

  /** A key whose public half was seen. @throws StationError `board/key-unknown`. */
  publicKey(fingerprint: KeyFingerprint): PublicKey {
    const { key, staged, inUse } = this.#state;
    const found = [key?.public, staged?.publicKey, inUse.publicKey].find(
      (candidate) => candidate?.fingerprint === fingerprint,
    );
    if (found === undefined || found === null) {
      throw new StationError('board/key-unknown', {
        path: inUse.path,
        detail: 'there is no openssl to derive it',
      });
    }
    return found;
  }

  async #submit(fingerprint: KeyFingerprint, signer: Signer): Promise<void> {
    const state = this.#state;
    const { server } = this.#parts;
    await this.act(
      'submit',
      'auth-request',
      { fingerprint, signer, known: this.#knows(fingerprint) },
      async () => {
        if (signer === 'board-client') {
          const { detail } = await state.session.askClient();
          await this.#findClient();
          if (!this.#knows(fingerprint))
            throw new StationError('board/key-not-shown', {
              server: server.profile.name,
              sets: state.device?.authSets.length ?? 0,
              said: detail,
            });
        } else {
          state.broughtAuthSet ||= !this.#knows(fingerprint);
          const answer = await this.#ask(fingerprint, signer);
          if (answer.authorized) return this.#authorized(answer, fingerprint);
          state.device = await server.findAfterKnock(
            state.identity,
            this.publicKey(fingerprint),
            this.signal(),
          );
        }
        state.refused = [...state.refused, fingerprint];
      },
      () => ({ deviceId: state.device?.id ?? null, status: state.device?.status ?? null }),
    );
    if (state.device !== null) this.#parts.progress.device(state.device.id);
  }

  /** Has the client ask for authorization, and sees which key it shows by that. */
  async #knock(): Promise<void> {
    const state = this.#state;
    const before = state.device?.authSets ?? null;
    const hasChanged = state.changed;
    await this.act(
      'submit',
      'client-request',
      {},
      async () => {
        const answer = await state.session.askClient();
        state.knocks += 1;
        state.clientSaid = answer.detail;
        const isFirst = state.inUse.state === 'missing';
        if (!isFirst && compareKey(answer.key, state.inUse.publicKey, state.inUse.sha256) === 'another')
          throw new StationError('board/key-replaced');
        if (isFirst) state.inUse = answer.key;
        await this.#findClient();
        state.shown = shownBy(answer.authorized, before, state.device?.authSets ?? []);
        if (!answer.authorized || state.shown === null) return;
        state.authenticated = state.shown.fingerprint;
        state.proof = 'board-client';
      },
      () => ({
        deviceId: state.device?.id ?? null,
        fingerprint: state.shown?.fingerprint ?? null,
        status: state.shown?.status ?? null,
      }),
    );
    // A client that was accepted before has changed nothing by asking again.
    const was = before?.find(({ id }) => id === state.shown?.id)?.status;
    if (state.proof === 'board-client' && was === 'accepted') state.changed = hasChanged;
    if (state.device !== null) this.#parts.progress.device(state.device.id);
    if (state.shown !== null) this.#parts.progress.key(state.shown.fingerprint);
  }

  /** The device of a client that has asked for authorization by itself. */
  async #findClient(): Promise<void> {
    const state = this.#state;
    const { server, keys } = this.#parts;
    const known = await server.find(state.identity, state.device?.id ?? null, this.signal());
    if (known !== null) {
      state.device = known;
      return;
    }
    // The inventory does not show it, or not yet: asked with a key that nobody has, the server tells the device.
    const nobodys = await keys.generate('ed25519', this.signal());
    nobodys.privateKey.destroy();
    state.device = await server.findAfterKnock(state.identity, nobodys, this.signal());
  }

  #knows(fingerprint: KeyFingerprint): boolean {
    return this.#state.device?.authSets.some((set) => set.fingerprint === fingerprint) ?? false;
  }

  async #authenticate(fingerprint: KeyFingerprint, signer: Signer): Promise<void> {
    await this.#steps.run('authenticate', async () => {
      let answer = await this.#ask(fingerprint, signer);
      // While another program switches sets, the server may show none accepted for a moment: one more try settles it.
      if (!answer.authorized) answer = await this.#ask(fingerprint, signer);
      if (!answer.authorized) throw new StationError('server/not-authorized', { detail: answer.detail });
      await this.#authorized(answer, fingerprint);
    });
  }

  /** The server gave a token: it has to be for this very device and auth set. */
  async #authorized(
    answer: Extract<AuthAnswer, { authorized: true }>,
    fingerprint: KeyFingerprint,
  ): Promise<void> {
    const state = this.#state;
    const deviceId = answer.deviceId ?? state.device?.id ?? null;
    if (deviceId === null)
      throw new StationError('server/not-authorized', { detail: 'its token names no device' });
    const set = (device: Device | null): string | undefined =>
      device?.authSets.find(
        (candidate) => candidate.fingerprint === fingerprint && candidate.status === 'accepted',
      )?.id;
    if (state.device === null || state.device.id !== deviceId || set(state.device) === undefined)
      await this.readDevice(deviceId);
    const accepted = set(state.device);
    if (accepted === undefined || (answer.authSetId !== null && answer.authSetId !== accepted)) {
      throw new StationError('server/not-authorized', { detail: 'its token is for another device or key' });
    }
    state.authenticated = fingerprint;
    state.proof = state.proof ?? 'station';
  }

  async #accept(deviceId: string, authSetId: string): Promise<void> {
    const { server } = this.#parts;
    const before = this.#state.device?.authSets.find(({ status }) => status === 'accepted');
    await this.act('accept', 'accept-auth-set', { deviceId, authSetId }, async () => {
      if (before !== undefined && before.id !== authSetId) this.#state.acceptedOver = before.id;
      this.#state.accepted = authSetId;
      this.#state.device = await server.accept(deviceId, authSetId, this.signal());
    });
  }

  /** Gives the server back the key that the board surely still has. */
  async acceptAgain(deviceId: string, authSetId: string): Promise<void> {
    await this.#accept(deviceId, authSetId);
  }

  /** Reads the device anew. */
  async readDevice(deviceId: string): Promise<void> {
    const state = this.#state;
    const device = await this.#parts.server.device(deviceId, this.signal());
    state.vanished ||= device === null && state.device !== null;
    state.device = device;
  }

  /** What the server has at the very end: {@link decide} sees to a second accepted key. */
  async #verifyDevice(deviceId: string): Promise<void> {
    // First, since it may take seconds, in which the server goes on.
    await this.#requireClient();
    await this.observed('prove', () => this.readDevice(deviceId));
    this.#state.verified = true;
  }

  async #switch(): Promise<void> {
    const state = this.#state;
    const { staged, observation } = state;
    const wanted = state.key?.public.fingerprint ?? staged?.publicKey?.fingerprint ?? null;

    const type = (staged?.publicKey ?? state.key?.public)?.type ?? 'other';
    const nonce = type !== 'other' && observation.canSign.includes(type) ? randomBytes(32) : null;
    await this.act(
      'switch',
      'switch-key',
      { fingerprint: wanted, sha256: staged?.sha256 ?? null },
      async () => {
        const report = await this.#switchOver(nonce);
        state.inUse = report.key;
        state.clientRunning = report.clientRunning;
        state.former = report.former ?? state.former;
        state.switched = true;
        state.putInPlace =
          state.key?.public.fingerprint ??
          (staged === null ? null : (namedKey(staged, this.#parts.journal)?.fingerprint ?? null));
        const holds = compareKey(report.key, state.key?.public ?? staged?.publicKey, staged?.sha256);
        if (holds === 'unread')
          throw new StationError('board/switch-unknown', { detail: 'the key could not be read back' });
        if (holds === 'another') throw new StationError('board/key-replaced');
        if (nonce !== null && report.signature !== null && report.key.publicKey !== null) {
          if (!verify(report.key.publicKey, nonce, report.signature))
            throw new StationError('board/staged-proof-failed');
          state.proof = 'board-key';
        }
      },
    );
    state.staged = null;
    state.mayBeStaged = false;
    // A key staged by an earlier job brings no configuration along: that is then put in place by itself.
    if (state.configurationStaged) {
      state.configured = true;
      state.configuration = { ...state.configuration, files: [] };
    }
  }

  /** Unless the board says that it renamed nothing, it may have the new key by now, whatever went wrong. */
  async #switchOver(nonce: Uint8Array | null): Promise<SwitchReport> {
    try {
      return await this.#state.session.switchOver({ nonce, keepFormer: this.#keepsFormer });
    } catch (thrown) {
      const error = asStationError(thrown);
      if (error.code === 'board/switch-failed') throw error;
      throw new StationError('board/switch-unknown', { detail: error.message }, { cause: error });
    }
  }

  /**
   * The client runs at the end, where it is kept running: a proof by a call of its own does not show that. One that is slow
   * to start gets a few seconds more. A job that did not start it looks where it did not run at first, or was started by
   * another command than the switch. @throws StationError `board/client-stopped`.
   */
  async #requireClient(): Promise<void> {
    const state = this.#state;
    const { clientRunning, switched, configured, observation } = state;
    const isSeen = switched || (observation.client.running && !configured);
    if (clientRunning === true || (clientRunning === null && isSeen)) return;
    const { clock } = this.#parts;
    await this.#steps.run('prove', async () => {
      state.clientRunning = await state.session.clientRuns();
      if (state.clientRunning === false) {
        await clock.sleep(CLIENT_STARTS_MS, this.signal());
        state.clientRunning = await state.session.clientRuns();
      }
      if (state.clientRunning !== false) return;
      const { service } = state.observation.client;
      throw new StationError('board/client-stopped', {
        detail: service === null ? 'no process of it runs' : `${service} does not run`,
      });
    });
  }

  /** Takes the file of an imported key out of the way: by the job that used it, or by a later one when that was cut off. */
  async #consumeImport(): Promise<void> {
    const state = this.#state;
    const { wantedKey, identity } = state;
    state.importSettled = true;
    if (wantedKey.from !== 'import') return;
    const imported = state.imported ?? (await this.#leftImport(wantedKey.directory, identity));
    if (imported === null) return;
    const inUse = knownKey(state.inUse, this.#parts.journal);
    if (imported.pair.fingerprint === inUse)
      await this.act('tidy', 'consume-import', { fingerprint: inUse }, () => imported.used());
    if (imported !== state.imported) imported.pair.privateKey.destroy();
  }

  async #leftImport(directory: string, identity: Identity): Promise<ImportedKey | null> {
    try {
      return await this.#parts.keys.import(directory, identity);
    } catch (thrown) {
      // The board needs no key from there any more: that there is none, or none to be used, stops nothing.
      if (asStationError(thrown).code.startsWith('key/')) return null;
      throw thrown;
    }
  }

  async #signNonce(): Promise<void> {
    const state = this.#state;
    const key = state.inUse.publicKey;
    await this.#steps.run('prove', async () => {
      const nonce = randomBytes(32);
      const signature = await state.session.sign('in-use', nonce);
      if (key === null || !verify(key, nonce, signature)) throw new StationError('board/staged-proof-failed');
      state.proof = 'board-key';
    });
  }

  async #askClient(): Promise<void> {
    const state = this.#state;
    await this.#steps.run('prove', async () => {
      const answer = await state.session.askClient();
      // A client that cannot read its key makes another without a word; that is then the reason of a refusal.
      const holds = compareKey(answer.key, state.inUse.publicKey, state.inUse.sha256);
      if (holds === 'another') throw new StationError('board/key-replaced');
      if (!answer.authorized) throw new StationError('board/client-refused', { detail: answer.detail });
      state.proof = 'board-client';
    });
  }
}

/**
 * Whether a key file holds the expected key. Its public half decides, since a client may write the same key in another
 * spelling; the file's hash only where no public half can be had.
 */
function compareKey(
  read: Pick<KeyFileReading, 'publicKey' | 'sha256'>,
  expected: PublicKey | null | undefined,
  sha256: string | null | undefined,
): 'the-same' | 'another' | 'unread' {
  if (read.publicKey !== null && expected != null)
    return read.publicKey.fingerprint === expected.fingerprint ? 'the-same' : 'another';
  if (read.sha256 === null || sha256 == null) return 'unread';
  return read.sha256 === sha256 ? 'the-same' : 'another';
}

/** Errors after which nobody can say whether the board or the server did what was asked. */
const UNKNOWN_OUTCOME: ReadonlySet<string> = new Set([
  'port/lost',
  'board/command-timeout',
  'board/switch-unknown',
  'server/timeout',
  'server/unreachable',
  'job/cancelled',
]);
