import * as z from 'zod';
import { batchName } from './batches.ts';
import {
  GROUP_NAME,
  INVENTORY_STATES,
  MOST_TAGS,
  TAG_TEXT,
  type InventoryStanding,
  type InventoryState,
} from '../model/inventory.ts';

/** All that a front end may ask about name tags, tags and groups. What it is told of them comes with records and batches. */

const tagText = z.string().regex(TAG_TEXT, 'one line of 256 characters at most');

/** What devices are called once their boards are through. */
export const inventoryWish = z.strictObject({
  /** The tag `name`; `{attribute}` stands for a value of the identity. */
  nameTag: tagText.optional(),
  tags: z
    .record(tagText, tagText)
    .refine((tags) => Object.keys(tags).length <= MOST_TAGS, `${MOST_TAGS} tags at most`)
    .optional(),
  group: z.string().regex(GROUP_NAME, 'letters, digits, - and _ (256 at most)').optional(),
});

export const INVENTORY_CALLS = {
  /** What was asked for, the oldest first. */
  'inventory.list': z.strictObject({
    batch: batchName.optional(),
    state: z.enum(INVENTORY_STATES).optional(),
    /** Those after this one. */
    after: z.number().int().min(0).default(0),
    limit: z.number().int().min(1).max(10_000).default(200),
  }),
  /** How many there are in each state: of all, of a batch, or of a job. */
  'inventory.counts': z.strictObject({ batch: batchName.optional(), job: z.string().max(64).optional() }),
  /** Tries at once what is open, and anew what was given up. Left out: all there is. Returns at once. */
  'inventory.retry': z.strictObject({ batch: batchName.optional(), job: z.string().max(64).optional() }),
  /**
   * Asks for tags and groups of a batch's devices that came by themselves: preauthorized ones that have been accepted
   * since. Those that have not come yet are met by the next call.
   */
  'inventory.apply': z.strictObject({ batch: batchName, server: z.string().min(1).max(64) }),
} as const;

export interface InventoryCallResults {
  'inventory.list': readonly InventoryView[];
  'inventory.counts': Readonly<Record<InventoryState, number>>;
  'inventory.retry': InventoryRetry;
  'inventory.apply': InventoryApplied;
}

/** Name tag, tags and group of one device, and how far it is with them. */
export interface InventoryView extends InventoryStanding {
  /** Its number in the order in which they were asked for. */
  readonly wish: number;
  /** ISO 8601. */
  readonly at: string;
  readonly server: string;
  readonly deviceId: string;
  /** The values of the identity. */
  readonly identity: string;
  readonly job: string | null;
  /** The name of the batch. */
  readonly batch: string | null;
}

export interface InventoryRetry {
  /** Those that were given up and are asked for anew. */
  readonly again: number;
  readonly counts: Readonly<Record<InventoryState, number>>;
}

export interface InventoryApplied {
  /** Devices that are asked for now. */
  readonly wanted: number;
  /** Rows whose devices were asked for before. */
  readonly before: number;
  /** Rows whose devices are not accepted yet. */
  readonly notYet: number;
}
