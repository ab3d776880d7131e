import { realpath } from 'node:fs/promises';
import type { CallParams, ProvisionReport } from '../contract.ts';
import type { BoardDriver } from '../boards/driver.ts';
import type { Clock } from '../model/clock.ts';
import type { Journal } from '../journal/index.ts';
import type { KeyGenerator } from '../keys/index.ts';
import type { JobResult } from '../model/job.ts';
import type { KeySource } from '../model/key.ts';
import type { BoardProfile } from '../model/profile.ts';
import type { Plan } from '../model/rekey.ts';
import type { ServerProfile } from '../model/server-profile.ts';
import { secret, type Secret } from '../model/secret.ts';
import { StationError } from '../model/station-error.ts';
import type { PortEntry } from '../serial/index.ts';
import type { DeviceServer } from '../servers/device-server.ts';
import type { Bench } from '../slots/bench.ts';
import type { BatchDoor, JobOrder, Jobs, ResumedJob, StartedJob } from '../slots/jobs.ts';
import { REHEARSAL } from '../rehearsal/bench.ts';
import { doorOf, keySourceFor, requireServerOf } from './batches/admission.ts';
import { batchIn } from './batches/named.ts';
import { isNothing, wishOf } from './inventory/wish.ts';
import { nameNotes, wanting } from './inventory/wanting.ts';
import { keySourceText, parseKeySource } from './key-source.ts';
import { keyMaker } from './key-maker.ts';
import { planOrder } from './planning.ts';

/** What a call of `provision` works with. */
export interface ProvisioningParts {
  readonly bench: Bench;
  readonly jobs: Jobs;
  readonly journal: Journal;
  readonly driver: BoardDriver;
  readonly generator: KeyGenerator;
  readonly clock: Clock;
  readonly profile: (name: string) => BoardProfile;
  readonly server: (name: string, signal: AbortSignal | undefined) => Promise<DeviceServer>;
  readonly tenantToken: (server: string) => Secret<string> | null;
  readonly passwords: (profile: BoardProfile, port: string) => readonly Secret<string>[];
  readonly keyPassphrase: Secret<string> | null;
  readonly operator: () => string | null;
}

/**
 * Provisions a board on each port, side by side, and resolves when all have their verdicts.
 *
 * What would stop every board (no login, server not reachable, a wrong call) is found before any is touched, and thrown.
 *
 * @param resumes the interrupted jobs that are finished by this, by the path of the port where their board is now.
 */
export async function provisionPorts(
  params: CallParams<'provision'>,
  parts: ProvisioningParts,
  signal: AbortSignal | undefined,
  resumes: ReadonlyMap<string, ResumedJob> = new Map(),
): Promise<ProvisionReport> {
  const began = parts.clock.monotonic();
  return await play(await provisionOrders(params, parts, signal, resumes), parts, began, signal);
}

/** What the same call would do, board by board, from the same decisions. Reads boards and server; changes nothing. */
export async function planPorts(
  params: CallParams<'provision.plan'>,
  parts: ProvisioningParts,
  signal: AbortSignal | undefined,
): Promise<readonly Plan[]> {
  const orders = await provisionOrders(params, parts, signal, new Map());
  return await Promise.all(orders.map((order) => planOrder(order, signal ?? new AbortController().signal)));
}

async function provisionOrders(
  params: Omit<CallParams<'provision.plan'>, 'allow'> &
    Partial<Pick<CallParams<'provision'>, 'allow'>> &
    Pick<CallParams<'provision'>, 'passphrase' | 'label' | 'inventory'>,
  parts: ProvisioningParts,
  signal: AbortSignal | undefined,
  resumes: ReadonlyMap<string, ResumedJob>,
): Promise<readonly JobOrder[]> {
  const { jobs } = parts;
  const profile = parts.profile(params.profile);
  const given = params.keySource === undefined ? null : parseKeySource(params.keySource);
  const batch = params.batch === undefined ? null : batchIn(parts.journal, params.batch);
  // An interrupted job is finished whatever became of its batch meanwhile.
  if (batch !== null && batch.closed !== null && resumes.size === 0)
    throw new StationError('batch/closed', { name: batch.name });
  const keySource = batch === null ? given : keySourceFor(batch, given);
  const door =
    batch === null ? undefined : doorOf(batch, params.allow ?? [], keySource?.from === 'keep', parts);
  const ports = await distinctPorts(params.ports, parts.bench);
  const server = await parts.server(params.server, signal);
  if (batch !== null && resumes.size === 0) {
    const simulated = parts.bench.views().filter((view) => view.simulated);
    const isRehearsed =
      server.profile.name === REHEARSAL ||
      ports.some(({ slot }) => simulated.some((view) => view.slot === slot));
    requireServerOf(batch, server.profile, isRehearsed);
  }
  if (server.issuer !== undefined) {
    requireFit(profile, server.profile.name, keySource);
    await server.issuer.requireReady(signal ?? new AbortController().signal);
  }
  // One call that needs the login: a server that is down, or a login that has ended, must not cost a board its key.
  await server.limit(signal ?? new AbortController().signal);

  // All or none: a port that is taken must not leave the others at work for a call that failed.
  for (const { path } of ports)
    if (jobs.runningOn(path)) throw new StationError('port/in-job', { port: path });
  return ports.map((port) => {
    const resumed = resumes.get(port.path);
    // What was asked for when it began counts for what finishes it.
    const wish = wishOf(profile, params.inventory, ports.length, resumed?.job ?? null, parts.journal);
    const journal = wanting(parts.journal, { wish, batch: batch?.id ?? null, server: server.profile });
    const order = jobOrder(
      port,
      { ...params, profile, keySource, server, batch: door, resumes: resumed },
      { ...parts, journal },
    );
    return {
      ...order,
      ...(isNothing(wish) ? {} : { inventory: wish }),
      notes: (identity) => nameNotes(wish, identity),
    };
  });
}

/** A server that makes keys itself wants to know where they go on the board, and takes none from elsewhere. */
function requireFit(profile: BoardProfile, server: string, keySource: KeySource | null): void {
  if (keySource !== null)
    throw new StationError('server/not-offered', {
      server,
      what: 'a choice of the key: it makes certificate and key itself',
    });
  const detail =
    profile.mqtt === null
      ? 'it does not say where certificate and key go (mqtt)'
      : profile.leastProof !== 'station'
        ? `it asks for the proof ${profile.leastProof}; here the station connects with the key, and no more (leastProof: station)`
        : null;
  if (detail !== null)
    throw new StationError('station/profile-unfit', { profile: profile.name, server, detail });
}

/** What the orders of one call have in common. */
interface OrderParts {
  readonly profile: BoardProfile;
  readonly keySource: KeySource | null;
  readonly server: DeviceServer;
  readonly passphrase?: string | undefined;
  readonly label?: string | undefined;
  /** The interrupted job that is finished by this one. */
  readonly resumes?: ResumedJob | undefined;
  readonly batch?: BatchDoor | undefined;
}

/** The order for a job on one port, whatever its flow. */
export function jobOrder(port: PortEntry, order: OrderParts, parts: ProvisioningParts): JobOrder {
  const { profile, keySource, server, label = null, resumes, batch } = order;
  const passphrase = order.passphrase === undefined ? parts.keyPassphrase : secret(order.passphrase);
  return {
    request: {
      port: port.path,
      slot: port.slot,
      profile,
      keySource,
      passwords: parts.passwords(profile, port.path),
      tenantToken: parts.tenantToken(server.profile.name),
      serverCa: caToInstall(profile, server.profile),
      label,
      operator: parts.operator(),
    },
    parts: {
      driver: parts.driver,
      seen: () => parts.bench.seen(port),
      openLink: (linkSignal) => parts.bench.open(port, profile.line, linkSignal),
      server,
      keys: keyMaker(parts.generator, profile.key, passphrase),
      journal: parts.journal,
      clock: parts.clock,
    },
    serverName: server.profile.name,
    keySourceText: keySource === null ? DEFAULT_KEY_SOURCE : keySourceText(keySource),
    resumes,
    batch,
  };
}

/** Starts jobs side by side and resolves when all have their verdicts; the signal cancels them all. */
export async function play(
  orders: readonly JobOrder[],
  { jobs, clock, journal }: Pick<ProvisioningParts, 'jobs' | 'clock' | 'journal'>,
  began: number,
  signal: AbortSignal | undefined,
): Promise<ProvisionReport> {
  const started: StartedJob[] = [];
  const cancel = (): void => {
    for (const { job } of started) jobs.cancel(job);
  };
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    try {
      await orders[0]?.parts.journal.settled();
      for (const order of orders) started.push(jobs.start(order));
    } catch (error) {
      // The record took no more: what has begun is brought to an end before the call fails.
      cancel();
      await Promise.allSettled(started.map(({ done }) => done));
      throw error;
    }
    if (signal?.aborted === true) cancel();
    const ended = await Promise.allSettled(started.map(({ done }) => done));
    const results = ended.map((end): JobResult => {
      if (end.status === 'rejected') throw end.reason;
      return end.value;
    });
    return {
      jobs: results.map((result) => {
        const inventory = journal.inventory.ofJob(result.job);
        return inventory === null ? result : { ...result, inventory };
      }),
      elapsedMs: Math.round(clock.monotonic() - began),
    };
  } finally {
    signal?.removeEventListener('abort', cancel);
  }
}

/** What the record has for a job whose key source was the profile's choice. */
export const DEFAULT_KEY_SOURCE = 'default';

async function distinctPorts(names: readonly string[], bench: Bench): Promise<readonly PortEntry[]> {
  const ports: PortEntry[] = [];
  const devices = new Set<string>();
  for (const name of names) {
    const port = await bench.port(name);
    // A slot's name, a path and a link to it may mean one port.
    const device = await deviceBehind(port.path);
    if (devices.has(device)) throw new StationError('port/twice', { port: name });
    devices.add(device);
    ports.push(port);
  }
  return ports;
}

async function deviceBehind(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    return path; // no file, as on Windows; one that is not there is told when it is opened
  }
}

function caToInstall({ installServerCa }: BoardProfile, { trust }: ServerProfile): string | null {
  return installServerCa && trust.by === 'ca' ? trust.pem : null;
}
