import type { AuthSet, Device, DeviceStatus, DeviceStore } from './device-store.ts';
import type { DeviceTokens } from './device-tokens.ts';
import type { Environment } from './environment.ts';
import type { IdentityData } from './identity-data.ts';
import type { Inventory } from './inventory.ts';
import type { PublicKey } from './public-key.ts';
import type { Reply } from './wire.ts';

/** What a set's status can be set to by hand. */
export type WantedStatus = 'accepted' | 'rejected' | 'pending';

const DONE: Reply = { status: 204 };
const MISMATCH: Reply = { status: 400, error: 'dev auth: dev ID and auth ID mismatch' };
const BAD_REQUEST: Reply = { status: 400, error: 'dev auth: bad request' };
const NO_SET: Reply = { status: 404, error: 'authorization set not found' };
const NO_DEVICE: Reply = { status: 404, error: 'device not found' };
const LIMIT: Reply = { status: 422, error: 'maximum number of accepted devices reached' };
const INTERNAL: Reply = { status: 500, error: 'internal error' };
const UNAUTHORIZED: Reply = { status: 401, error: 'dev auth: unauthorized' };

/** A document of the database may have 16 MiB; an identity is held in it as text and as object. */
const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;

/** The first of the two writes of an accept is done; `finish` does the second. */
export interface HalfAccepted {
  readonly finish: () => Reply;
}

/**
 * Who may come in: every change of devices and auth sets, each one synchronous. `workflows` says whether the workflows
 * service can be reached for this call; where it can't, the call fails after having done part of its work, as it does on
 * the real server.
 */
export class Admission {
  private readonly environment: Environment;
  private readonly store: DeviceStore;
  private readonly tokens: DeviceTokens;
  private readonly inventory: Inventory;
  private readonly leaving = new Set<Device>();

  constructor(environment: Environment, store: DeviceStore, tokens: DeviceTokens, inventory: Inventory) {
    this.environment = environment;
    this.store = store;
    this.tokens = tokens;
    this.inventory = inventory;
  }

  private get modern(): boolean {
    return this.environment.mode === '2026';
  }

  private unreachable(): Reply {
    return this.modern ? { status: 503, error: 'service unavailable' } : INTERNAL;
  }

  /** A device knocks with a verified signature: a token in the body of the 200, else a refusal. */
  knock(identity: IdentityData, key: PublicKey, workflows: boolean): Reply {
    const known = this.store.setOf(identity, key);
    if (known?.status === 'preauthorized') return this.redeem(known, workflows);
    // The 2023 server has no limit on the body and fails at the database's.
    if (identity.size * 2 >= MAX_DOCUMENT_BYTES) return INTERNAL;
    const device = this.store.deviceOf(identity) ?? this.addDevice(identity, 'noauth');
    if (device.decommissioning) return UNAUTHORIZED;
    if (!workflows) return this.unreachable();
    this.inventory.announce(device);
    const set = known ?? this.addSet(device, identity, key, 'pending');
    if (!known || !this.modern) {
      const problem = this.recompute(device, workflows);
      if (problem) return problem;
    }
    if (set.status !== 'accepted') return UNAUTHORIZED;
    const owner = this.store.device(set.deviceId);
    return owner ? this.admit(owner, set) : INTERNAL;
  }

  private admit(device: Device, set: AuthSet): Reply {
    const type = this.modern ? 'application/jwt' : 'application/json; charset=utf-8';
    return { status: 200, headers: { 'content-type': type }, body: this.tokens.issue(device, set) };
  }

  /** The key of a preauthorized set knocks for the first time. */
  private redeem(set: AuthSet, workflows: boolean): Reply {
    const device = this.store.device(set.deviceId);
    if (!device || device.decommissioning) return UNAUTHORIZED;
    if (!this.mayAccept(device)) return { status: 401, error: 'unauthorized' };
    this.rejectOthers(device, set);
    set.status = 'accepted';
    const problem = this.becomeAccepted(device, workflows, device.status !== 'accepted');
    return problem ?? this.admit(device, set);
  }

  private addDevice(identity: IdentityData, status: DeviceStatus): Device {
    const now = this.environment.clock();
    const device: Device = {
      id: this.environment.newId('device'),
      identity,
      createdAt: now,
      updatedAt: now,
      status,
      decommissioning: false,
      provisioned: 0,
    };
    this.store.addDevice(device);
    return device;
  }

  private addSet(device: Device, identity: IdentityData, key: PublicKey, status: AuthSet['status']): AuthSet {
    const set: AuthSet = {
      id: this.environment.newId('auth-set'),
      deviceId: device.id,
      identity,
      key,
      at: this.environment.clock(),
      status,
    };
    this.store.addSet(set);
    return set;
  }

  /** Whether one more device may be accepted. */
  private mayAccept(device: Device): boolean {
    const { limit } = this.environment;
    if (this.modern)
      return limit === -1 || device.status === 'accepted' || this.store.count('accepted') < limit;
    return limit === 0 || this.store.count('accepted') < limit;
  }

  private rejectOthers(device: Device, chosen: AuthSet): void {
    for (const set of this.store.setsOf(device.id)) {
      // The 2023 server also turns preauthorized sets into rejected ones.
      const superseded = set.status === 'accepted' || (set.status === 'preauthorized' && !this.modern);
      if (set !== chosen && superseded) set.status = 'rejected';
    }
  }

  /** Writes the device's status after a set was accepted, and has it provisioned when `provision`. */
  private becomeAccepted(device: Device, workflows: boolean, provision: boolean): Reply | undefined {
    if (workflows || this.modern) this.setStatus(device, 'accepted');
    if (!workflows) return this.unreachable();
    if (provision) device.provisioned += 1;
    return undefined;
  }

  private setStatus(device: Device, status: DeviceStatus): void {
    device.status = status;
    device.updatedAt = this.environment.clock();
  }

  /** The strongest status of a device's sets; undefined where the server finds them contradictory. */
  private strongest(device: Device): DeviceStatus | undefined {
    const sets = this.store.setsOf(device.id);
    const count = (status: AuthSet['status']): number => sets.filter((set) => set.status === status).length;
    if (!this.modern && (count('accepted') > 1 || count('preauthorized') > 1)) return undefined;
    if (count('accepted') > 0) return 'accepted';
    if (count('preauthorized') > 1) return undefined;
    if (count('preauthorized') === 1) return 'preauthorized';
    if (count('pending') > 0) return 'pending';
    return count('rejected') > 0 ? 'rejected' : 'noauth';
  }

  private recompute(device: Device, workflows: boolean): Reply | undefined {
    const status = this.strongest(device);
    if (status === undefined) return INTERNAL;
    if (status === device.status) return undefined;
    if (!workflows) return this.unreachable();
    this.setStatus(device, status);
    return undefined;
  }

  /** `PUT devices/{id}/auth/{aid}/status`. */
  putStatus(deviceId: string, setId: string, wanted: WantedStatus, workflows: boolean): Reply | HalfAccepted {
    const set = this.store.set(setId);
    if (!set) return NO_SET;
    if (!this.modern && wanted === 'accepted' && set.status === 'accepted') return DONE;
    const device = this.store.device(deviceId);
    if (!this.modern && !device) return NO_DEVICE;
    if (set.deviceId !== deviceId || !device) return MISMATCH;
    if (set.status === 'preauthorized') return BAD_REQUEST;
    if (wanted === 'rejected' && set.status === 'rejected' && !this.modern) return BAD_REQUEST;
    if (set.status === wanted) return DONE;
    return wanted === 'accepted'
      ? this.beginAccept(device, set, workflows)
      : this.demote(device, set, wanted, workflows);
  }

  private beginAccept(device: Device, set: AuthSet, workflows: boolean): Reply | HalfAccepted {
    if (!this.mayAccept(device)) return LIMIT;
    // A rejected device was provisioned when it was new, thinks the 2023 server.
    const provision = this.modern ? device.status !== 'accepted' : device.status === 'pending';
    this.rejectOthers(device, set);
    return {
      finish: () => {
        if (this.store.set(set.id) !== set) return NO_SET;
        set.status = 'accepted';
        return this.becomeAccepted(device, workflows, provision) ?? DONE;
      },
    };
  }

  private demote(device: Device, set: AuthSet, wanted: 'rejected' | 'pending', workflows: boolean): Reply {
    if (set.status === 'accepted') this.tokens.revokeDevice(device.id);
    set.status = wanted;
    return this.recompute(device, workflows) ?? DONE;
  }

  /** `POST devices`: 201 with the new device's place, or 409 with the one that exists. */
  preauthorize(
    identity: IdentityData,
    key: PublicKey,
    force: boolean,
    workflows: boolean,
  ): Reply | { readonly conflict: Device } {
    const existing = this.store.deviceOf(identity);
    if (existing && !(force && this.modern)) return { conflict: existing };
    if (existing) {
      const known = this.store.setOf(identity, key);
      if (known) known.status = 'preauthorized';
      else this.addSet(existing, identity, key, 'preauthorized');
      // The place that is answered is that of a device that was never stored.
      return { status: 201, headers: { location: `devices/${this.environment.newId('device')}` } };
    }
    const device = this.addDevice(identity, 'preauthorized');
    if (workflows || this.modern) this.addSet(device, identity, key, 'preauthorized');
    if (!workflows) return INTERNAL;
    this.inventory.announce(device);
    return { status: 201, headers: { location: `devices/${device.id}` } };
  }

  /** `DELETE devices/{id}/auth/{aid}`. */
  deleteSet(deviceId: string, setId: string, workflows: boolean): Reply {
    const set = this.store.set(setId);
    // The 2026 server does not look at the device's id.
    if (!set || (!this.modern && set.deviceId !== deviceId)) return { status: 404 };
    if (set.status === 'accepted') this.tokens.revokeDevice(set.deviceId);
    this.store.removeSet(set);
    const device = this.store.device(deviceId);
    if (!device) return this.modern ? DONE : INTERNAL;
    const last = this.store.setsOf(device.id).length === 0 && set.deviceId === device.id;
    if (set.status === 'preauthorized' && (last || !this.modern)) {
      this.removeDevice(device, this.modern);
      return DONE;
    }
    return this.recompute(device, workflows) ?? DONE;
  }

  /** `DELETE devices/{id}`: the device is marked, its tokens die, and the workflow removes it later. */
  decommission(deviceId: string, workflows: boolean): Reply {
    const device = this.store.device(deviceId);
    if (!device) return { status: 404 };
    device.decommissioning = true;
    this.leaving.add(device);
    device.updatedAt = this.environment.clock();
    this.tokens.revokeDevice(device.id);
    if (!workflows) return this.unreachable();
    const { decommissionMs } = this.environment;
    if (decommissionMs !== 'manual') device.goneAt = this.environment.clock() + decommissionMs;
    return DONE;
  }

  /** Removes the devices whose decommissioning has ended by the clock, or with `all` every one being decommissioned. */
  finishDecommissions(all: boolean): void {
    if (this.leaving.size === 0) return;
    const now = this.environment.clock();
    for (const device of this.leaving) {
      if (all || (device.goneAt ?? Infinity) <= now) this.removeDevice(device, true);
    }
  }

  private removeDevice(device: Device, withSets: boolean): void {
    this.leaving.delete(device);
    this.tokens.revokeDevice(device.id);
    this.store.removeDevice(device, withSets);
    this.inventory.remove(device.id);
  }
}
