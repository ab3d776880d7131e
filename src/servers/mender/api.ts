import type { AuthSetStatus } from '../../model/device.ts';
import type { Identity } from '../../model/identity.ts';
import type { PublicKeyPem } from '../../model/key.ts';
import { secret, type Secret } from '../../model/secret.ts';
import type { ServerProfile } from '../../model/server-profile.ts';
import { StationError } from '../../model/station-error.ts';
import { retryAfterMs, type HttpAnswer } from '../http/client.ts';
import type { NewDevice, PreauthorizationAnswer } from '../preauthorization.ts';
import { decode, errorText, isMendersOwn, unexpected } from './answer.ts';
import type { CallInput, MenderCall } from './calls.ts';
import type { MenderSession } from './session.ts';
import {
  nextPage,
  wireCount,
  wireDevice,
  wireDevices,
  wireFound,
  wireInventory,
  wireLimit,
  wireOrganization,
  type WireDevice,
} from './wire.ts';

/**
 * What a preauthorization came to: a new device (null where the answer does not say which in a readable way), or the one
 * that has this identity already, in whatever state.
 */
export type Preauthorization =
  { readonly made: string | null } | { readonly exists: WireDevice; readonly serverDate: number | null };

/** The tier that is not spoken of: servers without tiers know none. */
const STANDARD = 'standard';
/** Devices on a page: the server's largest. */
const PER_PAGE = 500;
/** Bad request, not found, method not allowed, not implemented: an inventory that is not there, or of before such searches. */
const CANNOT_SEARCH: ReadonlySet<number> = new Set([400, 404, 405, 501]);
/** Of the inventory's answers to a whole identity. More than one is odd already. */
const MOST_FOUND = 20;

/** A device as the inventory has it; `etag` null where it marks no states. */
export interface InventoryDevice {
  readonly tags: ReadonlyMap<string, unknown>;
  readonly group: unknown;
  readonly etag: string | null;
}

/** `unknown`: the inventory does not know the device, or not now. */
export type DescribeAnswer = 'done' | 'changed' | 'unknown';

/** The management calls, one method each: statuses made into values or errors, bodies read into types. */
export class MenderApi {
  readonly #profile: ServerProfile;
  readonly #session: MenderSession;

  constructor(profile: ServerProfile, session: MenderSession) {
    this.#profile = profile;
    this.#session = session;
  }

  /** A device; null when there is none with this id. */
  async device(id: string, signal: AbortSignal): Promise<WireDevice | null> {
    const answer = await this.#call('device', { ids: [id] }, signal);
    if (answer.status === 404 && isMendersOwn(answer)) return null;
    return this.#decoded('device', wireDevice, answer);
  }

  /** As `device`, for one call among many: a rate limit is told at once. @throws StationError `server/rate-limited`. */
  async lookAt(id: string, signal: AbortSignal): Promise<WireDevice | null> {
    const answer = await this.#call('device', { ids: [id], tellsRateLimit: true }, signal);
    if (answer.status === 429)
      throw new StationError('server/rate-limited', {
        server: this.#profile.name,
        seconds: Math.ceil(retryAfterMs(answer, Date.now()) / 1000),
      });
    if (answer.status === 404 && isMendersOwn(answer)) return null;
    return this.#decoded('device', wireDevice, answer);
  }

  /** Those of these ids (20 at most) that are devices. */
  async devicesById(ids: readonly string[], signal: AbortSignal): Promise<readonly WireDevice[]> {
    const query = new URLSearchParams(ids.map((id): [string, string] => ['id', id]));
    return this.#decoded('devices', wireDevices, await this.#call('devices', { query }, signal));
  }

  /**
   * All devices of one status, page by page. Rows move between pages when statuses change meanwhile: not for a flow.
   * A device is listed under its own status, not under those of its auth sets.
   */
  async *devices(
    status: WireDevice['status'],
    signal: AbortSignal,
    perPage = PER_PAGE,
  ): AsyncGenerator<WireDevice, void, undefined> {
    let query: URLSearchParams | null = new URLSearchParams({
      status,
      page: '1',
      per_page: String(perPage),
    });
    while (query !== null) {
      const answer = await this.#call('devices', { query }, signal);
      yield* this.#decoded('devices', wireDevices, answer);
      query = nextPage(answer.headers.get('link'));
    }
  }

  /** How many devices have a status. */
  async count(status: WireDevice['status'], signal: AbortSignal): Promise<number> {
    const query = new URLSearchParams({ status });
    return this.#decoded('device count', wireCount, await this.#call('device count', { query }, signal))
      .count;
  }

  /** Devices that may be accepted; null for no limit, which is -1 today and was 0 in 2023. Today 0 means none at all. */
  async limit(signal: AbortSignal): Promise<number | null> {
    const { limit } = this.#decoded('device limit', wireLimit, await this.#call('device limit', {}, signal));
    return limit < 0 || (limit === 0 && this.#session.isOfToday !== true) ? null : limit;
  }

  /**
   * Preauthorizes a key for an identity. Without `force` an identity that exists is answered with its device, which
   * makes this the one way to find a device by its identity at once, however large the fleet.
   *
   * @throws StationError `server/key-unacceptable`.
   */
  async preauthorize(
    identity: Identity,
    pem: PublicKeyPem,
    force: boolean,
    signal: AbortSignal,
    tier = STANDARD,
  ): Promise<Preauthorization> {
    const json = {
      identity_data: identity,
      pubkey: pem,
      ...(force ? { force } : {}),
      ...(tier === STANDARD ? {} : { tier }),
    };
    const answer = await this.#call('preauthorize', { json }, signal);
    if (answer.status === 409) {
      const serverDate = Date.parse(answer.headers.get('date') ?? '');
      return {
        exists: this.#read('preauthorize', wireDevice, answer),
        serverDate: Number.isNaN(serverDate) ? null : serverDate,
      };
    }
    if (answer.status === 400) throw this.#keyUnacceptable(answer);
    // `devices/<id>`, relative. With `force` on a device that exists it names one that does not.
    if (answer.status !== 201) throw unexpected(this.#profile, 'preauthorize', answer);
    return { made: lastSegment(answer.headers.get('location') ?? '') };
  }

  /**
   * One preauthorization among many: a rate limit is told at once instead of being waited for, and the answer's refusals
   * are values.
   *
   * @throws StationError as `preauthorize`, also for what leaves open whether it was done.
   */
  async askPreauthorization(wish: NewDevice, signal: AbortSignal): Promise<PreauthorizationAnswer> {
    const { identity, key, tier } = wish;
    const json = { identity_data: identity, pubkey: key, ...(tier === STANDARD ? {} : { tier }) };
    const answer = await this.#call('preauthorize', { json, tellsRateLimit: true }, signal);
    switch (answer.status) {
      case 201:
        return { kind: 'made', deviceId: lastSegment(answer.headers.get('location') ?? '') };
      case 409: {
        const { id, status, decommissioning, created_ts } = this.#read('preauthorize', wireDevice, answer);
        const age = Date.parse(answer.headers.get('date') ?? '') - Date.parse(created_ts ?? '');
        const ageMs = Number.isNaN(age) ? null : Math.max(0, age);
        return { kind: 'exists', deviceId: id, status, decommissioning, ageMs };
      }
      case 429:
        return { kind: 'busy', waitMs: retryAfterMs(answer, Date.now()) };
      case 400:
        if (!isMendersOwn(answer)) break;
        return { kind: 'refused', error: this.#keyUnacceptable(answer) };
      case 422: {
        const limit = 'unknown';
        const error = new StationError('server/device-limit', { server: this.#profile.name, limit });
        return { kind: 'refused', error };
      }
      default:
    }
    throw unexpected(this.#profile, 'preauthorize', answer);
  }

  /** A device as the inventory has it; null while it does not know it. */
  async inventoryDevice(deviceId: string, signal: AbortSignal): Promise<InventoryDevice | null> {
    const answer = await this.#call('inventory device', { ids: [deviceId] }, signal);
    if (answer.status === 404 && isMendersOwn(answer)) return null;
    const { attributes } = this.#decoded('inventory device', wireInventory, answer);
    const of = (scope: string): ReadonlyMap<string, unknown> =>
      new Map(attributes?.flatMap((one) => (one.scope === scope ? [[one.name, one.value]] : [])));
    return { tags: of('tags'), group: of('system').get('group'), etag: answer.headers.get('etag') ?? null };
  }

  /**
   * Adds or changes tags of a device where it is still as it was read (`etag`); others stay. `changed`: it is not.
   *
   * @throws StationError `inventory/refused`.
   */
  addTags(
    deviceId: string,
    tags: Readonly<Record<string, string>>,
    etag: string | null,
    signal: AbortSignal,
  ): Promise<DescribeAnswer> {
    const json = Object.entries(tags).map(([name, value]) => ({ name, value }));
    const headers = etag === null ? {} : { 'if-match': etag };
    return this.#describe('set tags', { ids: [deviceId], json, headers }, signal);
  }

  /** @throws StationError `inventory/refused`. */
  setGroup(deviceId: string, group: string, signal: AbortSignal): Promise<DescribeAnswer> {
    return this.#describe('set group', { ids: [deviceId], json: { group } }, signal);
  }

  async #describe(call: MenderCall, input: CallInput, signal: AbortSignal): Promise<DescribeAnswer> {
    const answer = await this.#call(call, input, signal);
    const { status } = answer;
    if (status >= 200 && status < 300) return 'done';
    if (status === 412) return 'changed';
    // 409: a workflow is at work on this very device.
    if ((status === 404 || status === 409) && isMendersOwn(answer)) return 'unknown';
    if (status === 400 && isMendersOwn(answer))
      throw new StationError('inventory/refused', {
        server: this.#profile.name,
        detail: errorText(answer) || 'no reason given',
      });
    throw unexpected(this.#profile, call, answer);
  }

  /** Whether the server is one of today, as far as the login's token tells. */
  get isOfToday(): boolean {
    return this.#session.isOfToday === true;
  }

  /**
   * Asks for a status of one auth set.
   *
   * @throws StationError `server/device-limit`; `server/failed` with the status for the rest.
   */
  async setStatus(
    deviceId: string,
    authSetId: string,
    status: Exclude<AuthSetStatus, 'preauthorized'>,
    signal: AbortSignal,
  ): Promise<void> {
    const answer = await this.#call('set status', { ids: [deviceId, authSetId], json: { status } }, signal);
    if (answer.status === 422) {
      // The refusal is what matters; that its number could not be read as well is not.
      const limit = await this.limit(signal).catch(() => null);
      throw new StationError('server/device-limit', {
        server: this.#profile.name,
        limit: limit ?? 'unknown',
      });
    }
    if (answer.status !== 204) throw unexpected(this.#profile, 'set status', answer);
  }

  /**
   * Deletes an auth set; one that is gone is no error. Servers of today do not check that it belongs to the device: the
   * caller does.
   */
  deleteAuthSet(deviceId: string, authSetId: string, signal: AbortSignal): Promise<void> {
    return this.#remove('delete auth set', [deviceId, authSetId], signal);
  }

  /** Begins to decommission a device; it is gone when {@link device} says so. One that is gone is no error. */
  decommission(deviceId: string, signal: AbortSignal): Promise<void> {
    return this.#remove('decommission', [deviceId], signal);
  }

  /** Revokes the tokens of an auth set (their common id is the set's). One that never had any is no error. */
  revokeToken(authSetId: string, signal: AbortSignal): Promise<void> {
    return this.#remove('revoke token', [authSetId], signal);
  }

  /**
   * Ids of devices whose identity has these texts, from the inventory, which is a few seconds late. Null where the
   * inventory does not answer such a question (not installed, no rights, too old).
   *
   * @throws StationError `server/failed` where it is there and in trouble: that is no word on whether there is a device.
   */
  async search(identity: Identity, signal: AbortSignal): Promise<readonly string[] | null> {
    const filters = Object.entries(identity)
      .filter(([, value]) => typeof value === 'string')
      .map(([attribute, value]) => ({ scope: 'identity', attribute, type: '$eq', value }));
    if (filters.length === 0) return null;
    const json = { page: 1, per_page: MOST_FOUND, filters };
    let answer: HttpAnswer;
    try {
      answer = await this.#call('inventory search', { json }, signal);
    } catch (error) {
      if (error instanceof StationError && error.code === 'server/forbidden') return null;
      throw error;
    }
    if (CANNOT_SEARCH.has(answer.status)) return null;
    return this.#decoded('inventory search', wireFound, answer).map(({ id }) => id);
  }

  /** A tag of a device in the inventory (empty where it has none), with the mark to change it by; null where there is no such device, or no mark. */
  async tag(
    deviceId: string,
    name: string,
    signal: AbortSignal,
  ): Promise<{ readonly value: string; readonly etag: string } | null> {
    const answer = await this.#call('inventory device', { ids: [deviceId] }, signal);
    const etag = answer.headers.get('etag');
    if (answer.status !== 200 || etag === undefined) return null;
    const { attributes } = this.#read('inventory device', wireInventory, answer);
    const found = attributes?.find((one) => one.scope === 'tags' && one.name === name);
    return { value: typeof found?.value === 'string' ? found.value : '', etag };
  }

  /** Sets a tag where the device is still as it was read. `refused`: the inventory takes no such tag. */
  async setTag(
    deviceId: string,
    name: string,
    value: string,
    etag: string,
    signal: AbortSignal,
  ): Promise<'done' | 'changed' | 'refused'> {
    const input = { ids: [deviceId], json: [{ name, value }], headers: { 'if-match': etag } };
    const { status } = await this.#call('set tags', input, signal);
    if (status === 412) return 'changed';
    return status >= 200 && status < 300 ? 'done' : 'refused';
  }

  /** The organization's token; null where the server has no organizations or shows it to admins alone. */
  async organizationToken(signal: AbortSignal): Promise<Secret<string> | null> {
    try {
      const answer = await this.#call('organization', {}, signal);
      if (answer.status === 404) return null;
      const { tenant_token: token } = this.#decoded('organization', wireOrganization, answer);
      return token === undefined || token === '' ? null : secret(token);
    } catch (error) {
      if (error instanceof StationError && error.code === 'server/forbidden') return null;
      throw error;
    }
  }

  /** For a preauthorization that keeps being answered 201 without a device that can be named. */
  unclearPreauthorization(): StationError {
    const detail = 'its answer to "preauthorize" names no device';
    return new StationError('server/not-mender', { server: this.#profile.name, detail }).leaving(
      'A preauthorized device may have been made on the server: look for it there and remove it.',
    );
  }

  async #remove(call: MenderCall, ids: readonly string[], signal: AbortSignal): Promise<void> {
    const answer = await this.#call(call, { ids }, signal);
    if (answer.status === 204 || (answer.status === 404 && isMendersOwn(answer))) return;
    throw unexpected(this.#profile, call, answer);
  }

  #call(name: MenderCall, input: CallInput, signal: AbortSignal): Promise<HttpAnswer> {
    return this.#session.call(name, input, signal);
  }

  #decoded<S extends Parameters<typeof decode>[2]>(call: MenderCall, schema: S, answer: HttpAnswer) {
    if (answer.status !== 200) throw unexpected(this.#profile, call, answer);
    return this.#read(call, schema, answer);
  }

  #read<S extends Parameters<typeof decode>[2]>(call: MenderCall, schema: S, answer: HttpAnswer) {
    return decode(this.#profile, call, schema, answer);
  }

  #keyUnacceptable(answer: HttpAnswer): StationError {
    const detail = errorText(answer) || 'no reason given';
    return new StationError('server/key-unacceptable', { server: this.#profile.name, detail });
  }
}

/** The last segment of a path, decoded; null where there is none or it is no URL text. */
function lastSegment(path: string): string | null {
  try {
    return decodeURIComponent(path.slice(path.lastIndexOf('/') + 1)) || null;
  } catch (thrown) {
    if (thrown instanceof URIError) return null;
    throw thrown;
  }
}
