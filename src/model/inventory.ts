import type { ErrorReport } from './job.ts';

/** The tag that a server's own pages show as a device's name. */
export const NAME_TAG = 'name';

/** What an inventory takes: a tag's name or value in one line, a group's name, so many tags for a device. */
export const TAG_TEXT = /^[^\p{Cc}]{1,256}$/u;
export const GROUP_NAME = /^[A-Za-z0-9_-]{1,256}$/;
export const MOST_TAGS = 20;

/** What people say of a device, and where they file it. Tags that are not named stay as they are. */
export interface DeviceDescription {
  readonly tags: Readonly<Record<string, string>>;
  /** Null: whichever it is in. */
  readonly group: string | null;
}

/** What a device is to be called once its board is through, before it is known which board that is. */
export interface InventoryWish extends DeviceDescription {
  /** `{attribute}` stands for a value of the identity; null for no name. */
  readonly nameTag: string | null;
}

export const NO_WISH: InventoryWish = { nameTag: null, tags: {}, group: null };

/** `open`: still to be done; it is tried again. `failed`: given up, until a person asks for it again. */
export const INVENTORY_STATES = ['open', 'done', 'failed'] as const;
export type InventoryState = (typeof INVENTORY_STATES)[number];

/** How far it is with name tag, tags and group of one device. */
export interface InventoryStanding extends DeviceDescription {
  readonly state: InventoryState;
  /** Why it was given up. */
  readonly error: ErrorReport | null;
}
