import type { BoardSession } from '../../boards/driver.ts';
import type { ImportedKey } from '../../keys/index.ts';
import type { BoardObservation, KeyFileReading, StagedKey } from '../../model/board.ts';
import type { AuthSet, Device } from '../../model/device.ts';
import type { Identity } from '../../model/identity.ts';
import type { KeyFingerprint, KeyOrigin, KeyPair, PublicKey } from '../../model/key.ts';
import type { Proof } from '../../model/job.ts';
import type { Secret } from '../../model/secret.ts';
import type { ConfigurationPlan } from './configuration-plan.ts';
import type { Facts, FixedKey, KnownKey, WantedKey } from './facts.ts';
import type { JobJournal } from './request.ts';

/** What one running job has seen and holds. Actions change it; decisions see it as `Facts`. */
export interface JobState {
  session: BoardSession;
  observation: BoardObservation;
  readonly identity: Identity;
  readonly wantedKey: WantedKey;
  readonly formerKey: KnownKey;
  configuration: ConfigurationPlan;
  clock: Facts['board']['clock'];
  inUse: KeyFileReading;
  staged: StagedKey | null;
  /** Whether this job staged the configuration beside the key, so that the switch brings both. */
  configurationStaged: boolean;
  /** The key that was replaced and lies beside the one in use. */
  former: StagedKey | null;
  /** Whether a signature with it did not come out right: nothing can be tested with it then. */
  formerIsBroken: boolean;
  reachable: boolean;
  device: Device | null;
  /** Whether the server had a device that it no longer had when it was read again. */
  vanished: boolean;
  preauthorizesBeside: Facts['server']['preauthorizesBeside'];
  readonly leavesTidying?: boolean;
  readonly remembersSets?: boolean;
  searched: boolean;
  /** Keys that the server accepted, or the board used, before this job: their end is what a re-keying shows. */
  oldKeys: ReadonlySet<KeyFingerprint>;
  revoked: readonly string[];
  refusalTested: KeyFingerprint | null;
  provedStaged: KeyFingerprint | null;
  readonly formerIdentity: Identity | null;
  formerDevice: string | null;
  /** The device of the former identity where the server was asked to remove it and still had it at last sight. */
  decommissioning: string | null;
  refused: readonly KeyFingerprint[];
  /** The key made or imported by this job. */
  key: {
    readonly public: PublicKey;
    readonly pair: KeyPair | null;
    readonly origin: Exclude<KeyOrigin, 'server'>;
  } | null;
  imported: ImportedKey | null;
  signedRequest: SignedRequest | null;
  /** Whether this job brought the auth set of its key to the server. */
  broughtAuthSet: boolean;
  /** The auth set that this job's accept took the place of: where the switch surely failed it is accepted again. */
  acceptedOver: string | null;
  authenticated: KeyFingerprint | null;
  /** How often the client was asked to show its key, what it showed, and what it said. */
  knocks: number;
  shown: AuthSet | null;
  clientSaid: string | null;
  /** The auth set that this job has accepted. */
  accepted: AuthSet['id'] | null;
  proof: Proof | null;
  /** Whether this job began to stage a key that is not in use yet: the file may be there, whole or not. */
  mayBeStaged: boolean;
  /** Whether the last thing that was done was to read the device once more. */
  verified: boolean;
  changed: boolean;
  switched: boolean;
  /** The key that this job's switch put in place, made by it or staged by an earlier one. */
  putInPlace: KeyFingerprint | null;
  /** Whether the client ran after this job's switch; null where it is not kept running, or nothing was switched. */
  clientRunning: boolean | null;
  configured: boolean;
  importSettled: boolean;
}

/** An auth request and its signature: together a credential. */
export interface SignedRequest {
  readonly fingerprint: KeyFingerprint;
  readonly body: Secret<Uint8Array>;
  readonly signature: Secret<Uint8Array>;
}

/** Reduces the state to what decisions depend on. */
export function factsOf(state: JobState, journal: JobJournal): Facts {
  const { observation, inUse, staged, key } = state;
  const canSign = (type: PublicKey['type'] | undefined): boolean =>
    type !== undefined && type !== 'other' && observation.canSign.includes(type);
  return {
    board: {
      inUse: inUseKey(state, journal)?.fingerprint ?? knownKey(inUse, journal),
      staged: staged === null ? 'none' : knownStaged(staged, journal),
      signsInUse: inUse.state === 'present' && canSign(inUse.publicKey?.type),
      signsStaged: canSign(staged?.publicKey?.type),
      former: state.former === null ? 'none' : knownStaged(state.former, journal),
      signsFormer: canSign(state.former?.publicKey?.type) && !state.formerIsBroken,
      knowsStaged:
        staged !== null &&
        (staged.publicKey !== null || key?.public.fingerprint === knownStaged(staged, journal)),
      configuration:
        state.configuration.files.length === 0
          ? 'as-wanted'
          : state.configuration.elsewhere === null
            ? 'differs'
            : 'elsewhere',
      fixedKey: fixedKey(inUse),
      clock: state.clock,
    },
    server: {
      reachable: state.reachable,
      preauthorizesBeside: state.preauthorizesBeside,
      leavesTidying: state.leavesTidying === true,
      remembersSets: state.remembersSets === true,
      device: state.device,
      vanished: state.vanished,
      refused: state.refused,
    },
    job: {
      key: key?.public.fingerprint ?? null,
      holdsPrivateKey: key !== null && key.pair !== null,
      authenticated: state.authenticated,
      knocks: state.knocks,
      proof: state.proof,
      verified: state.verified,
      changed: state.changed,
      switched: state.switched,
      configured: state.configured,
      importSettled: state.importSettled,
      formerKey: state.formerKey,
      provedStaged: state.provedStaged,
      searched: state.searched || inUse.publicKey === null,
      revoked: state.revoked,
      refusalTested: state.refusalTested,
      identityChanged: state.formerIdentity !== null,
      formerDevice: state.formerDevice,
    },
  };
}

/** Why the key in use must not be replaced; null where it may be. */
export function fixedKey({
  state,
  certificate,
}: Pick<KeyFileReading, 'state' | 'certificate'>): FixedKey | null {
  if (state === 'engine' || state === 'passphrase') return state;
  return certificate === null ? null : 'mutual-tls';
}

/** The key in use: read from its file, recorded, or shown by the client's own auth request; null where nothing tells. */
export function inUseKey(
  { inUse, shown }: Pick<JobState, 'inUse' | 'shown'>,
  journal: JobJournal,
): Pick<PublicKey, 'fingerprint' | 'type'> | null {
  const named = namedKey(inUse, journal);
  if (named !== null || shown === null) return named;
  return { fingerprint: shown.fingerprint, type: shown.keyType ?? 'other' };
}

/**
 * The auth set of a client that has asked for authorization between two looks at its device; null where that is not
 * certain. `before` is null where the first look found no device: the server may hide one that has never been accepted.
 */
export function shownBy(
  authorized: boolean,
  before: readonly AuthSet[] | null,
  after: readonly AuthSet[],
): AuthSet | null {
  const candidates = authorized
    ? after.filter(({ status }) => status === 'accepted')
    : after.filter((set) => before?.every(({ id }) => id !== set.id) === true);
  return candidates.length === 1 ? (candidates[0] ?? null) : null;
}

/** Which key a key file holds; by its recorded hash where nothing on the board can derive the public half. */
export function knownKey(
  file: Pick<KeyFileReading, 'state' | 'publicKey' | 'sha256'>,
  journal: JobJournal,
): KnownKey {
  if (file.state === 'missing') return 'none';
  return namedKey(file, journal)?.fingerprint ?? 'unknown';
}

/** Fingerprint and type of the key in a file, read or by its recorded hash; null where neither tells. */
export function namedKey(
  { publicKey, sha256 }: Pick<KeyFileReading, 'publicKey' | 'sha256'>,
  journal: Pick<JobJournal, 'stagedKeyBySha256'>,
): Pick<PublicKey, 'fingerprint' | 'type'> | null {
  if (publicKey !== null) return publicKey;
  const recorded = sha256 === null ? null : journal.stagedKeyBySha256(sha256);
  return recorded === null ? null : { fingerprint: recorded.fingerprint, type: recorded.keyType };
}

/** The auth set of the key in use, as the server was last seen. */
export function setInUse({ device, inUse, shown }: JobState): AuthSet | null {
  const key = inUse.publicKey?.fingerprint ?? shown?.fingerprint;
  return device?.authSets.find(({ fingerprint }) => fingerprint === key) ?? null;
}

/** The key of an earlier job that this one resumes, where it is still staged: taken back with this job's own. */
export function resumedStaged(
  { inUse, staged }: Pick<JobState, 'inUse' | 'staged'>,
  journal: JobJournal,
  resumed: readonly KeyFingerprint[],
): KeyFingerprint | null {
  const ours = (key: KnownKey): KeyFingerprint | null => resumed.find((one) => one === key) ?? null;
  if (staged === null || ours(knownKey(inUse, journal)) !== null) return null;
  return ours(knownStaged(staged, journal));
}

function knownStaged(staged: StagedKey, journal: JobJournal): KnownKey {
  return namedKey(staged, journal)?.fingerprint ?? 'unknown';
}
