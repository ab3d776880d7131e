import '@mantine/core/styles.css';
import '../../../renderer/theme.css';
import '../../../renderer/base.css';
import { createRoot } from 'react-dom/client';
import { App } from '../../../renderer/app.tsx';
import { Refused, stationOver } from '../../../renderer/station.ts';
import { createStore } from '../../../renderer/store.ts';
import type { CertificateView, DoctorLine, JobView, SlotView, Snapshot } from '../../../src/contract.ts';
import { STEPS } from '../../../src/model/job.ts';
import {
  ended,
  fakeBridge,
  jobId,
  report,
  result,
  record,
  running,
  server,
  stepsTo,
  STEP_MS,
  TRANSCRIPT,
} from '../fake-station.ts';
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
  'server.test': () => ({ lines: FINDINGS }),
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
  'rehearsal.start': () => SCENES.rehearsal.snapshot,
  provision: async (params: { ports: string[] }) => {
    const slots = (current?.slots ?? []).filter((slot) => params.ports.includes(slot.port));
    await Promise.all(slots.map((slot, at) => play(slot, at + 1)));
    return { jobs: [], elapsedMs: 0 };
  },
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function play(slot: SlotView, at: number): Promise<void> {
  const startedAt = new Date().toISOString();
  const say = (job: JobView): void =>
    bridge.tell({ type: 'job', job: { ...job, slot: slot.slot, port: slot.port } });
  for (const step of STEPS) {
    say(running(at, step, { startedAt }));
    if (step === 'connect')
      bridge.tell({ type: 'slot', slot: { ...slot, presence: 'in-job', job: jobId(at) } });
    await pause(STEP_MS[step] * (0.7 + at * 0.1));
  }
  say({ ...ended(at), startedAt, steps: stepsTo(null) });
  bridge.tell({ type: 'slot', slot: { ...slot, job: jobId(at) } });
  bridge.tell({ type: 'record', record: record(100 + at, result(at), Date.now()) });
}

const root = document.querySelector('#root');
const store = createStore(stationOver(bridge));
void store.load();
if (root !== null) createRoot(root).render(<App store={store} />);
