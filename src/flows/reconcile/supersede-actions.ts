import { randomBytes } from 'node:crypto';
import { verify } from '../../keys/index.ts';
import type { Device } from '../../model/device.ts';
import type { KeyFingerprint } from '../../model/key.ts';
import { secret } from '../../model/secret.ts';
import { StationError } from '../../model/station-error.ts';
import type { Actions } from './actions.ts';
import type { Act } from './decision.ts';
import type { ProvisionParts, ProvisionRequest } from './request.ts';
import type { JobState } from './state.ts';

type Superseding = Extract<
  Act,
  {
    do:
      | 'prove-staged'
      | 'find-device'
      | 'preauthorize'
      | 'reject'
      | 'revoke-tokens'
      | 'test-refusal'
      | 'destroy-former'
      | 'decommission-former';
  }
>;

const KINDS: ReadonlySet<Act['do']> = new Set<Superseding['do']>([
  'prove-staged',
  'find-device',
  'preauthorize',
  'reject',
  'revoke-tokens',
  'test-refusal',
  'destroy-former',
  'decommission-former',
]);

/** How long a decommissioned device is waited for to be gone, and how often it is looked for. Milliseconds. */
const GONE_WITHIN_MS = 30_000;
const GONE_LOOK_MS = 1_000;

export function isSuperseding(act: Act): act is Superseding {
  return KINDS.has(act.do);
}

/** The actions by which one key takes the place of another. Used through {@link Actions}. */
export class SupersedeActions {
  readonly #request: ProvisionRequest;
  readonly #parts: ProvisionParts;
  readonly #state: JobState;
  readonly #actions: Pick<Actions, 'act' | 'readDevice' | 'publicKey' | 'signal' | 'observed'>;

  constructor(
    request: ProvisionRequest,
    parts: ProvisionParts,
    state: JobState,
    actions: Pick<Actions, 'act' | 'readDevice' | 'publicKey' | 'signal' | 'observed'>,
  ) {
    this.#request = request;
    this.#parts = parts;
    this.#state = state;
    this.#actions = actions;
  }

  perform(act: Superseding): Promise<void> {
    switch (act.do) {
      case 'prove-staged':
        return this.#proveStaged(act.key);
      case 'find-device':
        return this.#findDevice();
      case 'preauthorize':
        return this.#preauthorize(act.key, act.deviceId);
      case 'reject':
        return this.#reject(act.deviceId, act.authSetId);
      case 'revoke-tokens':
        return this.#revokeTokens(act.authSetId);
      case 'test-refusal':
        return this.#testRefusal(act.key, act.authSetId);
      case 'destroy-former':
        return this.#destroyFormer();
      case 'decommission-former':
        return this.#decommissionFormer(act.deviceId);
    }
  }

  /** The staged key signs a nonce on the board: it is whole there, and the board can use it. */
  async #proveStaged(key: KeyFingerprint): Promise<void> {
    const state = this.#state;
    await this.#actions.observed('stage', async () => {
      const nonce = randomBytes(32);
      const signature = await state.session.sign('staged', nonce);
      if (!verify(this.#actions.publicKey(key), nonce, signature))
        throw new StationError('board/staged-proof-failed');
    });
    state.provedStaged = key;
  }

  /** The inventory may be absent or behind. This is answered at once, but may make a device for a moment. */
  async #findDevice(): Promise<void> {
    const state = this.#state;
    const key = state.inUse.publicKey;
    state.searched = true;
    if (key === null) return;
    await this.#actions.act('look-up', 'find-device', { fingerprint: key.fingerprint }, async () => {
      state.device = await this.#parts.server.findAfterKnock(state.identity, key, this.#actions.signal());
    });
    if (state.device !== null) this.#parts.progress.device(state.device.id);
  }

  async #preauthorize(fingerprint: KeyFingerprint, deviceId: string): Promise<void> {
    const state = this.#state;
    const { server } = this.#parts;
    state.broughtAuthSet = true;
    await this.#actions.act(
      'submit',
      'preauthorize',
      { fingerprint, deviceId },
      async () => {
        const key = this.#actions.publicKey(fingerprint);
        const device = await server.preauthorize(state.identity, key, deviceId, this.#actions.signal());
        state.preauthorizesBeside = device === null ? 'no' : 'yes';
        if (device !== null) state.device = device;
        else state.broughtAuthSet = false;
      },
      () => ({ offered: state.preauthorizesBeside === 'yes' }),
    );
  }

  async #reject(deviceId: string, authSetId: string): Promise<void> {
    const { server } = this.#parts;
    await this.#actions.act('tidy', 'reject-auth-set', { deviceId, authSetId }, async () => {
      this.#state.device = await server.reject(deviceId, authSetId, this.#actions.signal());
    });
  }

  async #revokeTokens(authSetId: string): Promise<void> {
    const { server } = this.#parts;
    await this.#actions.act('tidy', 'revoke-tokens', { authSetId }, () =>
      server.revokeTokens(authSetId, this.#actions.signal()),
    );
    this.#state.revoked = [...this.#state.revoked, authSetId];
  }

  /**
   * Asks for authorization with the replaced key. Its signature is verified here first, since a refusal of a wrong
   * signature would show nothing; and its auth set has to be there as rejected before and after, since the server
   * refuses a key that it does not know, too, but takes it down as pending.
   */
  async #testRefusal(fingerprint: KeyFingerprint, authSetId: string): Promise<void> {
    const state = this.#state;
    const { server } = this.#parts;
    const key = state.former?.publicKey ?? null;
    if (key?.fingerprint !== fingerprint) {
      state.formerIsBroken = true;
      return;
    }
    await this.#actions.act(
      'tidy',
      'test-refusal',
      { fingerprint, authSetId },
      async () => {
        const body = server.authRequest(state.identity, key, {
          tenantToken: this.#request.tenantToken,
          tier: state.observation.client.tier,
        });
        const signature = await this.#signFormer(body.reveal());
        if (signature === null || !verify(key, body.reveal(), signature)) {
          state.formerIsBroken = true;
          return;
        }
        const answer = await server.submit(body, secret(signature), this.#actions.signal());
        if (state.device !== null) await this.#actions.readDevice(state.device.id);
        const rejected = hasRejected(state.device, authSetId);
        if (!answer.authorized && rejected) state.refusalTested = fingerprint;
        if (answer.authorized && rejected)
          throw new StationError('server/old-key-accepted', { server: server.profile.name });
      },
      () => ({ refused: state.refusalTested === fingerprint }),
    );
  }

  async #signFormer(bytes: Uint8Array): Promise<Uint8Array | null> {
    try {
      return await this.#state.session.sign('former', bytes);
    } catch (thrown) {
      // The board could not sign with it: nothing is lost by that but the test.
      if (thrown instanceof StationError && thrown.code === 'board/staged-proof-failed') return null;
      throw thrown;
    }
  }

  async #destroyFormer(): Promise<void> {
    await this.#actions.act('tidy', 'destroy-old-key', { path: this.#state.former?.path ?? null }, () =>
      this.#state.session.destroyFormer(),
    );
    this.#state.former = null;
  }

  async #decommissionFormer(deviceId: string): Promise<void> {
    const state = this.#state;
    await this.#actions.act(
      'tidy',
      'decommission-former',
      { deviceId },
      async () => {
        await this.#parts.server.decommission(deviceId, this.#actions.signal());
        state.decommissioning = (await this.#isGone(deviceId)) ? null : deviceId;
      },
      () => ({ gone: state.decommissioning === null }),
    );
    state.formerDevice = null;
  }

  /** The server only begins to remove a device when it is asked to: waits a while until it no longer has it. */
  async #isGone(deviceId: string): Promise<boolean> {
    const { server, clock } = this.#parts;
    const signal = this.#actions.signal();
    const until = clock.monotonic() + GONE_WITHIN_MS;
    while ((await server.device(deviceId, signal)) !== null) {
      if (clock.monotonic() >= until) return false;
      await clock.sleep(GONE_LOOK_MS, signal);
    }
    return true;
  }
}

function hasRejected(device: Device | null, authSetId: string): boolean {
  return device?.authSets.some(({ id, status }) => id === authSetId && status === 'rejected') ?? false;
}
