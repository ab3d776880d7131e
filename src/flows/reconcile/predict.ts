import type { AuthSet, AuthSetStatus, Device } from '../../model/device.ts';
import type { KeyFingerprint } from '../../model/key.ts';
import type { Act } from './decision.ts';
import type { Facts, Wanted } from './facts.ts';

/** Stands for a key that is not made yet. */
export const PLANNED = 'sha256:planned' as KeyFingerprint;

/** What a prediction takes for granted, where looking alone does not tell. */
export interface Assumptions {
  /** Whether the board can sign with a key of the wanted type. */
  readonly boardSigns: boolean;
  /** Whether the server preauthorizes a key beside an accepted one. */
  readonly preauthorizesBeside: 'yes' | 'no';
}

/** The facts after an action that goes well, as boards and Mender servers make them. A pure function. */
export function predict(facts: Facts, act: Act, wanted: Wanted, assumed: Assumptions): Facts {
  const { board, server, job } = facts;
  const seen = (change: {
    readonly board?: Partial<Facts['board']>;
    readonly server?: Partial<Facts['server']>;
    readonly job?: Partial<Facts['job']>;
  }): Facts => ({
    board: { ...board, ...change.board },
    server: { ...server, ...change.server },
    job: { ...job, changed: true, verified: false, ...change.job },
  });
  const { device } = server;
  switch (act.do) {
    case 'set-clock':
      return seen({ board: { clock: 'right' } });
    case 'make-key':
      return seen({ job: { key: PLANNED, holdsPrivateKey: true, changed: job.changed } });
    case 'stage': {
      const staged = job.key ?? PLANNED;
      return seen({
        board: { staged, signsStaged: assumed.boardSigns, knowsStaged: true },
        job: { key: staged },
      });
    }
    case 'prove-staged':
      return seen({ job: { provedStaged: act.key, changed: job.changed } });
    case 'discard-staged':
      return seen({ board: { staged: 'none', signsStaged: false, knowsStaged: false } });
    case 'configure':
      return seen({ board: { configuration: 'as-wanted' }, job: { configured: true } });
    case 'find-device':
      return seen({ job: { searched: true, changed: job.changed } });
    case 'submit': {
      const status = statusOf(device, act.key);
      if (status === 'preauthorized' || status === 'accepted')
        return seen({
          server: { device: accepting(device, act.key) },
          job: { authenticated: act.key, proof: job.proof ?? 'station' },
        });
      return seen({
        server: {
          device: withSet(device, act.key, status ?? 'pending'),
          refused: [...server.refused, act.key],
        },
      });
    }
    case 'knock':
      return seen({
        board: { inUse: PLANNED },
        server: { device: withSet(device, PLANNED, 'pending') },
        job: { knocks: job.knocks + 1 },
      });
    case 'preauthorize':
      return assumed.preauthorizesBeside === 'no'
        ? seen({ server: { preauthorizesBeside: 'no' } })
        : seen({
            server: { preauthorizesBeside: 'yes', device: withSet(device, act.key, 'preauthorized') },
          });
    case 'accept': {
      const key = device?.authSets.find(({ id }) => id === act.authSetId)?.fingerprint;
      return key === undefined ? seen({}) : seen({ server: { device: accepting(device, key) } });
    }
    case 'reject':
      return seen({ server: { device: withStatus(device, act.authSetId, 'rejected') } });
    case 'authenticate':
      return seen({
        job: { authenticated: act.key, proof: job.proof ?? 'station', changed: job.changed },
      });
    case 'switch':
      return seen({
        board: {
          inUse: board.staged,
          staged: 'none',
          signsInUse: board.signsStaged,
          signsStaged: false,
          knowsStaged: false,
          configuration: 'as-wanted',
          ...(wanted.flow === 'rekey' && board.inUse !== 'none'
            ? { former: board.inUse, signsFormer: board.signsInUse }
            : {}),
        },
        job: { switched: true, proof: board.signsStaged ? 'board-key' : job.proof },
      });
    case 'prove':
      return seen({ job: { proof: act.by, changed: job.changed } });
    case 'revoke-tokens':
      return seen({ job: { revoked: [...job.revoked, act.authSetId] } });
    case 'test-refusal':
      return seen({ job: { refusalTested: act.key } });
    case 'remove-auth-set':
      return seen({ server: { device: withStatus(device, act.authSetId, null) } });
    case 'destroy-former':
      return seen({ board: { former: 'none', signsFormer: false } });
    case 'decommission-former':
      return seen({ job: { formerDevice: null } });
    case 'consume-import':
      return seen({ job: { importSettled: true } });
    case 'verify-device':
      return seen({ job: { verified: true, changed: job.changed } });
  }
}

function statusOf(device: Device | null, key: KeyFingerprint): AuthSetStatus | undefined {
  return device?.authSets.find(({ fingerprint }) => fingerprint === key)?.status;
}

function accepting(device: Device | null, key: KeyFingerprint): Device {
  const base = withSet(device, key, 'accepted');
  const sets = base.authSets.map((set) =>
    set.fingerprint !== key && set.status === 'accepted' ? { ...set, status: 'rejected' as const } : set,
  );
  return withSets(base, sets);
}

function withSet(device: Device | null, key: KeyFingerprint, status: AuthSetStatus): Device {
  const base = device ?? { id: 'new', identity: {}, status: 'noauth', decommissioning: false, authSets: [] };
  const others = base.authSets.filter(({ fingerprint }) => fingerprint !== key);
  const own = base.authSets.find(({ fingerprint }) => fingerprint === key);
  return withSets(base, [...others, { id: own?.id ?? `of ${key}`, fingerprint: key, status }]);
}

function withStatus(device: Device | null, id: string, status: AuthSetStatus | null): Device | null {
  if (device === null) return null;
  const sets = device.authSets.flatMap((set) =>
    set.id !== id ? [set] : status === null ? [] : [{ ...set, status }],
  );
  return withSets(device, sets);
}

/** A device is as strong as the strongest of its sets. */
function withSets(device: Device, authSets: readonly AuthSet[]): Device {
  const order = ['accepted', 'preauthorized', 'pending', 'rejected'] as const;
  const status = order.find((one) => authSets.some((set) => set.status === one)) ?? 'noauth';
  return { ...device, authSets, status };
}
