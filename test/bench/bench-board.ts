import { createLinuxConsoleDriver } from '../../src/boards/linux-console/index.ts';
import { provision } from '../../src/flows/index.ts';
import { createKeyGenerator } from '../../src/keys/index.ts';
import type { Identity } from '../../src/model/identity.ts';
import type { JobId, JobResult, WireCount } from '../../src/model/job.ts';
import { systemClock } from '../../src/model/clock.ts';
import type { KeySource } from '../../src/model/key.ts';
import { secret } from '../../src/model/secret.ts';
import { DEFAULT_ADMIN } from '../../src/rehearsal/server/index.ts';
import type { TranscriptEntry } from '../../src/serial/index.ts';
import type { DeviceServer } from '../../src/servers/device-server.ts';
import { createMenderServer } from '../../src/servers/mender/index.ts';
import { BUILT_IN } from '../../src/settings/index.ts';
import { startWorld, type BenchLink, type BenchWorld } from './bench-link.ts';

/** A line as most benches have it: 115200 baud behind an adapter whose latency timer is 16 ms. */
export const LINE = { baud: 115_200, latency: 16 } as const;

/** A bench server with one admin's session at it, over loopback http. */
export interface BenchServer extends AsyncDisposable {
  readonly world: BenchWorld;
  readonly client: DeviceServer;
}

export async function startBenchServer(): Promise<BenchServer> {
  const world = await startWorld();
  const client = createMenderServer({
    name: 'bench',
    kind: 'mender',
    url: world.url,
    trust: { by: 'system' },
  });
  const { email, password } = DEFAULT_ADMIN;
  await client.login(
    { by: 'password', user: email, password: secret(password) },
    AbortSignal.timeout(10_000),
  );
  return {
    world,
    client,
    [Symbol.asyncDispose]: async () => {
      await client[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    },
  };
}

export interface Timed {
  readonly result: JobResult;
  readonly ms: number;
  readonly wire: WireCount;
  /** Bytes of names, passwords, commands and payload without what guards them: checksums, numbers, waking keys, repeats. */
  readonly neededBytes: number;
  /** What the line itself needs for these bytes and exchanges, in milliseconds. */
  readonly lineMs: number;
}

let made = 0;

/**
 * Provisions a new simulated board that answers at once, so that what is measured is the station and the line. The proof
 * is the board's own signature: a client's request to its server is not the station's time.
 */
export async function provisionOnce(
  { client, world }: BenchServer,
  keySource: KeySource,
  line: { readonly baud: number; readonly latency: number } = LINE,
): Promise<Timed> {
  made += 1;
  using board = world.board(made);
  await using generator = createKeyGenerator();
  const [, offline] = BUILT_IN;
  if (offline === undefined) throw new Error('there is no profile for boards without a network');
  const cables: BenchLink[] = [];
  const sent: TranscriptEntry[] = [];
  const began = performance.now();
  const result = await provision(
    {
      job: `bench-${made}` as JobId,
      port: `bench-${made}`,
      slot: `bench-${made}`,
      profile: offline,
      keySource,
      passwords: [secret('board')],
      tenantToken: null,
      serverCa: null,
      label: null,
      operator: null,
    },
    {
      driver: createLinuxConsoleDriver(),
      openLink: () => {
        const cable = board.plug(line);
        cables.push(cable);
        return Promise.resolve(cable.link);
      },
      seen: () => 'ready',
      transcript: {
        add: (entry) => {
          if (entry.way === 'sent') sent.push(entry);
        },
      },
      server: client,
      keys: {
        generate: (type, signal) => generator.generate(type, signal),
        import: () => Promise.reject(new Error('no import here')),
      },
      journal: {
        append: (event) => ({
          seq: 1,
          at: new Date(0).toISOString(),
          monotonicMs: 0,
          station: 'bench',
          event,
        }),
        settled: () => Promise.resolve(),
        stagedKeyBySha256: () => null,
        keyOwner: () => null,
        lastDeviceId: () => null,
      },
      clock: systemClock,
      claimIdentity: (_: Identity) => new DisposableStack(),
      claimKey: () => new DisposableStack(),
      progress: {
        steps: nothing,
        identity: nothing,
        device: nothing,
        key: nothing,
        wire: nothing,
        waiting: nothing,
      },
    },
    new AbortController().signal,
  );
  const ms = performance.now() - began;
  if (result.verdict !== 'pass')
    throw new Error(`a bench board did not pass: ${result.error?.message ?? result.verdict}`);
  const bytes = cables.reduce((sum, cable) => sum + cable.bytes(), 0);
  const lineMs = line.baud === 0 ? 0 : (bytes * 10_000) / line.baud + result.wire.roundTrips * line.latency;
  return { result, ms, wire: result.wire, neededBytes: needed(sent), lineMs };
}

/** Counts each line once, without the checksum and number before it and without control characters. */
function needed(sent: readonly TranscriptEntry[]): number {
  const lines = new Set<string>();
  let masked = 0;
  for (const entry of sent) {
    if (entry.way === 'note') continue;
    if ('masked' in entry) masked += entry.bytes;
    else lines.add(entry.text.replace(GUARD, '').replace(/\p{Cc}/gu, ''));
  }
  return [...lines].reduce((sum, line) => sum + Buffer.byteLength(line) + 1, masked);
}

/** The checksum and the number that the quiet loop puts before a command. */
const GUARD = /^[0-9a-z]+ \d*[-+=]? ?/;

function nothing(): void {
  // A front end would show it.
}
