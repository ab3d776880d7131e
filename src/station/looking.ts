import { readConfiguration } from '../boards/configuration.ts';
import { requireIdentity, requireReady } from '../flows/reconcile/obstacles.ts';
import { fixedKey, namedKey } from '../flows/reconcile/state.ts';
import type { JournalReader } from '../journal/index.ts';
import type { BoardObservation } from '../model/board.ts';
import type { Device } from '../model/device.ts';
import { isIdentity, type Identity } from '../model/identity.ts';
import type { ErrorReport } from '../model/job.ts';
import type { BoardProfile } from '../model/profile.ts';
import type { UnitReport } from '../model/rekey.ts';
import type { Secret } from '../model/secret.ts';
import type { ServerProfile } from '../model/server-profile.ts';
import { asStationError, StationError } from '../model/station-error.ts';
import type { PortEntry } from '../serial/index.ts';
import type { DeviceServer } from '../servers/device-server.ts';
import { observeBoard, type ReadingParts } from './identifying.ts';
import { casesOf, sentencesOf, type Findings } from './unit-cases.ts';

/** Earlier jobs of a unit that a report tells. */
const JOBS_TOLD = 20;

export interface LookingParts extends ReadingParts {
  readonly journal: JournalReader;
  readonly serverProfile: ServerProfile;
  /** A server with a session. */
  readonly server: (signal: AbortSignal) => Promise<DeviceServer>;
  readonly tenantToken: Secret<string> | null;
}

/**
 * Reads a returned unit: the board, its device on the server, its jobs in the record. Changes nothing. A server that
 * cannot be asked is told as `offline`, and the rest is told all the same.
 *
 * @throws StationError for a board that cannot be read, or whose identity cannot.
 */
export async function lookAtUnit(
  port: PortEntry,
  profile: BoardProfile,
  parts: LookingParts,
  signal: AbortSignal,
): Promise<UnitReport> {
  const { journal, serverProfile } = parts;
  const board = await observeBoard(port, profile, parts, signal);
  const identity = requireIdentity(board);
  const key = namedKey(board.key, journal);
  const owner = key === null ? null : journal.keyOwner(key.fingerprint);
  const formerIdentity = owner === null || isIdentity(owner, identity) ? null : owner;
  const asked = await askServer(parts, identity, formerIdentity, signal);
  const findings: Findings = {
    serverName: serverProfile.name,
    serverUrl: serverProfile.boardUrl ?? serverProfile.url,
    board,
    fingerprint: key?.fingerprint ?? null,
    device: asked.device,
    offline: asked.offline !== null,
    former: formerIdentity === null ? null : { identity: formerIdentity, device: asked.formerDevice },
    ...configured(board, parts.tenantToken),
  };
  const cases = casesOf(findings);
  return {
    port: port.path,
    slot: port.slot,
    identity,
    key: { fingerprint: findings.fingerprint, type: key?.type ?? null, path: board.key.realPath },
    staged:
      board.staged === null ? null : { fingerprint: namedKey(board.staged, journal)?.fingerprint ?? null },
    serverUrls: findings.serverUrls,
    device: asked.device,
    offline: asked.offline,
    jobs: jobsOf(journal, identity, formerIdentity),
    former: findings.former,
    cases,
    sentences: sentencesOf(findings, cases),
    obstacle: obstacleOf(board, asked.device, serverProfile.name),
  };
}

interface Asked {
  readonly device: Device | null;
  readonly formerDevice: Device | null;
  readonly offline: ErrorReport | null;
}

async function askServer(
  { journal, serverProfile, server }: LookingParts,
  identity: Identity,
  former: Identity | null,
  signal: AbortSignal,
): Promise<Asked> {
  try {
    const open = await server(signal);
    const find = (whose: Identity): Promise<Device | null> =>
      open.find(whose, journal.lastDeviceId(serverProfile.url, whose), signal);
    return {
      device: await find(identity),
      formerDevice: former === null ? null : await find(former),
      offline: null,
    };
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    return { device: null, formerDevice: null, offline: asStationError(thrown).toReport() };
  }
}

/** Which servers the board's client uses, and whether it names another organization than the station would. */
function configured(
  { configuration }: BoardObservation,
  tenantToken: Secret<string> | null,
): Pick<Findings, 'serverUrls' | 'otherTenant'> {
  const read = [configuration.main, configuration.fallback].flatMap(({ text, path }) => {
    try {
      return text === null ? [] : [readConfiguration(text, path)];
    } catch {
      return []; // told as the obstacle that it is
    }
  });
  const token = read.find((file) => file.tenantToken !== null)?.tenantToken ?? null;
  return {
    serverUrls: read.find(({ serverUrls }) => serverUrls.length > 0)?.serverUrls ?? [],
    otherTenant: token !== null && tenantToken !== null && token.reveal() !== tenantToken.reveal(),
  };
}

/** Earlier jobs with this identity, and with the one that had its key before. */
function jobsOf(journal: JournalReader, identity: Identity, former: Identity | null): UnitReport['jobs'] {
  return [identity, ...(former === null ? [] : [former])]
    .flatMap((whose) => journal.unitJobs(whose, JOBS_TOLD))
    .flatMap(({ job, flow, endedAt, result }) =>
      endedAt === null || result === null
        ? []
        : [{ job, at: endedAt, verdict: result.verdict, flow: flow ?? ('provision' as const) }],
    )
    .toSorted((a, b) => (a.at < b.at ? 1 : -1))
    .slice(0, JOBS_TOLD);
}

/** The first thing that keeps this unit from being re-keyed as it is. */
function obstacleOf(board: BoardObservation, device: Device | null, server: string): ErrorReport | null {
  try {
    requireReady(board);
    const fixed = fixedKey(board.key);
    const { path, certificate } = board.key;
    if (fixed !== null)
      throw new StationError(`board/key-${fixed}`, { path, certificate: certificate ?? '' });
    if (device?.decommissioning === true) throw new StationError('server/decommissioning', { server });
    return null;
  } catch (thrown) {
    return asStationError(thrown).toReport();
  }
}
