import type { Device, DeviceStore } from './device-store.ts';
import type { Environment } from './environment.ts';
import { encodeSorted, goTime, RawJson, type Encodable, type Json } from './go-json.ts';

/** The inventory's record of a device. */
interface Record {
  readonly visibleAt: number;
  updatedAt: number;
  tags: Map<string, Json>;
  attributes: Map<string, Json>;
  group?: string;
  etag: string;
}

/** A name and a value, as clients send them. */
export interface NamedValue {
  readonly name: string;
  readonly value: Json;
}

export interface Filter {
  readonly scope: string;
  readonly attribute: string;
  readonly value: Json;
}

const MAX_TAGS = 20;

/** What is known of devices beside their keys. It learns of a device some time after devauth does. */
export class Inventory {
  private readonly environment: Environment;
  private readonly store: DeviceStore;
  private readonly records = new Map<string, Record>();

  constructor(environment: Environment, store: DeviceStore) {
    this.environment = environment;
    this.store = store;
  }

  /** devauth tells of a device; known ones are left as they are. */
  announce(device: Device): void {
    if (this.records.has(device.id)) return;
    const now = this.environment.clock();
    this.records.set(device.id, {
      visibleAt: now + this.environment.inventoryLagMs,
      updatedAt: now,
      tags: new Map(),
      attributes: new Map(),
      etag: this.environment.newId('etag'),
    });
  }

  remove(deviceId: string): void {
    this.records.delete(deviceId);
  }

  private visible(deviceId: string): { readonly device: Device; readonly record: Record } | undefined {
    const device = this.store.device(deviceId);
    const record = this.records.get(deviceId);
    return device && record && record.visibleAt <= this.environment.clock() ? { device, record } : undefined;
  }

  /** A device as answered, with its ETag; undefined while the inventory does not know it. */
  view(deviceId: string): { readonly body: Encodable; readonly etag: string } | undefined {
    const known = this.visible(deviceId);
    if (!known) return undefined;
    const { device, record } = known;
    const attributes = [
      ...[...identityAttributes(device)].map(([name, value]) => ({
        name,
        value: raw(value),
        scope: 'identity',
      })),
      ...[...record.attributes].map(([name, value]) => ({ name, value: raw(value), scope: 'inventory' })),
      ...[...record.tags].map(([name, value]) => ({ name, value: raw(value), scope: 'tags' })),
      ...(record.group === undefined ? [] : [{ name: 'group', value: record.group, scope: 'system' }]),
    ];
    return { body: { id: device.id, attributes, updated_ts: goTime(record.updatedAt) }, etag: record.etag };
  }

  /** Devices that match all filters, oldest first. */
  search(filters: readonly Filter[]): readonly string[] {
    const found: string[] = [];
    for (const id of this.records.keys()) {
      const known = this.visible(id);
      if (known && filters.every((filter) => matches(known.device, known.record, filter))) found.push(id);
    }
    return found;
  }

  /** Adds or changes tags. */
  patchTags(deviceId: string, tags: readonly NamedValue[], ifMatch: string | undefined): TagResult {
    const record = this.visible(deviceId)?.record;
    if (!record) return 'unknown';
    if (ifMatch !== undefined && ifMatch !== record.etag) return 'changed meanwhile';
    const after = new Map(record.tags);
    for (const tag of tags) after.set(tag.name, tag.value);
    if (after.size > MAX_TAGS) return 'too many';
    record.tags = after;
    record.etag = this.environment.newId('etag');
    record.updatedAt = this.environment.clock();
    return 'done';
  }

  /** Puts a device into a group; false while the inventory does not know it. */
  setGroup(deviceId: string, group: string): boolean {
    const record = this.visible(deviceId)?.record;
    if (!record) return false;
    record.group = group;
    record.updatedAt = this.environment.clock();
    return true;
  }

  /** A device reports on itself; this is taken at any time. */
  report(device: Device, attributes: readonly NamedValue[]): void {
    this.announce(device);
    const record = this.records.get(device.id);
    for (const { name, value } of attributes) record?.attributes.set(name, value);
  }

  /** Tags and group of a device, for tests. */
  inspect(
    deviceId: string,
  ): { readonly tags: Readonly<{ [name: string]: Json }>; readonly group?: string } | undefined {
    const record = this.records.get(deviceId);
    if (!record) return undefined;
    return {
      tags: Object.fromEntries(record.tags),
      ...(record.group === undefined ? {} : { group: record.group }),
    };
  }
}

export type TagResult = 'done' | 'unknown' | 'changed meanwhile' | 'too many';

function raw(value: Json): RawJson {
  return new RawJson(encodeSorted(value));
}

/** The members of the identity; `status` is always the server's own. */
function identityAttributes(device: Device): ReadonlyMap<string, Json> {
  return new Map([...device.identity.members, ['status', device.status]]);
}

function matches(device: Device, record: Record, filter: Filter): boolean {
  const scopes: { readonly [scope: string]: ReadonlyMap<string, Json> } = {
    identity: identityAttributes(device),
    inventory: record.attributes,
    tags: record.tags,
    system: new Map(record.group === undefined ? [] : [['group', record.group]]),
  };
  const value = scopes[filter.scope]?.get(filter.attribute);
  return value !== undefined && encodeSorted(value) === encodeSorted(filter.value);
}
