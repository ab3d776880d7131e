import { reportOf, type Bridge, type WindowEvent } from '../../renderer/station.ts';
import { INITIAL } from '../../renderer/state.ts';
import type {
  ApproverView,
  JobView,
  RecordView,
  RekeyFileReport,
  RekeyRequestView,
  ServerView,
  SlotView,
  Snapshot,
  StepView,
} from '../../src/contract.ts';
import { ERRORS, type ErrorCode } from '../../src/model/error-table.ts';
import { STEPS, type ErrorReport, type JobId, type JobResult, type StepName } from '../../src/model/job.ts';
import type { KeyFingerprint } from '../../src/model/key.ts';
import type { BoardProfile } from '../../src/model/profile.ts';
import { parseIdentity, type Identity } from '../../src/model/identity.ts';
import type { InterruptedJob, Plan, UnitReport } from '../../src/model/rekey.ts';
import type { TranscriptEntry } from '../../src/serial/transcript.ts';

/** Builds what a station says, and plays jobs over time, so that the window can be looked at without boards. */

export function report(code: ErrorCode, message?: string, unchanged?: string): ErrorReport {
  const row = ERRORS[code];
  return {
    code,
    message: message ?? row.message,
    unchanged: unchanged ?? row.unchanged,
    remedy: row.remedy,
    retriable: row.retriable,
  };
}

export function profile(change: Partial<BoardProfile> = {}): BoardProfile {
  return {
    name: 'mender-board',
    description: 'A Linux board with mender-client on its serial console, 115200 baud.',
    driver: 'linux-console',
    line: { baudRate: 115200, rtscts: false, xonxoff: false, pacing: null },
    login: { user: 'root', credentials: ['bench', 'factory'], become: 'none' },
    paths: {
      identityScript: '/usr/share/mender/identity/mender-device-identity',
      configuration: '/etc/mender/mender.conf',
      fallbackConfiguration: '/var/lib/mender/mender.conf',
      dataDirectory: '/var/lib/mender',
    },
    lastingConfiguration: 'fallback',
    key: { source: null, type: null, importPattern: '{mac}.pem', afterImport: 'move' },
    leastProof: 'board-client',
    timeouts: {
      boot: 60_000,
      login: 20_000,
      command: 10_000,
      keyGeneration: 60_000,
      clientBootstrap: 30_000,
    },
    mqtt: null,
    clockToleranceMs: 60_000,
    inventory: { nameTag: null, tags: {}, group: null },
    installServerCa: false,
    usbIds: [],
    ...change,
  };
}

export function server(change: Partial<ServerView> = {}): ServerView {
  return {
    name: 'Factory Mender',
    kind: 'mender',
    keyOrigin: 'station',
    url: 'https://mender.factory.example',
    trust: { by: 'ca', pem: '-----BEGIN CERTIFICATE-----' },
    session: {
      account: 'anna.berg@factory.example',
      expiresAt: new Date(Date.now() + 7.7 * 3_600_000).toISOString(),
      by: 'password',
      kept: false,
    },
    hasTenantToken: true,
    simulated: false,
    ...change,
  };
}

export function slot(at: number, change: Partial<SlotView> = {}): SlotView {
  return {
    slot: `1-1.${at}:1.0`,
    port: `/dev/ttyUSB${at - 1}`,
    label: `Slot ${at}`,
    usb: {
      vendorId: '0403',
      productId: '6011',
      serialNumber: `FT${1000 + at}`,
      product: 'Quad RS232-HS',
    },
    byId: `usb-FTDI_Quad_RS232-HS-if0${at - 1}-port0`,
    presence: 'ready',
    error: null,
    simulated: false,
    job: null,
    ...change,
  };
}

export function identityOf(at: number): Identity {
  return parseIdentity(`mac=52:54:00:c0:00:${String(at).padStart(2, '0')}`);
}

export function fingerprintOf(at: number): KeyFingerprint {
  const hex = Array.from({ length: 64 }, (_, place) => ((place * 7 + at * 5) % 16).toString(16)).join('');
  return `sha256:${hex}` as KeyFingerprint;
}

export function jobId(at: number): JobId {
  return `01JNB0Q5T3ZC8V9KX4M2R7WYE${at.toString(32).toUpperCase()}` as JobId;
}

const DETAILS: Partial<Record<StepName, string>> = {
  connect: 'Logged in as root on a getty at 115200 baud.',
  identify: 'mender-client 3.4.0, systemd, openssl 3.0.11.',
  'look-up': 'Unknown to the server.',
  'make-key': 'Ed25519, made on the board.',
  stage: 'Written, synced and compared.',
  submit: 'The server answered 401: the set is pending.',
  accept: 'Accepted; exactly this set.',
  authenticate: 'Token for this device received and dropped.',
  switch: 'Key renamed, client started again.',
  prove: 'The client was authorized after 1.2 s.',
  tidy: 'Nothing was left over.',
  record: 'Durable.',
  'log-out': 'The board shows its login prompt.',
};
export const STEP_MS: Record<StepName, number> = {
  connect: 940,
  identify: 610,
  'look-up': 120,
  'make-key': 480,
  stage: 390,
  submit: 210,
  accept: 160,
  authenticate: 90,
  switch: 820,
  prove: 1430,
  tidy: 230,
  record: 15,
  'log-out': 180,
};

/** The steps up to one that runs or failed; all of them where it is null. */
export function stepsTo(last: StepName | null, state: 'running' | 'failed' = 'running'): readonly StepView[] {
  const steps: StepView[] = [];
  let at = 0;
  for (const step of STEPS) {
    const ended = step !== last;
    steps.push({
      step,
      state: ended ? 'done' : state,
      startedMs: at,
      ms: ended || state === 'failed' ? STEP_MS[step] : null,
      detail: ended ? (DETAILS[step] ?? null) : null,
    });
    at += STEP_MS[step];
    if (!ended) break;
  }
  return steps;
}

export function running(at: number, step: StepName, change: Partial<JobView> = {}): JobView {
  const { slot: name, port } = slot(at);
  const steps = stepsTo(step);
  return {
    job: jobId(at),
    slot: name,
    port,
    flow: 'provision',
    keyMaker: 'station',
    state: 'running',
    waiting: null,
    startedAt: new Date(Date.now() - (steps.at(-1)?.startedMs ?? 0) - 300).toISOString(),
    identity: steps.length > 2 ? `52:54:00:c0:00:${String(at).padStart(2, '0')}` : null,
    deviceId: null,
    keyFingerprint: null,
    steps,
    wire: { tx: 1200, rx: 5400, roundTrips: 4 },
    result: null,
    failure: null,
    ...change,
  };
}

export function result(at: number, change: Partial<JobResult> = {}): JobResult {
  const { slot: name, port } = slot(at);
  return {
    job: jobId(at),
    port,
    slot: name,
    verdict: 'pass',
    identity: identityOf(at),
    deviceId: `4f1c6a2e-9b1d-4a55-8a5e-0c6d3e8f10${String(at).padStart(2, '0')}`,
    authSetId: `b7e0d8c4-5f2a-4c11-9d27-6a1b2c3d4e${String(at).padStart(2, '0')}`,
    keyFingerprint: fingerprintOf(at),
    keyType: 'ed25519',
    keyOrigin: 'board',
    proof: 'board-client',
    oldKey: 'none',
    steps: STEPS.map((step) => ({ step, ms: STEP_MS[step] })),
    wire: { tx: 3_912, rx: 9_204, roundTrips: 7 },
    notes: [],
    error: null,
    ...change,
  };
}

export function ended(
  at: number,
  change: Partial<JobResult> = {},
  failedAt: StepName | null = null,
): JobView {
  const outcome = result(at, change);
  const steps = stepsTo(failedAt, 'failed');
  return running(at, 'connect', {
    state: 'ended',
    identity: outcome.identity === null ? null : `52:54:00:c0:00:${String(at).padStart(2, '0')}`,
    keyFingerprint: outcome.keyFingerprint,
    steps,
    result: { ...outcome, steps: steps.map(({ step, ms }) => ({ step, ms: ms ?? 0 })) },
  });
}

export function failure(at: number, code: ErrorCode, message: string, step: StepName): JobView {
  return ended(
    at,
    {
      verdict: 'fail',
      error: report(code, message),
      proof: null,
      authSetId: null,
      deviceId: null,
      ...(step === 'connect' ? { identity: null, keyFingerprint: null, keyType: null, keyOrigin: null } : {}),
    },
    step,
  );
}

export function record(seq: number, outcome: JobResult, at = Date.now() - (20 - seq) * 61_000): RecordView {
  const [identity] = Object.values(outcome.identity ?? {});
  return {
    seq,
    at: new Date(at).toISOString(),
    job: outcome.job,
    flow: outcome.oldKey === 'none' ? 'provision' : 'rekey',
    port: outcome.port,
    slot: outcome.slot,
    verdict: outcome.verdict,
    identity: typeof identity === 'string' ? identity : null,
    deviceId: outcome.deviceId,
    keyFingerprint: outcome.keyFingerprint,
    keyType: outcome.keyType,
    proof: outcome.proof,
    server: 'Factory Mender',
    ms: outcome.steps.reduce((sum, step) => sum + step.ms, 0),
    error: outcome.error,
    label: 'Order 4711',
    batch: null,
    inventory: null,
  };
}

export function snapshot(change: Partial<Snapshot> = {}): Snapshot {
  return {
    told: 0,
    station: {
      id: 'bench-07',
      version: '0.1.0',
      home: '/home/anna/.local/share/station',
      keyProtection: 'os',
      loginsNotKept: null,
    },
    slots: [],
    jobs: [],
    servers: [server()],
    profiles: [
      profile(),
      profile({ name: 'gateway-sudo', description: 'The gateway: login as admin, root by sudo.' }),
    ],
    credentials: ['bench'],
    records: [],
    interrupted: [],
    rehearsal: { running: false, boards: 0, serverUrl: null, offer: false },
    preferences: {
      server: 'Factory Mender',
      profile: 'mender-board',
      operator: 'Anna Berg',
      batch: null,
      sound: false,
    },
    people: INITIAL.people,
    journal: {
      head: { seq: 1284, hash: fingerprintOf(21).slice(7), key: fingerprintOf(22) },
    },
    readOnly: null,
    ...change,
  };
}

/** A unit that came back from the field: accepted with the key that it holds. */
export function unit(at: number, change: Partial<UnitReport> = {}): UnitReport {
  const { slot: name, port } = slot(at);
  return {
    port,
    slot: name,
    identity: identityOf(at),
    key: { fingerprint: fingerprintOf(at), type: 'rsa3072', path: '/var/lib/mender/mender-agent.pem' },
    staged: null,
    serverUrls: ['https://mender.factory.example'],
    device: {
      id: `4f1c6a2e-9b1d-4a55-8a5e-0c6d3e8f10${String(at).padStart(2, '0')}`,
      identity: identityOf(at),
      status: 'accepted',
      decommissioning: false,
      authSets: [
        {
          id: `b7e0d8c4-5f2a-4c11-9d27-6a1b2c3d4e${String(at).padStart(2, '0')}`,
          fingerprint: fingerprintOf(at),
          status: 'accepted',
          since: '2025-04-17T08:12:40.000Z',
        },
      ],
      lastCheckIn: '2026-02-27T17:03:11.000Z',
    },
    offline: null,
    jobs: [{ job: jobId(90), at: '2025-04-17T08:12:52.000Z', verdict: 'pass', flow: 'provision' }],
    former: null,
    cases: ['known'],
    sentences: [
      'The server knows this unit and accepts the key that it holds.',
      'It gets a new key; the old one is then refused, and that is tried.',
    ],
    obstacle: null,
    ...change,
  };
}

export const APPROVER: ApproverView = {
  station: 'office-01',
  key: fingerprintOf(31),
  at: '2026-02-20T09:00:00.000Z',
};

/** What a laptop gets back for a request. */
export function requested(at: number): RekeyFileReport {
  return {
    file: '{"kind":"station-rekey-request/1"}',
    job: jobId(at),
    identity: identityOf(at),
    fingerprint: fingerprintOf(11),
    approver: APPROVER.station,
    expires: new Date(Date.now() + 24 * 3_600_000).toISOString(),
    stationKey: fingerprintOf(32),
  };
}

/** A request as its admin reads it. */
export function requestView(at: number, change: Partial<RekeyRequestView> = {}): RekeyRequestView {
  const { device, identity, key } = unit(at);
  if (device === null) throw new Error('a known unit has a device');
  return {
    station: 'van-03',
    stationKey: fingerprintOf(32),
    operator: 'Ben Kurz',
    at: new Date(Date.now() - 1_800_000).toISOString(),
    expires: new Date(Date.now() + 23 * 3_600_000).toISOString(),
    identity,
    fingerprint: fingerprintOf(11),
    oldKey: key.fingerprint,
    reason: { code: 'key-exposed', text: 'Ticket 4711: the image was published.' },
    serverUrl: 'https://mender.factory.example',
    device,
    state: 'new',
    ...change,
  };
}

export function interrupted(at: number, change: Partial<InterruptedJob> = {}): InterruptedJob {
  const { slot: name, port } = slot(at);
  return {
    job: jobId(at),
    flow: 'provision',
    startedAt: new Date(Date.now() - 95_000).toISOString(),
    port,
    slot: name,
    identity: identityOf(at),
    server: 'Factory Mender',
    profile: 'mender-board',
    step: 'switch',
    state: 'interrupted',
    left: 'The board holds its old or its new key, whole; the server accepts the new one.',
    safe: false,
    boardAt: port,
    deadline: null,
    requested: false,
    keyMaker: 'station',
    right: 'provision-freely',
    ...change,
  };
}

export function plan(at: number, change: Partial<Plan> = {}): Plan {
  const { slot: name, port } = slot(at);
  return {
    port,
    slot: name,
    identity: identityOf(at),
    actions: [
      { action: 'make-key', on: 'board', says: 'Make an Ed25519 key on the board.' },
      { action: 'stage', on: 'board', says: 'Stage it beside the key in use, synced and compared.' },
      { action: 'submit', on: 'server', says: 'Submit the auth request, signed with the staged key.' },
      { action: 'accept', on: 'server', says: 'Accept exactly that auth set.' },
      { action: 'switch', on: 'board', says: 'Put the key in use and start the client again.' },
      { action: 'prove', on: 'board', says: 'Have the board’s own client authorized.' },
      { action: 'record', on: 'station', says: 'Write the record.' },
    ],
    ends: 'pass',
    error: null,
    notes: [],
    ...change,
  };
}

export const TRANSCRIPT: readonly TranscriptEntry[] = [
  { at: 0, way: 'note', text: 'Listening on /dev/ttyUSB0 at 115200 baud' },
  { at: 310, way: 'received', text: '\r\nDebian GNU/Linux 12 gateway ttyS0\r\n\r\ngateway login: ' },
  { at: 330, way: 'sent', text: 'root\n' },
  { at: 420, way: 'received', text: 'root\r\nPassword: ' },
  { at: 430, way: 'sent', masked: 'password', bytes: 12 },
  { at: 431, way: 'sent', text: '\n' },
  {
    at: 760,
    way: 'received',
    text: '\r\n\u001b[1;32mWelcome\u001b[0m to the gateway.\r\nLast login: Mon Mar  2 09:12:44 UTC 2026 on ttyS0\r\n# ',
  },
  { at: 800, way: 'sent', text: 'stty -echo; exec sh\n' },
  {
    at: 1550,
    way: 'received',
    text: '[   42.113209] usb 1-1: new high-speed USB device\r\nmac=52:54:00:c0:00:01\r\n',
  },
  { at: 1600, way: 'note', text: 'Read the board: mender-client 3.4.0, openssl 3.0.11' },
  { at: 2210, way: 'sent', text: "umask 077; base64 -d > /var/lib/mender/.station-staged.pem <<'E'\n" },
  { at: 2215, way: 'sent', masked: 'private key', bytes: 2459 },
  { at: 2230, way: 'sent', text: '\nE\nsync; sha256sum /var/lib/mender/.station-staged.pem\n' },
  { at: 2600, way: 'received', text: '9f2c…e1  /var/lib/mender/.station-staged.pem\r\n' },
  { at: 2900, way: 'sent', masked: 'configuration', bytes: 812 },
  { at: 3400, way: 'received', text: 'ok\r\n' },
];

/** A bridge as the preload script gives it, with a station behind it that is told what to say. */
export interface FakeStation extends Bridge {
  tell(event: WindowEvent): void;
  readonly calls: { readonly method: string; readonly params: unknown }[];
}

type Replies = Record<string, (params: never) => unknown>;

/** Answers with `replies[method]`; a reply that throws `Refused` is a refusal. What has no reply stays unanswered. */
export function fakeBridge(replies: Replies): FakeStation {
  const listeners = new Set<(event: WindowEvent) => void>();
  const calls: { method: string; params: unknown }[] = [];
  return {
    calls,
    async call(method, params) {
      calls.push({ method, params });
      const reply = replies[method] as ((params: unknown) => unknown) | undefined;
      if (reply === undefined) return new Promise(() => undefined);
      try {
        return { ok: true, value: await reply(params) };
      } catch (error) {
        return { ok: false, error: reportOf(error) };
      }
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    tell(event) {
      for (const listener of listeners) listener(event);
    },
  };
}
