import type { CallParams, RekeyFileReport } from '../../contract.ts';
import { sign, verify } from '../../keys/index.ts';
import type { BoardObservation } from '../../model/board.ts';
import type { JobId } from '../../model/job.ts';
import type { KeyPair, PublicKey } from '../../model/key.ts';
import { secret } from '../../model/secret.ts';
import { StationError } from '../../model/station-error.ts';
import { readRequest, requestHash, writeRequest, type SignedAuthRequest } from '../../requests/documents.ts';
import type { KnownApprover, StationKey } from '../../settings/index.ts';
import { withBoard } from '../identifying.ts';
import { parseKeySource } from '../key-source.ts';
import { jobOrder } from '../provisioning.ts';
import type { RekeyingParts } from '../rekeying.ts';
import { offlineServer } from './offline-server.ts';

export interface RequestingParts extends RekeyingParts {
  readonly stationId: string;
  readonly signer: StationKey;
  readonly approver: KnownApprover;
}

/**
 * Stages and proves a unit's new key without the server, and writes the request by which an admin elsewhere has it
 * accepted. The job waits then, its board logged out, the old key active, nothing sent; it is finished with the approval.
 *
 * @throws StationError `request/not-staged`, and those of a job that cannot be started.
 */
export async function requestRekey(
  params: CallParams<'rekey.request'>,
  parts: RequestingParts,
  signal: AbortSignal,
): Promise<RekeyFileReport> {
  const profile = parts.profile(params.profile);
  const keySource = params.keySource === undefined ? null : parseKeySource(params.keySource);
  const port = await parts.bench.port(params.port);
  const real = parts.absentServer(params.server);
  const order = jobOrder(port, { ...params, profile, keySource, server: offlineServer(real) }, parts);
  let made: KeyPair | null = null;
  let kept: KeyPair | null = null;
  let looks = 0;
  await order.parts.journal.settled();
  const { job, done } = parts.jobs.start({
    ...order,
    parts: {
      ...order.parts,
      keys: {
        ...order.parts.keys,
        generate: async (type, generating) => {
          const pair = await order.parts.keys.generate(type, generating);
          made = pair;
          return pair;
        },
      },
      reachServer: () => {
        looks += 1;
        // The second look is the wait's: all that can be done here is done, and the job's own copy of the key goes with it.
        if (looks > 1) {
          kept = made === null ? null : copyOf(made);
          parts.jobs.suspend(job);
        }
        return offlineServer(real).limit(signal);
      },
    },
    rekey: {
      reason: params.reason,
      confirmed: params.confirmed,
      decommissionFormer: false,
      waitMs: params.expiresMs,
      resumes: null,
    },
  });
  const cancel = (): void => parts.jobs.cancel(job);
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const result = await done;
    if (result.error?.code !== 'job/suspended')
      throw new StationError('request/not-staged', {
        detail: result.error?.message.replace(/\.$/, '') ?? result.verdict,
      });
    const passwords = parts.passwords(profile, port.path);
    return await withBoard(port, profile, { ...parts, passwords }, signal, async (session, board) => {
      const key = stagedKey(board, kept);
      const request = real.authRequest(identityOf(board), key, {
        tenantToken: parts.tenantToken(params.server),
        tier: board.client.tier,
      });
      const bytes = request.reveal();
      const canSign = key.type !== 'other' && board.canSign.includes(key.type);
      const signature = canSign
        ? await session.sign('staged', bytes)
        : kept !== null
          ? sign(kept, bytes)
          : null;
      if (signature !== null && !verify(key, bytes, signature))
        throw new StationError('board/staged-proof-failed');
      const auth = signature === null ? null : { body: request, signature: secret(signature) };
      return write(params, parts, { job, board, key, auth, serverUrl: real.profile.url });
    });
  } finally {
    signal.removeEventListener('abort', cancel);
    (kept as KeyPair | null)?.privateKey.destroy();
  }
}

interface Staged {
  readonly job: JobId;
  readonly board: BoardObservation;
  readonly key: PublicKey;
  readonly auth: SignedAuthRequest | null;
  readonly serverUrl: string;
}

function write(
  params: CallParams<'rekey.request'>,
  parts: RequestingParts,
  { job, board, key, auth, serverUrl }: Staged,
): RekeyFileReport {
  const now = parts.clock.now();
  const expires = new Date(now + params.expiresMs).toISOString();
  const identity = identityOf(board);
  const file = writeRequest(
    {
      job,
      station: parts.stationId,
      operator: parts.operator(),
      at: new Date(now).toISOString(),
      expires,
      serverUrl,
      identity,
      publicKey: key.pem,
      fingerprint: key.fingerprint,
      oldKey: board.key.publicKey?.fingerprint ?? null,
      // A board that cannot sign has its client ask, which the server does not tell a station without a login.
      unitSigns: key.type !== 'other' && board.canSign.includes(key.type),
      reason: params.reason,
    },
    auth,
    parts.approver.sealingKey,
    parts.signer,
  );
  const { body } = readRequest(file, now);
  parts.journal.append({
    kind: 'rekey-requested',
    job,
    request: requestHash(body),
    fingerprint: key.fingerprint,
    approver: parts.approver.key as Extract<
      Parameters<typeof parts.journal.append>[0],
      { kind: 'rekey-requested' }
    >['approver'],
    expires,
  });
  return {
    file,
    job,
    identity,
    fingerprint: key.fingerprint,
    approver: parts.approver.station,
    expires,
    stationKey: parts.signer.fingerprint,
  };
}

function identityOf({ identity }: BoardObservation) {
  if (identity.state !== 'read')
    throw new StationError('request/not-staged', { detail: 'its identity could not be read again' });
  return identity.identity;
}

function stagedKey({ staged }: BoardObservation, kept: KeyPair | null): PublicKey {
  const key = kept ?? staged?.publicKey ?? null;
  if (staged === null || key === null)
    throw new StationError('request/not-staged', { detail: 'it is not on the board any more' });
  return key;
}

function copyOf(pair: KeyPair): KeyPair {
  return { ...pair, privateKey: secret(Uint8Array.from(pair.privateKey.reveal())) };
}
