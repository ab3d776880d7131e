import type { ByteLink } from '../../serial/link.ts';
import type { BoardContext, BoardDriver } from '../../boards/driver.ts';
import type { DeviceServer } from '../../servers/device-server.ts';
import type { ImportedKey } from '../../keys/index.ts';
import type { Clock } from '../../model/clock.ts';
import type { Journal } from '../../journal/index.ts';
import type { Identity } from '../../model/identity.ts';
import type { JobId, OldKeyOutcome, WireCount } from '../../model/job.ts';
import type { CaseToConfirm, RekeyReason } from '../../model/rekey.ts';
import type { KeyFingerprint, KeyPair, KeySource, KeyType } from '../../model/key.ts';
import type { Presence } from '../../model/board.ts';
import type { BoardProfile } from '../../model/profile.ts';
import type { Secret } from '../../model/secret.ts';
import type { StepChange } from '../steps.ts';

/** One board to work on. */
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

/** One returned unit to give a new key. */
export interface RekeyRequest extends ProvisionRequest {
  readonly reason: RekeyReason;
  /** Cases in which a person said to go on: `unknown`, `rejected`, `elsewhere`, `identity-changed`. */
  readonly confirmed: readonly CaseToConfirm[];
  /** Decommission the device of the unit's former identity once the new key is proved. */
  readonly decommissionFormer: boolean;
  /** How long to wait for a server that cannot be reached, the new key staged; milliseconds, 0 for not at all. */
  readonly waitMs: number;
  /** The job that was cut off and is finished by this one; null for a new re-keying. */
  readonly resumes: ResumedRekey | null;
}

/** What the record knows of a re-keying that was cut off. */
export interface ResumedRekey {
  readonly job: JobId;
  /** The keys that it staged: only such a one counts as its new key. */
  readonly keys: readonly KeyFingerprint[];
  /** Those of them that were imported and of which it told the server nothing: what the server has of one is an admin’s. */
  readonly unsent: readonly KeyFingerprint[];
  /** The old keys that it found before it changed anything; null where its record does not say. */
  readonly oldKeys: readonly KeyFingerprint[] | null;
  /** Those of them whose refusal it tested. */
  readonly tested: readonly KeyFingerprint[];
  /** The identity that the unit had before, where it was another one. */
  readonly former: Identity | null;
  /** What it had shown of the old key. */
  readonly oldKey: OldKeyOutcome;
  /** Whether it had begun to put its key in the place of the old one: the end of that may be all that is left to do. */
  readonly replacing: boolean;
}

/** What a job works with. */
export interface ProvisionParts {
  readonly driver: BoardDriver;
  readonly openLink: (signal: AbortSignal) => Promise<ByteLink>;
  /** What was on the line just before, where somebody looked: a console that waits needs no listening first. */
  readonly seen?: () => Presence;
  readonly transcript: BoardContext['transcript'];
  readonly server: DeviceServer;
  /** Resumes the login at the server where it is not at hand; throws as a call does while the server is away. */
  readonly reachServer?: (signal: AbortSignal) => Promise<unknown>;
  readonly keys: KeyMaker;
  readonly journal: JobJournal;
  readonly clock: Clock;
  /**
   * Takes an identity for this job, so that no two jobs work on one device; throws `job/same-identity`. Told right after
   * the board was read, with the key in use where that is known, and the tier that its client asks for (null where it has
   * none): whoever has a say on which boards come here may refuse.
   */
  readonly claimIdentity: (identity: Identity, key: KeyFingerprint | null, tier: string | null) => Disposable;
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
export type JobJournal = Pick<
  Journal,
  'append' | 'settled' | 'stagedKeyBySha256' | 'keyOwner' | 'lastDeviceId'
>;

/** Told as a job goes on. Nothing told here is a secret. */
export interface ProvisionProgress {
  steps(steps: readonly StepChange[]): void;
  identity(identity: Identity): void;
  device(deviceId: string): void;
  key(fingerprint: KeyFingerprint): void;
  wire(count: WireCount): void;
  /** The job waits, its board safe; null when it goes on. */
  waiting(waiting: Waiting | null): void;
}

/** What a job waits for, and until when (ISO 8601). */
export interface Waiting {
  readonly for: 'server' | 'board';
  readonly deadline: string;
}
