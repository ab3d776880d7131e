import type { ByteLink } from '../../serial/link.ts';
import type { BoardContext, BoardDriver } from '../../boards/driver.ts';
import type { DeviceServer } from '../../servers/device-server.ts';
import type { ImportedKey } from '../../keys/index.ts';
import type { Clock } from '../../model/clock.ts';
import type { Journal } from '../../journal/index.ts';
import type { Identity } from '../../model/identity.ts';
import type { JobId, WireCount } from '../../model/job.ts';
import type { KeyFingerprint, KeyPair, KeySource, KeyType } from '../../model/key.ts';
import type { Presence } from '../../model/board.ts';
import type { BoardProfile } from '../../model/profile.ts';
import type { Secret } from '../../model/secret.ts';
import type { StepChange } from '../steps.ts';

/** One board to provision. */
export interface ProvisionRequest {
  readonly job: JobId;
  readonly port: string;
  readonly slot: string;
  readonly profile: BoardProfile;
  /** Null: the profile's choice. */
  readonly keySource: KeySource | null;
  readonly passwords: BoardContext['passwords'];
  readonly tenantToken: Secret<string> | null;
  /** PEM of the server's CA, installed on the board where the profile asks for it; null for none. */
  readonly serverCa: string | null;
  readonly label: string | null;
  readonly operator: string | null;
}

/** What a provisioning works with. */
export interface ProvisionParts {
  readonly driver: BoardDriver;
  readonly openLink: (signal: AbortSignal) => Promise<ByteLink>;
  /** What was on the line just before, where somebody looked: a console that waits needs no listening first. */
  readonly seen?: () => Presence;
  readonly transcript: BoardContext['transcript'];
  readonly server: DeviceServer;
  readonly keys: KeyMaker;
  readonly journal: JobJournal;
  readonly clock: Clock;
  /** Takes an identity for this job, so that no two jobs work on one device; throws `job/same-identity`. */
  readonly claimIdentity: (identity: Identity) => Disposable;
  /** Takes a key for this job, so that no two boards get it; throws `key/used`. */
  readonly claimKey: (fingerprint: KeyFingerprint) => Disposable;
  readonly progress: ProvisionProgress;
}

/** Makes and imports keys at the station. */
export interface KeyMaker {
  generate(type: KeyType, signal: AbortSignal): Promise<KeyPair>;
  /** The pair made elsewhere for this identity. `used` moves or destroys its file once the key is on its board. */
  import(directory: string, identity: Identity): Promise<ImportedKey>;
}

/** What a flow writes to the journal and asks of it. Every `append` is durable when it returns. */
export type JobJournal = Pick<Journal, 'append' | 'stagedKeyBySha256' | 'keyOwner' | 'lastDeviceId'>;

/** Told as a job goes on. Nothing told here is a secret. */
export interface ProvisionProgress {
  steps(steps: readonly StepChange[]): void;
  identity(identity: Identity): void;
  device(deviceId: string): void;
  key(fingerprint: KeyFingerprint): void;
  wire(count: WireCount): void;
}
