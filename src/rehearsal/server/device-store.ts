import { goTime, type Encodable } from './go-json.ts';
import type { IdentityData } from './identity-data.ts';
import type { PublicKey } from './public-key.ts';

export type SetStatus = 'accepted' | 'preauthorized' | 'pending' | 'rejected';
export type DeviceStatus = SetStatus | 'noauth';

/** An identity with one key. */
export interface AuthSet {
  readonly id: string;
  readonly deviceId: string;
  readonly identity: IdentityData;
  readonly key: PublicKey;
  readonly at: number;
  status: SetStatus;
}

/** The server's record of an identity. */
export interface Device {
  readonly id: string;
  readonly identity: IdentityData;
  readonly createdAt: number;
  status: DeviceStatus;
  updatedAt: number;
  checkInAt?: number;
  decommissioning: boolean;
  /** When the decommissioning workflow ends, by the clock. */
  goneAt?: number;
  /** How many `provision_device` jobs were sent. */
  provisioned: number;
}

/** Devices and their auth sets, findable by what the real database has indexes for. */
export class DeviceStore {
  private readonly devices = new Map<string, Device>();
  private readonly byHash = new Map<string, Device>();
  private readonly sets = new Map<string, AuthSet>();
  private readonly byKey = new Map<string, AuthSet>();
  private readonly ofDevice = new Map<string, AuthSet[]>();

  all(): IterableIterator<Device> {
    return this.devices.values();
  }

  device(id: string): Device | undefined {
    return this.devices.get(id);
  }

  deviceOf(identity: IdentityData): Device | undefined {
    return this.byHash.get(identity.hash);
  }

  addDevice(device: Device): void {
    this.devices.set(device.id, device);
    this.byHash.set(device.identity.hash, device);
  }

  /** Removes a device; its sets stay unless `withSets`. */
  removeDevice(device: Device, withSets: boolean): void {
    this.devices.delete(device.id);
    this.byHash.delete(device.identity.hash);
    if (withSets) for (const set of this.setsOf(device.id)) this.removeSet(set);
  }

  set(id: string): AuthSet | undefined {
    return this.sets.get(id);
  }

  /** The set with this identity and key, whichever device it belongs to. */
  setOf(identity: IdentityData, key: PublicKey): AuthSet | undefined {
    return this.byKey.get(`${identity.hash} ${key.pem}`);
  }

  setsOf(deviceId: string): readonly AuthSet[] {
    return this.ofDevice.get(deviceId) ?? [];
  }

  addSet(set: AuthSet): void {
    this.sets.set(set.id, set);
    this.byKey.set(`${set.identity.hash} ${set.key.pem}`, set);
    this.ofDevice.set(set.deviceId, [...this.setsOf(set.deviceId), set]);
  }

  removeSet(set: AuthSet): void {
    this.sets.delete(set.id);
    this.byKey.delete(`${set.identity.hash} ${set.key.pem}`);
    const left = this.setsOf(set.deviceId).filter((other) => other !== set);
    if (left.length > 0) this.ofDevice.set(set.deviceId, left);
    else this.ofDevice.delete(set.deviceId);
  }

  /** Devices of a status; all without one. */
  count(status?: DeviceStatus): number {
    if (status === undefined) return this.devices.size;
    let count = 0;
    for (const device of this.devices.values()) if (device.status === status) count += 1;
    return count;
  }

  /** A device as answered; in a 409 its sets are `null`. */
  view(device: Device, sets: 'sets' | 'null'): Encodable {
    return {
      id: device.id,
      identity_data: device.identity.view,
      status: device.status,
      decommissioning: device.decommissioning,
      created_ts: goTime(device.createdAt),
      updated_ts: goTime(device.updatedAt),
      auth_sets:
        sets === 'null'
          ? null
          : this.setsOf(device.id).map((set) => ({
              id: set.id,
              identity_data: set.identity.view,
              pubkey: set.key.pem,
              ts: goTime(set.at),
              status: set.status,
            })),
      check_in_time: device.checkInAt === undefined ? undefined : goTime(device.checkInAt),
    };
  }
}
