import '@mantine/core/styles.css';
import '../../../renderer/theme.css';
import '../../../renderer/base.css';
import { createRoot } from 'react-dom/client';
import { App } from '../../../renderer/app.tsx';
import { Refused, stationOver } from '../../../renderer/station.ts';
import { createStore } from '../../../renderer/store.ts';
import type { CertificateView, DoctorLine, JobView, SlotView, Snapshot } from '../../../src/contract.ts';
import { STEPS, type JobResult } from '../../../src/model/job.ts';
import {
  APPROVER,
  ended,
  fakeBridge,
  jobId,
  plan,
  report,
  result,
  record,
  requested,
  requestView,
  running,
  server,
  stepsTo,
  STEP_MS,
  TRANSCRIPT,
  unit,
} from '../fake-station.ts';
import { batchRow, fileReport } from '../fake-batches.ts';
import { SCENES, type Scene } from './scenes.ts';

/** The window over a station that is made up: `index.html#SCENE`. */

const name = window.location.hash.slice(1);
const scene: Scene | undefined = Object.entries(SCENES).find(([known]) => known === name)?.[1];
let current: Snapshot | undefined = scene?.snapshot;

const FINDINGS: readonly DoctorLine[] = [
  { check: 'Serial ports', state: 'ok', text: 'Four ports, all of them can be opened.', remedy: null },
  {
    check: 'ModemManager',
    state: 'bad',
    text: 'ModemManager is running and opens new ports.',
    remedy: 'Stop it, or install the rule that keeps it off: station doctor --udev-rule.',
  },
  {
    check: 'Key store',
    state: 'note',
    text: 'Secrets are in a file of mode 0600.',
    remedy: 'Unlock the desktop’s key ring.',
  },
];

const CERTIFICATE: CertificateView = {
  subject: 'CN=mender.factory.example',
  issuer: 'CN=Factory CA, O=Factory',
  validFrom: '2026-06-30T00:00:00Z',
  validTo: '2027-06-30T00:00:00Z',
  spkiSha256: result(3).keyFingerprint?.slice(7) ?? '',
  certificateSha256: '',
  trustedBySystem: false,
};

const bridge = fakeBridge({
  snapshot: () => {
    if (current === undefined) return new Promise(() => undefined);
    if (scene?.process) {
      const event = scene.process;
      setTimeout(() => bridge.tell({ type: 'station-process', ...event }), 50);
    }
    return current;
  },
  'preferences.set': (params: object) => {
    if (current === undefined) return null;
    current = { ...current, preferences: { ...current.preferences, ...params } };
    bridge.tell({ type: 'preferences', preferences: current.preferences });
    return null;
  },
  'server.add': (params: { name: string; url: string }) =>
    server({ name: params.name, url: params.url, session: null }),
  'server.certificate': () => CERTIFICATE,
  'server.test': () => ({ lines: FINDINGS, empty: false }),
  'server.login': (params: { name: string; otp?: string }) => {
    if (params.otp === undefined)
      throw new Refused(report('server/otp-needed', `${params.name} asks for a second factor.`));
    return server({ name: params.name });
  },
  'job.transcript': () => TRANSCRIPT,
  'credential.set': () => null,
  'slot.clear': () => null,
  'port.refresh': () => [],
  doctor: () => FINDINGS,
  'rekey.look': async () => {
    await pause(700);
    return scene?.unit ?? unit(1);
  },
  'batch.list': () => scene?.batches ?? [],
  'batch.rows': ({ after, limit, outcome }: { after: number; limit: number; outcome?: string }) =>
    Array.from({ length: limit }, (_, at) => batchRow(after + at)).filter(
      (row) => outcome === undefined || outcome === row.outcome || row.error !== null,
    ),
  'batch.check': () => fileReport(),
  'shell.choose-path': () => '/home/anna/Documents/April gateways.csv',
  'batch.take-back': ({ dryRun }: { dryRun: boolean }) => ({
    batch: 'February gateways',
    server: 'Factory Mender',
    dryRun,
    state: 'ended',
    reason: null,
    counts: { removed: 1_903, gone: 2, used: 83, failed: 0 },
    elapsedMs: 900,
  }),
  'batch.preauthorize': () => {
    throw new Refused(
      report(
        'batch/over-limit',
        'Factory Mender has room for 120 more devices (limit 500, 370 accepted, 10 preauthorized), and 10000 are to be preauthorized.',
      ),
    );
  },
  'approver.list': () => scene?.approvers ?? [],
  'approver.add': () => APPROVER,
  'approver.export': () => ({ file: '{}', view: { ...APPROVER, station: 'bench-07' } }),
  'shell.choose-text': () => ({ name: 'station-request.json', text: '{}' }),
  'shell.save-text': ({ name }: { name: string }) => ({
    path: `/home/anna/Documents/${name}`,
    written: true,
  }),
  'rekey.request': async () => {
    await pause(300);
    return requested(1);
  },
  'rekey.read-request': () => {
    if (scene?.request === 'other-server')
      throw new Refused(
        report(
          'request/other-server',
          'The request is for the server at https://other.example; Factory Mender is at https://mender.factory.example.',
        ),
      );
    return requestView(1, scene?.request === undefined ? {} : { state: scene.request });
  },
  'rekey.approve': ({ tidy }: { tidy: boolean }) => ({
    file: '{}',
    how: 'preauthorized',
    deviceId: requestView(1).device.id,
    tidied: tidy,
  }),
  rekey: async ({ dryRun }: { dryRun?: boolean }) => {
    if (dryRun === true) return { jobs: [], elapsedMs: 0, plan: plan(1) };
    const slot = current?.slots[0];
    const outcome = scene?.rekeyed;
    if (slot === undefined) return { jobs: [], elapsedMs: 0 };
    if (outcome === 'waiting') {
      const deadline = new Date(Date.now() + 24 * 3_600_000).toISOString();
      const waiting = { for: 'server', deadline } as const;
      const steps = stepsTo('submit').slice(0, 5);
      const job = running(1, 'stage', { flow: 'rekey', state: 'waiting', steps, waiting });
      bridge.tell({ type: 'job', job: running(1, 'stage', { flow: 'rekey' }) });
      bridge.tell({ type: 'job', job });
      bridge.tell({ type: 'slot', slot: { ...slot, job: job.job } });
      return new Promise(() => undefined);
    }
    await play(slot, 1, 'rekey', outcome);
    return { jobs: [], elapsedMs: 0 };
  },
  'provision.plan': ({ ports }: { ports: string[] }) =>
    ports.map((_port, at) =>
      at === 1
        ? plan(2, { ends: 'already', actions: [], notes: ['The key is the one that the server accepts.'] })
        : at === 2
          ? plan(3, {
              ends: 'stop',
              actions: [],
              error: report('board/disk-full', 'There is no room left in /var/lib/mender on the board.'),
            })
          : plan(at + 1),
    ),
  'shell.copy': () => null,
  'journal.list': ({ identity }: { identity?: { value: string } }) =>
    (current?.records ?? []).filter((each) => each.identity?.startsWith(identity?.value ?? '') === true),
  'journal.backup': ({ path }: { path: string }) => ({ path, head: { seq: 1284, hash: '' }, recorded: true }),
  'journal.export': ({ path }: { path: string }) => ({ path, rows: 1284, head: null, key: null }),
  'journal.verify': () =>
    scene?.damaged === true
      ? {
          kind: 'journal',
          ok: false,
          rows: 811,
          station: 'bench-07',
          head: null,
          signed: 800,
          keys: [],
          problem: { seq: 812, fault: 'edited', text: 'Row 812 was changed: its hash is another.' },
          notes: [],
        }
      : {
          kind: 'journal',
          ok: true,
          rows: 1284,
          station: 'bench-07',
          head: null,
          signed: 1284,
          keys: [],
          problem: null,
          notes: ['The station key was replaced once, at row 402; that is recorded.'],
        },
  'shell.choose-save': () => '/home/anna/Documents/station-52-54-00-c0-00-01.pdf',
  'rekey.sheet': ({ path }: { path: string }) => ({ path }),
  'resume.dismiss': ({ job }: { job: string }) => {
    const interrupted = (current?.interrupted ?? []).filter((each) => each.job !== job);
    if (current !== undefined) current = { ...current, interrupted };
    bridge.tell({ type: 'interrupted', interrupted });
    return null;
  },
  'rehearsal.start': () => SCENES.rehearsal.snapshot,
  provision: async (params: { ports: string[] }) => {
    const slots = (current?.slots ?? []).filter((slot) => params.ports.includes(slot.port));
    await Promise.all(slots.map((slot, at) => play(slot, at + 1)));
    return { jobs: [], elapsedMs: 0 };
  },
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function play(
  slot: SlotView,
  at: number,
  flow: JobView['flow'] = 'provision',
  outcome: Partial<JobResult> = {},
): Promise<void> {
  const startedAt = new Date().toISOString();
  const say = (job: JobView): void =>
    bridge.tell({ type: 'job', job: { ...job, flow, slot: slot.slot, port: slot.port } });
  for (const step of STEPS) {
    say(running(at, step, { startedAt }));
    if (step === 'connect')
      bridge.tell({ type: 'slot', slot: { ...slot, presence: 'in-job', job: jobId(at) } });
    await pause(STEP_MS[step] * (0.7 + at * 0.1));
  }
  say({ ...ended(at, outcome), startedAt, steps: stepsTo(null) });
  bridge.tell({ type: 'slot', slot: { ...slot, job: jobId(at) } });
  bridge.tell({ type: 'record', record: record(100 + at, result(at), Date.now()) });
}

const root = document.querySelector('#root');
const store = createStore(stationOver(bridge));
void store.load();
if (root !== null) createRoot(root).render(<App store={store} />);
