import type { AuthSetStatus, Device } from '../../../src/model/device.ts';
import type { Proof } from '../../../src/model/job.ts';
import type { KeyFingerprint } from '../../../src/model/key.ts';
import type { Act, Facts, Wanted } from '../../../src/flows/index.ts';

/** Keys of the small world: the one in use, one staged earlier, a stranger's, and the one that this job makes. */
export const [IN_USE, STAGED, STRANGER, NEW] = ['in-use', 'staged', 'stranger', 'new'].map(
  (name) => `sha256:${name}` as KeyFingerprint,
) as [KeyFingerprint, KeyFingerprint, KeyFingerprint, KeyFingerprint];

export interface World {
  /** Servers of 2023 preauthorize no key beside another. 2026 unless said. */
  readonly mode?: '2026' | '2023';
  /** The replaced key that a re-keying has kept on the board. */
  readonly former?: KeyFingerprint | 'none' | 'unknown';
  readonly inUse: KeyFingerprint | 'none' | 'unknown';
  readonly staged: KeyFingerprint | 'none' | 'unknown';
  /** How many jobs were cut before this one: each makes a key of its own. */
  readonly round?: number;
  readonly openssl: boolean;
  readonly configured: boolean;
  readonly sets: Readonly<Record<KeyFingerprint, AuthSetStatus>> | null;
  readonly decommissioning: boolean;
  /** The key behind an `unknown` one in use, which only the client can use. */
  readonly hidden?: KeyFingerprint;
  readonly job: Job;
}

export interface Job {
  readonly key: KeyFingerprint | null;
  readonly holdsPrivateKey: boolean;
  readonly refused: readonly KeyFingerprint[];
  readonly authenticated: KeyFingerprint | null;
  readonly knocks: number;
  /** What the client's own auth request showed. */
  readonly shown: KeyFingerprint | null;
  readonly proof: Proof | null;
  readonly verified: boolean;
  readonly changed: boolean;
  readonly switched: boolean;
  readonly configured: boolean;
  readonly importSettled: boolean;
  readonly formerKey: World['inUse'];
  readonly provedStaged: KeyFingerprint | null;
  readonly preauthorizesBeside: Facts['server']['preauthorizesBeside'];
  readonly searched: boolean;
  readonly revoked: readonly string[];
  readonly refusalTested: KeyFingerprint | null;
}

/** What a job knows when it starts: nothing. */
export function begin(world: Omit<World, 'job'>): World {
  const { mode = '2026', former = 'none', round = 0, inUse, staged, openssl, configured, sets } = world;
  const { decommissioning, hidden } = world;
  return {
    mode,
    former,
    round,
    ...(hidden === undefined ? {} : { hidden }),
    inUse,
    staged,
    openssl,
    configured,
    sets,
    decommissioning,
    job: {
      key: null,
      holdsPrivateKey: false,
      refused: [],
      authenticated: null,
      knocks: 0,
      shown: null,
      proof: null,
      verified: false,
      changed: false,
      switched: false,
      configured: false,
      importSettled: false,
      formerKey: inUse,
      provedStaged: null,
      preauthorizesBeside: 'unknown',
      searched: false,
      revoked: [],
      refusalTested: null,
    },
  };
}

/** The key that the job of this world makes. */
export function newKey({ round = 0 }: Pick<World, 'round'>): KeyFingerprint {
  return round === 0 ? NEW : (`sha256:new-${round}` as KeyFingerprint);
}

export function deviceOf(world: World): Device | null {
  if (world.sets === null) return null;
  const order: Device['status'][] = ['accepted', 'preauthorized', 'pending', 'rejected'];
  const authSets = Object.entries(world.sets).map(([key, status]) => ({
    id: `set of ${key}`,
    fingerprint: key as KeyFingerprint,
    status,
  }));
  const status = order.find((candidate) => authSets.some((set) => set.status === candidate)) ?? 'noauth';
  return { id: 'device', identity: { mac: 'm' }, status, decommissioning: world.decommissioning, authSets };
}

export function factsOf(world: World): Facts {
  const known = (key: World['inUse']): boolean => key !== 'none' && key !== 'unknown';
  return {
    board: {
      inUse: world.inUse === 'unknown' ? (world.job.shown ?? 'unknown') : world.inUse,
      staged: world.staged,
      signsInUse: world.openssl && known(world.inUse),
      signsStaged: world.openssl && known(world.staged),
      former: world.former ?? 'none',
      signsFormer: world.openssl && known(world.former ?? 'none'),
      knowsStaged: world.openssl || world.job.key === world.staged,
      configuration: world.configured ? 'as-wanted' : 'differs',
      fixedKey: null,
      clock: 'right',
    },
    server: {
      reachable: true,
      preauthorizesBeside: world.job.preauthorizesBeside,
      device: deviceOf(world),
      refused: world.job.refused,
    },
    job: { ...world.job, identityChanged: false, formerDevice: null },
  };
}

/** The world after an action, as a Mender server and a board make it. Refuses what they would refuse. */
export function after(world: World, decision: Act, wanted: Wanted): World {
  const { job, ...then } = effect(world, decision, wanted);
  return { ...then, job: { ...job, verified: decision.do === 'verify-device' } };
}

function effect(world: World, decision: Act, wanted: Wanted): World {
  const changed = (change: Partial<World>, job: Partial<Job> = {}): World => ({
    ...world,
    ...change,
    job: { ...world.job, changed: true, ...job },
  });
  switch (decision.do) {
    case 'set-clock':
      return changed({});
    case 'make-key':
      return { ...world, job: { ...world.job, key: newKey(world), holdsPrivateKey: true } };
    case 'stage':
      if (wanted.key.from === 'board') return changed({ staged: newKey(world) }, { key: newKey(world) });
      if (world.job.key === null) throw new Error('there is no key to stage');
      return changed({ staged: world.job.key });
    case 'configure':
      return changed({ configured: true }, { configured: true });
    case 'discard-staged':
      return changed({ staged: 'none' });
    case 'submit': {
      requireSigner(world, decision.key, decision.signer);
      const status = world.sets?.[decision.key];
      if (status === 'preauthorized' || status === 'accepted') {
        const sets = accepting(world, decision.key);
        return changed({ sets }, { authenticated: decision.key, proof: world.job.proof ?? 'station' });
      }
      const sets = { ...world.sets, [decision.key]: status ?? 'pending' };
      return changed({ sets }, { refused: [...world.job.refused, decision.key] });
    }
    case 'authenticate':
      requireSigner(world, decision.key, decision.signer);
      if (world.sets?.[decision.key] !== 'accepted') throw new Error('the server would answer 401');
      return {
        ...world,
        job: { ...world.job, authenticated: decision.key, proof: world.job.proof ?? 'station' },
      };
    case 'accept': {
      const key = decision.authSetId.replace('set of ', '') as KeyFingerprint;
      if (world.sets?.[key] === 'preauthorized') throw new Error('a server of 2023 answers 400');
      return changed({ sets: accepting(world, key) });
    }
    case 'switch': {
      if (world.staged === 'none') throw new Error('there is nothing to switch to');
      const kept = wanted.flow === 'rekey' && world.inUse !== 'none' ? { former: world.inUse } : {};
      return changed(
        { inUse: world.staged, staged: 'none', configured: true, ...kept },
        { switched: true, configured: true, proof: world.openssl ? 'board-key' : world.job.proof },
      );
    }
    case 'prove':
      if (decision.by === 'board-key' && !world.openssl) throw new Error('the board cannot sign');
      if (decision.by === 'board-client' && !world.configured) throw new Error('the client has no server');
      if (acceptedKey(world) === null) throw new Error('the client would be refused');
      return { ...world, job: { ...world.job, proof: decision.by } };
    case 'knock': {
      if (!world.configured) throw new Error('the client has no server');
      // A client without a key makes one.
      const now: World = world.inUse === 'none' ? { ...world, inUse: 'unknown', hidden: NEW } : world;
      const key = keyInUse(now);
      if (key === null) throw new Error('there is no key to ask with');
      const status = world.sets?.[key];
      const isAuthorized = status === 'accepted' || status === 'preauthorized';
      const sets = isAuthorized ? accepting(world, key) : { ...world.sets, [key]: status ?? 'pending' };
      const isNew = status === undefined && world.sets !== null;
      const asked = { knocks: world.job.knocks + 1, shown: isAuthorized || isNew ? key : null };
      return {
        ...now,
        sets,
        job: {
          ...world.job,
          ...asked,
          changed: world.job.changed || status !== 'accepted',
          ...(isAuthorized ? { authenticated: key, proof: 'board-client' as const } : {}),
        },
      };
    }
    case 'prove-staged':
      if (!world.openssl || world.staged !== decision.key) throw new Error('the board cannot sign with it');
      return { ...world, job: { ...world.job, provedStaged: decision.key } };
    case 'find-device':
      return { ...world, job: { ...world.job, searched: true, changed: true } };
    case 'preauthorize': {
      if (world.mode === '2023') return changed({}, { preauthorizesBeside: 'no' });
      const statuses = Object.values(world.sets ?? {});
      if (world.sets?.[decision.key] === 'accepted') throw new Error('its tokens would end');
      if (statuses.includes('preauthorized')) throw new Error('a second preauthorized key');
      const sets = { ...world.sets, [decision.key]: 'preauthorized' as const };
      return changed({ sets }, { preauthorizesBeside: 'yes' });
    }
    case 'reject': {
      const key = decision.authSetId.replace('set of ', '') as KeyFingerprint;
      const status = world.sets?.[key];
      if (status === 'preauthorized') throw new Error('the server answers 400');
      if (status === 'rejected' && world.mode === '2023') throw new Error('a server of 2023 answers 400');
      return changed({ sets: { ...world.sets, [key]: 'rejected' } });
    }
    case 'revoke-tokens':
      return changed({}, { revoked: [...world.job.revoked, decision.authSetId] });
    case 'test-refusal':
      if (!world.openssl || world.former !== decision.key) throw new Error('nobody can sign with it');
      if (world.sets?.[decision.key] !== 'rejected') throw new Error('its refusal would show nothing');
      return changed({}, { refusalTested: decision.key });
    case 'destroy-former':
      return changed({ former: 'none' });
    case 'decommission-former':
      return changed({});
    case 'verify-device':
      return world;
    case 'consume-import':
      return { ...world, job: { ...world.job, importSettled: true } };
    case 'remove-auth-set': {
      const key = decision.authSetId.replace('set of ', '') as KeyFingerprint;
      const { [key]: gone, ...sets } = world.sets ?? {};
      const left = Object.values(sets);
      // A preauthorized set takes its device along where it is the last one; in 2023 always but for an accepted one.
      if (gone === 'preauthorized' && world.mode === '2023' && left.includes('pending'))
        throw new Error('a server of 2023 loses the pending set with the device');
      const isDeviceGone = gone === 'preauthorized' && (left.length === 0 || world.mode === '2023');
      return changed({ sets: isDeviceGone ? null : sets });
    }
  }
}

/** The key that the board's client has, whether or not anybody else can tell. */
export function keyInUse(world: World): KeyFingerprint | null {
  if (world.inUse === 'none') return null;
  return world.inUse === 'unknown' ? (world.hidden ?? IN_USE) : world.inUse;
}

/** The key in use, where the server has accepted it. */
function acceptedKey(world: World): KeyFingerprint | null {
  const key = keyInUse(world);
  return key !== null && world.sets?.[key] === 'accepted' ? key : null;
}

function accepting(world: World, key: KeyFingerprint): Record<KeyFingerprint, AuthSetStatus> {
  const others = Object.entries(world.sets ?? {}).map(([other, status]) => [
    other,
    status === 'accepted' || (status === 'preauthorized' && world.mode === '2023') ? 'rejected' : status,
  ]);
  return { ...(Object.fromEntries(others) as Record<KeyFingerprint, AuthSetStatus>), [key]: 'accepted' };
}

function requireSigner(world: World, key: KeyFingerprint, signer: string): void {
  const can = {
    station: world.job.holdsPrivateKey && world.job.key === key,
    'board-staged': world.openssl && world.staged === key,
    'board-in-use': world.openssl && world.inUse === key,
    'board-client': keyInUse(world) === key && world.configured,
  };
  if (!can[signer as keyof typeof can]) throw new Error(`${signer} cannot sign with ${key}`);
}
