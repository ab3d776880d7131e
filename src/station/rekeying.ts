import type { CallParams, ProvisionReport } from '../contract.ts';
import type { ResumedRekey } from '../flows/index.ts';
import type { JournalReader } from '../journal/index.ts';
import type { Identity } from '../model/identity.ts';
import type { JobId, OldKeyOutcome } from '../model/job.ts';
import type { KeyFingerprint } from '../model/key.ts';
import type { Plan } from '../model/rekey.ts';
import { asStationError, StationError } from '../model/station-error.ts';
import type { DeviceServer } from '../servers/device-server.ts';
import type { JobOrder } from '../slots/jobs.ts';
import { parseKeySource } from './key-source.ts';
import { planOrder } from './planning.ts';
import { jobOrder, play, type ProvisioningParts } from './provisioning.ts';

/** What a call of `rekey` works with. */
export interface RekeyingParts extends ProvisioningParts {
  /** A server without looking whether it is there. */
  readonly absentServer: (name: string) => DeviceServer;
}

/** Errors after which a re-keying may begin all the same, and wait for the server. */
const AWAY: ReadonlySet<string> = new Set(['server/unreachable', 'server/timeout']);

/**
 * Gives the unit on a port a new key, and resolves when it has its verdict.
 *
 * A login that is missing or has ended is found before the unit is touched, and thrown. A server that cannot be reached
 * is waited for, where the call allows it.
 *
 * @param resumes the re-keying of this unit that was cut off and is finished by this one.
 */
export async function rekeyUnit(
  params: CallParams<'rekey'>,
  parts: RekeyingParts,
  signal: AbortSignal | undefined,
  resumes: (ResumedRekey & { readonly identity: Identity | null }) | null = null,
): Promise<ProvisionReport> {
  const began = parts.clock.monotonic();
  const order = await rekeyOrder(params, parts, signal, resumes);
  return await play([order], parts, began, signal);
}

/** What the same call would do, from the same decisions. Reads the unit and its server; changes nothing. */
export async function planRekey(
  params: CallParams<'rekey'>,
  parts: RekeyingParts,
  signal: AbortSignal | undefined,
): Promise<Plan> {
  const order = await rekeyOrder(params, parts, signal, null);
  return await planOrder(order, signal ?? new AbortController().signal);
}

async function rekeyOrder(
  params: CallParams<'rekey'>,
  parts: RekeyingParts,
  signal: AbortSignal | undefined,
  resumes: (ResumedRekey & { readonly identity: Identity | null }) | null,
): Promise<JobOrder> {
  const { jobs, bench } = parts;
  const profile = parts.profile(params.profile);
  const keySource = params.keySource === undefined ? null : parseKeySource(params.keySource);
  if (keySource?.from === 'keep')
    throw new StationError('station/usage', {
      detail: 'A re-keying gives the unit a new key: keep is no source for it.',
    });
  const port = await bench.port(params.port);
  const server = await reach(params, parts, signal);
  if (jobs.runningOn(port.path)) throw new StationError('port/in-job', { port: port.path });
  const { reason, confirmed, decommissionFormer, waitMs } = params;
  const order = jobOrder(
    port,
    { ...params, profile, keySource, server, ...(resumes === null ? {} : { resumes }) },
    parts,
  );
  return {
    ...order,
    parts: { ...order.parts, reachServer: (reaching) => parts.server(params.server, reaching) },
    rekey: { reason, confirmed, decommissionFormer, waitMs, resumes },
  };
}

async function reach(
  { server: name, waitMs }: CallParams<'rekey'>,
  parts: RekeyingParts,
  signal: AbortSignal | undefined,
): Promise<DeviceServer> {
  try {
    const server = await parts.server(name, signal);
    if (server.issuer !== undefined)
      throw new StationError('server/not-offered', {
        server: name,
        what: await server.issuer.whyNoNewKey(signal ?? new AbortController().signal),
      });
    // One call that needs the login: one that has ended must not cost a board its key.
    await server.limit(signal ?? new AbortController().signal);
    return server;
  } catch (thrown) {
    if (waitMs === 0 || !AWAY.has(asStationError(thrown).code)) throw thrown;
    return parts.absentServer(name);
  }
}

/** Actions by which the server is told of a key. */
const TELLS: ReadonlySet<string> = new Set(['preauthorize', 'auth-request']);

/** What the record knows of a re-keying that was cut off: what was asked for, and what it had come to. */
export interface CutRekey {
  readonly wish: Pick<CallParams<'rekey'>, 'reason' | 'confirmed' | 'decommissionFormer'>;
  readonly resumes: ResumedRekey;
}

/**
 * Reads a re-keying that was cut off, and those before it that it was itself to finish: a key that any of them staged is
 * the new key of the unit.
 */
export function cutRekey(journal: JournalReader, job: JobId): CutRekey {
  const keys: KeyFingerprint[] = [];
  const imported: KeyFingerprint[] = [];
  const sent = new Set<unknown>();
  const tested: KeyFingerprint[] = [];
  let oldKeys: Set<KeyFingerprint> | null = null;
  let former: Identity | null = null;
  let oldKey: OldKeyOutcome = 'none';
  let replacing = false;
  let wish: CutRekey['wish'] | null = null;
  const seen = new Set<JobId>();
  for (let at: JobId | undefined = job; at !== undefined && !seen.has(at);) {
    seen.add(at);
    let before: JobId | undefined;
    let asked: unknown = null;
    for (const { event } of journal.events(at)) {
      if (event.kind === 'job-started') {
        before = event.resumes;
        if (wish === null && event.rekey !== undefined) {
          const { reason, confirmed, decommissionFormer } = event.rekey;
          wish = { reason, confirmed: [...confirmed], decommissionFormer };
        }
      } else if (event.kind === 'key-staged') {
        keys.push(event.fingerprint);
        if (event.origin === 'import') imported.push(event.fingerprint);
      } else if (event.kind === 'rekey-requested') sent.add(event.fingerprint);
      else if (event.kind === 'step-intent' && TELLS.has(event.action) && event.detail['known'] !== true)
        sent.add(event.detail['fingerprint']);
      else if (event.kind === 'step-intent' && event.action === 'switch-key') replacing = true;
      else if (event.kind === 'rekey-found') {
        oldKeys = new Set([...(oldKeys ?? []), ...event.oldKeys]);
        former ??= event.former;
      } else if (event.kind === 'step-intent' && event.action === 'test-refusal')
        asked = event.detail['fingerprint'];
      else if (
        event.kind === 'step-outcome' &&
        event.action === 'test-refusal' &&
        event.outcome === 'done' &&
        event.detail['refused'] === true
      ) {
        oldKey = 'refused-tested';
        tested.push(asked as KeyFingerprint);
      }
    }
    at = before;
  }
  return {
    wish: wish ?? { reason: { code: 'returned', text: '' }, confirmed: [], decommissionFormer: false },
    resumes: {
      job,
      keys,
      unsent: imported.filter((key) => !sent.has(key)),
      oldKeys: oldKeys === null ? null : [...oldKeys],
      tested,
      former,
      oldKey,
      replacing,
    },
  };
}
