import type { AuthSet, DeviceStore, Device } from './device-store.ts';
import { tenantId, type Environment } from './environment.ts';
import { isExpired, textClaim, TokenSigner } from './jwt.ts';

/** Device tokens: one row per auth set, however many tokens were issued for it, and the optional cache. */
export class DeviceTokens {
  private readonly environment: Environment;
  private readonly store: DeviceStore;
  private readonly signer = new TokenSigner({ alg: 'RS256', typ: 'JWT' });
  /** Auth set id -> device id. A row outlives its set when the set was not the accepted one. */
  private readonly rows = new Map<string, string>();
  private readonly rowsOfDevice = new Map<string, Set<string>>();
  /** Device id -> the token that was last verified. */
  private readonly cache = new Map<string, string>();

  constructor(environment: Environment, store: DeviceStore) {
    this.environment = environment;
    this.store = store;
  }

  /** A token for an accepted set; the device has been seen. */
  issue(device: Device, set: AuthSet): string {
    const now = this.environment.clock();
    const issued = Math.floor(now / 1000);
    this.addRow(set.id, device.id);
    device.checkInAt = now;
    const { tenant } = this.environment;
    return this.signer.sign({
      jti: set.id,
      sub: device.id,
      iss: 'Mender',
      exp: issued + this.environment.deviceTokenSeconds,
      iat: issued,
      nbf: -62_135_596_800,
      'mender.tenant': tenant ? tenantId(tenant) : undefined,
      'mender.device': true,
      'mender.plan': tenant ? (tenant.plan ?? 'enterprise') : 'enterprise',
      'mender.trial': false,
      'mender.addons': tenant ? undefined : ADDONS,
    });
  }

  /** The device behind a token, when `tokens/verify` would let it pass. */
  verify(authorization: string | undefined): Device | undefined {
    const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
    const read = token === undefined ? undefined : this.signer.read(token);
    if (token === undefined || !read?.ok) return undefined;
    const now = this.environment.clock();
    if (isExpired(read.claims, now)) return undefined;
    const device = this.store.device(textClaim(read.claims, 'sub') ?? '');
    if (!device) return undefined;
    if (!this.isCached(device, token) && !this.isGood(device, textClaim(read.claims, 'jti') ?? ''))
      return undefined;
    if (this.environment.redis === 'up') this.cache.set(device.id, token);
    device.checkInAt = now;
    return device;
  }

  private isCached(device: Device, token: string): boolean {
    return this.environment.redis === 'up' && this.cache.get(device.id) === token;
  }

  private isGood(device: Device, setId: string): boolean {
    if (device.decommissioning || this.rows.get(setId) !== device.id) return false;
    if (this.store.set(setId)?.status !== 'accepted') return false;
    const accepted = this.store.setsOf(device.id).filter((set) => set.status === 'accepted');
    return this.environment.mode === '2026' || accepted.length === 1;
  }

  private addRow(setId: string, deviceId: string): void {
    this.rows.set(setId, deviceId);
    const rows = this.rowsOfDevice.get(deviceId);
    if (rows) rows.add(setId);
    else this.rowsOfDevice.set(deviceId, new Set([setId]));
  }

  /** Kills every token of a device. */
  revokeDevice(deviceId: string): void {
    for (const setId of this.rowsOfDevice.get(deviceId) ?? []) this.rows.delete(setId);
    this.rowsOfDevice.delete(deviceId);
    this.cache.delete(deviceId);
  }

  /** Kills the tokens of one auth set; false when it never had one, or no longer has. */
  revoke(setId: string): boolean {
    const owner = this.rows.get(setId);
    if (owner === undefined) return false;
    this.rows.delete(setId);
    this.rowsOfDevice.get(owner)?.delete(setId);
    this.cache.delete(owner);
    return true;
  }

  /** Whether a set has a token row. */
  has(setId: string): boolean {
    return this.rows.has(setId);
  }
}

const ADDONS = [
  { name: 'configure', enabled: true },
  { name: 'troubleshoot', enabled: true },
  { name: 'monitor', enabled: true },
];
