import type { BatchId } from './batch.ts';
import type { Identity } from './identity.ts';
import type { DeviceDescription } from './inventory.ts';
import type { ErrorReport, JobId } from './job.ts';

/** What the journal holds of name tags, tags and groups. A wish is named by the row in which it was written down. */
export type InventoryEvent =
  | ({
      /** In the transaction of the verdict, or when a person asks for it again. It takes the place of an earlier one. */
      readonly kind: 'inventory-wanted';
      readonly server: string;
      readonly serverUrl: string;
      readonly deviceId: string;
      readonly identity: Identity;
      /** The job whose board it is; null for a device that came by itself. */
      readonly job: JobId | null;
      readonly batch: BatchId | null;
      /** Who asked for it again; null for the first time. */
      readonly operator: string | null;
    } & DeviceDescription)
  | { readonly kind: 'inventory-done'; readonly wish: number }
  | { readonly kind: 'inventory-given-up'; readonly wish: number; readonly error: ErrorReport };
