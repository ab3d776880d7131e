import type { BatchId } from '../model/batch.ts';
import type { JournalEntry } from '../model/event.ts';
import { canonicalIdentity, type Identity } from '../model/identity.ts';
import {
  INVENTORY_STATES,
  type DeviceDescription,
  type InventoryStanding,
  type InventoryState,
} from '../model/inventory.ts';
import type { InventoryEvent } from '../model/inventory-event.ts';
import type { ErrorReport, JobId } from '../model/job.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Database, Row } from './database.ts';

/** The tables of the inventory, with the order in which rows are compared. */
export const INVENTORY_TABLES: Readonly<Record<string, string>> = { p_inventory: 'wish' };

/** A row for each wish; one that a later one for the same device has taken the place of is `replaced`. */
export const INVENTORY_SCHEMA = `
  CREATE TABLE p_inventory (
    -- The row of the record in which it was written down.
    wish INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    server TEXT NOT NULL,
    server_url TEXT NOT NULL,
    device_id TEXT NOT NULL,
    identity TEXT NOT NULL,
    job TEXT,
    batch TEXT,
    tags TEXT NOT NULL,
    group_name TEXT,
    state TEXT NOT NULL DEFAULT 'open',
    error TEXT
  ) STRICT;
  CREATE INDEX p_inventory_open ON p_inventory (server, wish) WHERE state = 'open';
  CREATE INDEX p_inventory_state ON p_inventory (state, wish);
  CREATE INDEX p_inventory_device ON p_inventory (device_id, server_url);
  CREATE INDEX p_inventory_job ON p_inventory (job, wish) WHERE job IS NOT NULL;
  CREATE INDEX p_inventory_batch ON p_inventory (batch, state, wish) WHERE batch IS NOT NULL;
`;

type Wanted = Extract<InventoryEvent, { kind: 'inventory-wanted' }>;

/** Name tag, tags and group of a device as they were asked for, and how far it is with them. */
export interface InventoryRecord extends InventoryStanding, Omit<Wanted, 'kind' | 'operator'> {
  readonly wish: number;
  /** ISO 8601. */
  readonly at: string;
}

export interface InventoryQuery {
  readonly state?: InventoryState | undefined;
  readonly server?: string | undefined;
  readonly batch?: BatchId | undefined;
  readonly job?: string | undefined;
  /** Wishes after this one. */
  readonly after?: number | undefined;
  readonly limit: number;
}

/** What devices are to be called, as anyone may read it. */
export class InventoryWishes {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The oldest first; those that others took the place of left out. */
  list({ state, server, batch, job, after = 0, limit }: InventoryQuery): readonly InventoryRecord[] {
    const conditions = [
      ['wish > ?', after],
      ...(state === undefined ? [] : [['state = ?', state] as const]),
      ...(server === undefined ? [] : [['server = ?', server] as const]),
      ...(batch === undefined ? [] : [['batch = ?', batch] as const]),
      ...(job === undefined ? [] : [['job = ?', job] as const]),
    ] as const;
    return this.#database
      .all(
        `SELECT * FROM p_inventory WHERE state <> 'replaced' AND ${conditions.map(([sql]) => sql).join(' AND ')}
         ORDER BY wish LIMIT ?`,
        ...conditions.map(([, value]) => value),
        limit,
      )
      .map(toRecord);
  }

  /** The names of the servers at which something is still to be done. */
  openServers(): readonly string[] {
    return this.#database
      .all(`SELECT DISTINCT server FROM p_inventory WHERE state = 'open' ORDER BY server`)
      .map((row) => String(row['server']));
  }

  /** How far it is with the device of a job; null where nothing was wanted. */
  ofJob(job: string): InventoryStanding | null {
    const row = this.#database.first(
      'SELECT * FROM p_inventory WHERE job = ? ORDER BY wish DESC LIMIT 1',
      job,
    );
    return row === undefined || row['state'] === 'replaced' ? null : standing(row);
  }

  /** Whether a device was asked for already, whatever came of it. */
  has(serverUrl: string, deviceId: string): boolean {
    const row = this.#database.first(
      'SELECT 1 FROM p_inventory WHERE device_id = ? AND server_url = ? LIMIT 1',
      deviceId,
      serverUrl,
    );
    return row !== undefined;
  }

  /** Of all, of a batch, or of a job. */
  counts({ batch, job }: Pick<InventoryQuery, 'batch' | 'job'>): Readonly<Record<InventoryState, number>> {
    const [condition, ...values] =
      job !== undefined ? ['WHERE job = ?', job] : batch !== undefined ? ['WHERE batch = ?', batch] : [''];
    const found = new Map(
      this.#database
        .all(`SELECT state, count(*) AS n FROM p_inventory ${condition} GROUP BY state`, ...values)
        .map((row) => [String(row['state']), Number(row['n'])]),
    );
    return {
      open: found.get('open') ?? 0,
      done: found.get('done') ?? 0,
      failed: found.get('failed') ?? 0,
    };
  }
}

/** Brings the table from one event to the next. */
export function projectInventory(database: Database, entry: JournalEntry, event: InventoryEvent): void {
  switch (event.kind) {
    case 'inventory-wanted':
      database.run(
        `UPDATE p_inventory SET state = 'replaced' WHERE device_id = ? AND server_url = ?`,
        event.deviceId,
        event.serverUrl,
      );
      database.run(
        `INSERT INTO p_inventory (wish, at, server, server_url, device_id, identity, job, batch, tags, group_name)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        entry.seq,
        entry.at,
        event.server,
        event.serverUrl,
        event.deviceId,
        canonicalIdentity(event.identity),
        event.job,
        event.batch,
        canonicalJson(event.tags),
        event.group,
      );
      return;
    case 'inventory-done':
      database.run(`UPDATE p_inventory SET state = 'done' WHERE wish = ? AND state = 'open'`, event.wish);
      return;
    case 'inventory-given-up':
      database.run(
        `UPDATE p_inventory SET state = 'failed', error = ? WHERE wish = ? AND state = 'open'`,
        canonicalJson(event.error),
        event.wish,
      );
      return;
  }
}

function standing(row: Row): InventoryStanding {
  const { error, group_name: group } = row;
  return {
    ...description(row, group),
    state: INVENTORY_STATES.find((state) => state === row['state']) ?? 'open',
    error: typeof error === 'string' ? (JSON.parse(error) as ErrorReport) : null,
  };
}

function description(row: Row, group: unknown): DeviceDescription {
  return {
    tags: JSON.parse(String(row['tags'])) as Readonly<Record<string, string>>,
    group: typeof group === 'string' ? group : null,
  };
}

function toRecord(row: Row): InventoryRecord {
  const { job, batch } = row;
  return {
    ...standing(row),
    wish: Number(row['wish']),
    at: String(row['at']),
    server: String(row['server']),
    serverUrl: String(row['server_url']),
    deviceId: String(row['device_id']),
    identity: JSON.parse(String(row['identity'])) as Identity,
    job: typeof job === 'string' ? (job as JobId) : null,
    batch: typeof batch === 'string' ? (batch as BatchId) : null,
  };
}
