import { createPublicKey } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { ulid } from 'ulid';
import { createLinuxConsoleDriver } from '../../../src/boards/linux-console/index.ts';
import {
  planJob,
  provision,
  rekey,
  type ProvisionParts,
  type ResumedRekey,
  type Waiting,
} from '../../../src/flows/index.ts';
import type { StepChange } from '../../../src/flows/steps.ts';
import { openJournal, type Journal } from '../../../src/journal/index.ts';
import { createKeyGenerator, importKey } from '../../../src/keys/index.ts';
import { fingerprintOfPem } from '../../../src/keys/public-key.ts';
import type { JournalEvent } from '../../../src/model/event.ts';
import type { JobId, JobResult } from '../../../src/model/job.ts';
import type { CaseToConfirm } from '../../../src/model/rekey.ts';
import type { KeySource } from '../../../src/model/key.ts';
import type { BoardProfile } from '../../../src/model/profile.ts';
import type { Plan } from '../../../src/model/rekey.ts';
import { secret } from '../../../src/model/secret.ts';
import {
  createSimulatedBoard,
  type BoardChoices,
  type SimulatedBoard,
} from '../../../src/rehearsal/board/index.ts';
import {
  DEFAULT_ADMIN,
  startMenderServer,
  type MenderServer as Rehearsal,
  type Mode,
  type ServerOptions,
} from '../../../src/rehearsal/server/index.ts';
import type { ByteLink } from '../../../src/serial/link.ts';
import type { TranscriptEntry } from '../../../src/serial/transcript.ts';
import type { DeviceServer } from '../../../src/servers/device-server.ts';
import { createMenderServer, type MenderServer } from '../../../src/servers/mender/index.ts';
import type { HttpLimits } from '../../../src/servers/http/client.ts';
import { BUILT_IN } from '../../../src/settings/index.ts';
import { Claims } from '../../../src/slots/claims.ts';
import { virtualTime, type VirtualTime } from '../virtual-time.ts';

export const MODES: readonly Mode[] = ['2026', '2023'];
export const never = new AbortController().signal;
export const ADMIN = {
  by: 'password',
  user: DEFAULT_ADMIN.email,
  password: secret(DEFAULT_ADMIN.password),
} as const;
export const CONF = '/etc/mender/mender.conf';
export const FALLBACK = '/var/lib/mender/mender.conf';
/** A board as it comes from a factory image: it knows no server yet. */
export const FACTORY_CONF = { InventoryPollIntervalSeconds: 28_800, RetryPollIntervalSeconds: 300 };

/** The profile of a plain Mender board. */
export const PROFILE: BoardProfile = (() => {
  const [mender] = BUILT_IN;
  if (mender === undefined) throw new Error('there is no built-in profile');
  return mender;
})();

export interface BenchOptions {
  readonly mode?: Mode;
  readonly server?: Omit<ServerOptions, 'mode'>;
  readonly limits?: Partial<HttpLimits>;
}

/** What one run differs in from a plain one. */
export interface RunOptions {
  readonly keySource?: KeySource;
  readonly profile?: Partial<BoardProfile>;
  readonly password?: string;
  readonly tenantToken?: string;
  readonly serverCa?: string;
  readonly cancel?: AbortSignal;
  readonly port?: string;
  readonly link?: (link: ByteLink) => ByteLink;
  readonly server?: (server: DeviceServer) => DeviceServer;
  /** Called as steps begin and end, e.g. `stage running`. */
  readonly onStep?: (step: string) => void;
  readonly journal?: ProvisionParts['journal'];
  /** Makes a plan just before the job begins. */
  readonly plans?: boolean;
  readonly onPlanned?: () => void;
  /** Called when the job begins to wait, and when it goes on. */
  readonly onWaiting?: (waiting: Waiting | null) => void;
}

/** What one re-keying differs in from a plain one. */
export interface RekeyOptions extends RunOptions {
  readonly confirmed?: readonly CaseToConfirm[];
  readonly decommissionFormer?: boolean;
  readonly waitMs?: number;
  readonly resumes?: ResumedRekey;
}

export interface Run {
  readonly result: JobResult;
  readonly events: readonly JournalEvent[];
  readonly transcript: readonly TranscriptEntry[];
  readonly steps: readonly StepChange[];
  /** Milliseconds of virtual time. */
  readonly ms: number;
  /** What was foreseen of it, where that was asked for. */
  readonly plan: Plan | null;
}

/** A server, a journal, and as many simulated boards as are asked for, on a clock that runs by itself. */
export interface Bench {
  readonly time: VirtualTime;
  readonly server: Rehearsal;
  readonly client: MenderServer;
  readonly journal: Journal;
  board(choices?: BoardChoices): SimulatedBoard;
  /** Starts a job for a board and plays it to its end. */
  run(board: SimulatedBoard, options?: RunOptions): Promise<Run>;
  /** The same for a re-keying. */
  rekey(board: SimulatedBoard, options?: RekeyOptions): Promise<Run>;
  /** How many times somebody logged in. */
  readonly logins: number;
}

const free = (): Disposable => new DisposableStack();

/** Everything on the bench ends with the test. */
export async function bench({
  mode = '2026',
  server: serverOptions = {},
  limits = {},
}: BenchOptions = {}): Promise<Bench> {
  const time = virtualTime();
  const server = await startMenderServer({ mode, decommissionMs: 20, ...serverOptions });
  onTestFinished(() => server.close());
  const client = createMenderServer(
    {
      name: 'bench',
      kind: 'mender',
      url: server.url,
      trust: server.ca === undefined ? { by: 'system' } : { by: 'ca', pem: server.ca },
    },
    { clock: time, limits, renew: () => Promise.resolve(ADMIN) },
  );
  onTestFinished(async () => client[Symbol.asyncDispose]());
  await client.login(ADMIN, never);
  const home = mkdtempSync(join(tmpdir(), 'station-flow-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const journal = openJournal(join(home, 'journal.db'), {
    stationId: 'test',
    clock: time,
    holder: { program: 'test' },
  });
  onTestFinished(() => journal.close());
  const generator = createKeyGenerator({ threads: 1 });
  onTestFinished(async () => generator[Symbol.asyncDispose]());
  const claims = new Claims();
  const driver = createLinuxConsoleDriver();
  let boards = 0;

  async function play(
    flow: 'provision' | 'rekey',
    board: SimulatedBoard,
    options: RekeyOptions,
  ): Promise<Run> {
    const { keySource = null, onStep, cancel = never } = options;
    const profile = { ...PROFILE, ...options.profile };
    const port = options.port ?? board.options.name;
    const job = ulid() as JobId;
    const transcript: TranscriptEntry[] = [];
    let steps: readonly StepChange[] = [];
    const began = time.monotonic();
    const target = options.journal ?? journal;
    const { confirmed = [], decommissionFormer = false, waitMs = 0, resumes = null } = options;
    const reason = { code: 'returned', text: '' } as const;
    target.append({
      kind: 'job-started',
      job,
      flow,
      port,
      slot: port,
      server: 'bench',
      serverUrl: server.url,
      profile: profile.name,
      keySource: keySource?.from ?? 'default',
      label: null,
      operator: null,
      ...(flow === 'rekey'
        ? {
            rekey: { reason, confirmed, decommissionFormer },
            ...(resumes === null ? {} : { resumes: resumes.job }),
          }
        : {}),
    });
    const request = {
      job,
      port,
      slot: port,
      profile,
      keySource,
      passwords: [secret(options.password ?? 'board')],
      tenantToken: options.tenantToken === undefined ? null : secret(options.tenantToken),
      serverCa: options.serverCa ?? null,
      label: null,
      operator: null,
    };
    const parts: ProvisionParts = {
      driver,
      openLink: () => Promise.resolve((options.link ?? ((link) => link))(board.link())),
      transcript: { add: (entry) => transcript.push(entry) },
      server: (options.server ?? ((real) => real))(client),
      keys: {
        generate: (type, signal) => time.hold(generator.generate(type, signal)),
        import: (directory, identity) => time.hold(importKey(directory, profile.key, identity, null)),
      },
      journal: target,
      clock: time,
      claimIdentity: (identity) => claims.identity(identity, port),
      claimKey: (fingerprint) => claims.key(fingerprint, port),
      progress: {
        steps: (all) => {
          steps = all;
          const last = all.at(-1);
          if (last !== undefined) onStep?.(`${last.step} ${last.state}`);
        },
        identity: () => undefined,
        device: () => undefined,
        key: () => undefined,
        wire: () => undefined,
        waiting: (waiting) => options.onWaiting?.(waiting),
      },
    };
    const wish = { ...request, reason, confirmed, decommissionFormer, waitMs, resumes };
    const plan =
      options.plans === true
        ? await planJob(
            flow === 'provision' ? { flow, request } : { flow, request: wish },
            { ...parts, claimIdentity: free, claimKey: free },
            cancel,
          )
        : null;
    options.onPlanned?.();
    const result =
      flow === 'provision' ? await provision(request, parts, cancel) : await rekey(wish, parts, cancel);
    const events = journal.events(job).map(({ event }) => event);
    return { result, events, transcript, steps, ms: time.monotonic() - began, plan };
  }

  return {
    time,
    server,
    client,
    journal,
    get logins() {
      return server.requests.count({ step: 'login', status: 200 });
    },
    board(choices = {}) {
      boards += 1;
      const board = createSimulatedBoard({
        name: `port${boards}`,
        hostname: `board${boards}`,
        mac: `52:54:00:f1:00:${boards.toString(16).padStart(2, '0')}`,
        seed: boards,
        ...choices,
        clock: time,
        // Its own first key is a quick one to make: what it makes is not what these tests are about.
        client: { conf: FACTORY_CONF, generates: 'ed25519', ...choices.client },
      });
      onTestFinished(async () => {
        await board[Symbol.asyncDispose]();
        expect(board.inspect.faults).toEqual([]);
      });
      return board;
    },
    run: (board, options = {}) => play('provision', board, options),
    rekey: (board, options = {}) => play('rekey', board, options),
  };
}

/** The one device of a board on the server; null when there is none. */
export function deviceOf(server: Rehearsal, board: SimulatedBoard) {
  const found = server.inspect().filter(({ identity }) => identity['mac'] === board.options.mac);
  expect(found.length).toBeLessThan(2);
  return found[0] ?? null;
}

/** The auth sets of a board's device as `[fingerprint, status]`. */
export function setsOf(
  server: Rehearsal,
  board: SimulatedBoard,
): readonly (readonly [string | null, string])[] {
  return (deviceOf(server, board)?.sets ?? []).map(({ pubkey, status }) => [
    fingerprintOfPem(pubkey),
    status,
  ]);
}

/** The fingerprint of the key that a board would have in use after a power cut now. */
export function keyOf(board: SimulatedBoard): string | null {
  const pem = board.inspect.durablePublicKey;
  if (pem === undefined) return null;
  return fingerprintOfPem(createPublicKey(pem).export({ type: 'spki', format: 'pem' }).toString());
}

/** Names of the station's own that lie on a board: staged files, and a replaced key. */
export function stagedOn(board: SimulatedBoard): readonly string[] {
  return ['/etc/mender', '/var/lib/mender', '/data/mender'].flatMap((directory) =>
    board.inspect.names(directory).filter((name) => /\.station(-former)?$/.test(name)),
  );
}

/** A board and its server agree: one accepted set, that of the key in use, and nothing staged. */
export function expectProvisioned({ server }: Bench, board: SimulatedBoard, { result, events }: Run): void {
  expect(result.error).toBeNull();
  expect(['pass', 'already']).toContain(result.verdict);
  expect(setsOf(server, board)).toEqual([[keyOf(board), 'accepted']]);
  expect(result).toMatchObject({
    deviceId: deviceOf(server, board)?.id,
    authSetId: deviceOf(server, board)?.sets[0]?.id,
    keyFingerprint: keyOf(board),
    identity: { mac: board.options.mac },
  });
  expect(stagedOn(board)).toEqual([]);
  expect(board.inspect.console).not.toBe('shell');
  expectRecorded(events, result);
}

/** Every action has its intent before and its outcome after, and the verdict is the last word. */
export function expectRecorded(events: readonly JournalEvent[], result: JobResult): void {
  let open: string | null = null;
  for (const event of events) {
    if (event.kind === 'step-intent') {
      expect(open).toBeNull();
      open = event.action;
    } else if (event.kind === 'step-outcome') {
      expect(event.action).toBe(open);
      open = null;
    }
  }
  expect(open).toBeNull();
  expect(events.at(-1)).toMatchObject({ kind: 'verdict', result: { verdict: result.verdict } });
}

/** The actions of a job with their outcomes, e.g. `stage-key done`. */
export function actionsOf(events: readonly JournalEvent[]): readonly string[] {
  return events.flatMap((event) =>
    event.kind === 'step-outcome' ? [`${event.action} ${event.outcome}`] : [],
  );
}
