import type { ApproverView, JobView, SlotView, Snapshot } from '../../../src/contract.ts';
import type { BatchView } from '../../../src/contract/batches.ts';
import type { JobResult } from '../../../src/model/job.ts';
import type { UnitReport } from '../../../src/model/rekey.ts';
import { BATCHES } from '../fake-batches.ts';
import {
  APPROVER,
  ended,
  failure,
  fingerprintOf,
  identityOf,
  interrupted,
  record,
  report,
  result,
  running,
  server,
  slot,
  snapshot,
  stepsTo,
  unit,
} from '../fake-station.ts';

/** A state of the bench to look at. */
export interface Scene {
  readonly snapshot: Snapshot;
  /** What the process that hosts the station is said to do after the snapshot. */
  /** The unit that `rekey.look` finds; a known one where left out. */
  readonly unit?: UnitReport;
  /** Whether `journal.verify` finds a bad row. */
  readonly damaged?: boolean;
  /** How its re-key ends; `waiting`: it does not, the server is away. */
  readonly rekeyed?: Partial<JobResult> | 'waiting';
  /** Stations that this one knows as approving. */
  readonly approvers?: readonly ApproverView[];
  readonly batches?: readonly BatchView[];
  /** What `rekey.read-request` finds. */
  readonly request?: 'new' | 'accepted' | 'other-server';
  readonly process?: { readonly state: 'down' | 'restarting'; readonly cause: string };
}

function bench(jobs: readonly (JobView | null)[], change: Partial<Snapshot> = {}): Scene {
  return {
    snapshot: snapshot({
      slots: jobs.map((job, at) =>
        slot(at + 1, {
          job: job?.job ?? null,
          presence: job !== null && job.state !== 'ended' ? 'in-job' : 'ready',
        }),
      ),
      jobs: jobs.filter((job) => job !== null),
      records: RECORDS,
      ...change,
    }),
  };
}

const RECORDS = [
  record(16, result(1)),
  record(
    17,
    failure(
      2,
      'board/disk-full',
      'There is no room left in /var/lib/mender on the board (0 bytes free).',
      'stage',
    ).result ?? result(2),
  ),
  record(18, result(3, { verdict: 'already', proof: 'board-key' })),
  record(19, result(4, { verdict: 'stopped', error: report('job/cancelled'), proof: null })),
  record(20, result(5, { keyType: 'rsa3072', keyOrigin: 'station' })),
];

const simulated = (slots: readonly SlotView[]): readonly SlotView[] =>
  slots.map((each, at) => ({
    ...each,
    simulated: true,
    usb: null,
    port: `rehearsal:${at + 1}`,
    label: `Board ${at + 1}`,
  }));

const mixed: readonly JobView[] = [
  ended(1, { notes: ['The tenant token was written; an open-source server does not verify it.'] }),
  failure(2, 'board/login-refused', 'The board refused the login of root.', 'connect'),
  ended(3, { verdict: 'stopped', error: report('job/cancelled'), proof: null }, 'stage'),
  ended(4, { verdict: 'already', proof: 'board-key', keyOrigin: 'kept' }),
];

export const SCENES = {
  'first-run': {
    snapshot: snapshot({
      servers: [],
      rehearsal: { running: false, boards: 0, serverUrl: null, offer: true },
      preferences: { server: null, profile: 'mender-board', operator: null, batch: null, sound: false },
    }),
  },
  empty: { snapshot: snapshot({ records: RECORDS }) },
  ready: bench([null, null, null, null]),
  rehearsal: (() => {
    const scene = bench([null, null, null, null]).snapshot;
    return {
      snapshot: {
        ...scene,
        slots: simulated(scene.slots),
        records: [],
        servers: [
          server({
            name: 'rehearsal',
            url: 'http://127.0.0.1:8080',
            simulated: true,
            trust: { by: 'system' },
          }),
        ],
        preferences: { ...scene.preferences, server: 'rehearsal' },
        rehearsal: { running: true, boards: 4, serverUrl: 'http://127.0.0.1:8080', offer: false },
      },
    };
  })(),
  running: bench([
    running(1, 'prove'),
    running(2, 'stage'),
    running(3, 'connect', { state: 'cancelling' }),
    ended(4),
  ]),
  unrecorded: bench([
    ended(1),
    {
      ...ended(2),
      result: null,
      failure: report('journal/full'),
    },
    null,
    null,
  ]),
  pass: bench([ended(1), ended(2), ended(3), ended(4)]),
  mixed: bench(mixed),
  one: bench([ended(1)]),
  many: bench([
    ...mixed,
    ...[5, 6, 7, 8].map((at) => ended(at)),
    ...[9, 10, 11, 12].map((at) => running(at, 'switch')),
    null,
    null,
    null,
    null,
  ]),
  presences: {
    snapshot: snapshot({
      slots: [
        slot(1, { presence: 'silent' }),
        slot(2, { presence: 'booting' }),
        slot(3, {
          presence: 'busy',
          error: report('port/busy', '/dev/ttyUSB2 is in use by ModemManager (pid 812).'),
        }),
        slot(4, {
          presence: 'no-permission',
          error: report('port/no-permission', 'This user may not open /dev/ttyUSB3.'),
        }),
        slot(5, { presence: 'muted' }),
        slot(6, { presence: 'garbled' }),
        slot(7, { presence: 'bootloader' }),
        slot(8, { presence: 'unknown', usb: null, port: 'COM12' }),
        slot(9, {
          presence: 'no-permission',
          error: report('port/no-permission', 'This user may not open /dev/ttyS0.'),
          usb: null,
          byId: null,
          port: '/dev/ttyS0',
          label: 'ttyS0',
        }),
        slot(10, { presence: 'silent', usb: null, byId: null, port: '/dev/ttyS1', label: 'ttyS1' }),
      ],
    }),
  },
  'signed-out': bench([null, null, null, null], { servers: [server({ session: null })] }),
  soon: bench([null, null], {
    servers: [
      server({
        session: {
          account: 'anna.berg@factory.example',
          by: 'password',
          kept: true,
          expiresAt: new Date(Date.now() + 7 * 60_000).toISOString(),
        },
      }),
    ],
  }),
  'read-only': bench([null, null, null, null], {
    readOnly: report(
      'station/home-locked',
      'Another station (pid 4711, user bob) is using /home/anna/.local/share/station.',
    ),
  }),
  rekey: {
    ...bench([null, null]),
    rekeyed: { oldKey: 'refused-tested', keyFingerprint: fingerprintOf(11) },
  },
  damaged: { ...bench([null, null, null, null]), damaged: true },
  'rekey-changed': {
    ...bench([null, null]),
    unit: unit(1, {
      cases: ['identity-changed', 'unknown'],
      device: null,
      former: { identity: identityOf(7), device: unit(7).device },
      sentences: [
        'The key on the board belongs to 52:54:00:c0:00:07 on the server; the board now says that it is 52:54:00:c0:00:01.',
        'That is a replaced network board, or a copied disk. As the former it gets a device of its new identity.',
      ],
    }),
    rekeyed: { oldKey: 'removed-not-tested', keyFingerprint: fingerprintOf(11) },
  },
  'rekey-other': {
    ...bench([null, null]),
    unit: unit(1, {
      cases: ['other-key', 'elsewhere'],
      key: { ...unit(1).key, fingerprint: fingerprintOf(8) },
      staged: { fingerprint: fingerprintOf(9) },
      serverUrls: ['https://other.example'],
      sentences: [
        'The server accepts another key for this unit than the one that it holds.',
        'Its configuration points at https://other.example; a re-key sets it to this server.',
      ],
    }),
    rekeyed: {
      verdict: 'fail',
      error: report('server/device-limit', 'Factory Mender takes no more accepted devices (limit 500).'),
      proof: null,
    },
  },
  'rekey-offline': {
    ...bench([null, null]),
    unit: unit(1, {
      device: null,
      offline: report('server/unreachable', 'Factory Mender cannot be reached: no route to host.'),
      sentences: [
        'The server cannot be asked. The new key is staged and proved on the board; nothing is sent.',
      ],
    }),
    rekeyed: 'waiting',
  },
  'rekey-signed-out': {
    ...bench([null, null], { servers: [server({ session: null })] }),
    approvers: [APPROVER],
    unit: unit(1, {
      device: null,
      offline: report('server/not-logged-in', 'Nobody is logged in at Factory Mender.'),
      sentences: [
        'Factory Mender could not be asked: what it has of this unit is not known. A re-key can stage and prove the new key, and waits for the server with the rest.',
      ],
    }),
  },
  batches: { ...bench([null, null]), batches: BATCHES },
  'request-accepted': { ...bench([null, null]), request: 'accepted' },
  'request-elsewhere': { ...bench([null, null]), request: 'other-server' },
  'rekey-obstacle': {
    ...bench([null, null]),
    unit: unit(1, {
      cases: ['fixed-key'],
      sentences: ['The key is in a PKCS#11 token: it cannot be replaced over the serial line.'],
      obstacle: report('board/update-in-progress'),
    }),
  },
  interrupted: bench([null, null, null, null], {
    interrupted: [
      interrupted(1),
      interrupted(2, {
        flow: 'rekey',
        step: 'stage',
        safe: true,
        left: 'The old key is in use; a new one lies beside it.',
      }),
      interrupted(6, { boardAt: null, step: 'accept' }),
      interrupted(8, {
        flow: 'rekey',
        state: 'waiting',
        step: 'stage',
        boardAt: null,
        requested: true,
        left: 'The board has its old key in use and a new one staged. An admin elsewhere was asked to approve it, and may have: then the unit may be refused until it has its new key (station rekey finish).',
        deadline: new Date(Date.now() + 20 * 3_600_000).toISOString(),
      }),
      interrupted(7, {
        flow: 'rekey',
        state: 'waiting',
        step: 'stage',
        safe: true,
        boardAt: null,
        left: 'Staged, old key active, nothing sent.',
        deadline: new Date(Date.now() + 20 * 3_600_000).toISOString(),
      }),
    ],
  }),
  waiting: bench([
    running(1, 'stage', {
      flow: 'rekey',
      state: 'waiting',
      steps: stepsTo('submit').slice(0, 5),
      waiting: { for: 'server', deadline: new Date(Date.now() + 23.4 * 3_600_000).toISOString() },
    }),
    null,
  ]),
  down: {
    ...bench([running(1, 'switch'), null, null, null]),
    process: { state: 'down', cause: 'It was killed by signal 9 five times within a minute.' },
  },
  restarting: {
    ...bench([null, null, null, null]),
    process: { state: 'restarting', cause: 'It ended with exit code 134.' },
  },
} as const satisfies Record<string, Scene>;

export type SceneName = keyof typeof SCENES;
