import { describe, expect, it, onTestFinished } from 'vitest';
import type { Device } from '../../../src/model/device.ts';
import type { KeyFingerprint } from '../../../src/model/key.ts';
import type { UnitCase } from '../../../src/model/rekey.ts';
import { casesOf, sentencesOf, type Findings } from '../../../src/station/unit-cases.ts';
import { virtualTime } from '../virtual-time.ts';
import { open } from './home.ts';

const OWN = 'sha256:own' as KeyFingerprint;
const OTHER = 'sha256:other' as KeyFingerprint;

function device(
  status: Device['status'],
  fingerprint: KeyFingerprint | null,
  decommissioning = false,
): Device {
  const authSets = fingerprint === null || status === 'noauth' ? [] : [{ id: 's', fingerprint, status }];
  return { id: 'd', identity: { mac: 'm' }, status, decommissioning, authSets };
}

function findings(
  change: Partial<Findings> & { state?: Findings['board']['key']['state']; certificate?: string },
): Findings {
  const { state = 'present', certificate = null, ...rest } = change;
  return {
    serverName: 'Plant',
    serverUrl: 'https://mender.example',
    board: {
      key: {
        path: '/k',
        realPath: '/k',
        from: 'default',
        certificate,
        state,
        publicKey: null,
        sha256: null,
      },
      staged: null,
    },
    fingerprint: state === 'present' ? OWN : null,
    device: device('accepted', OWN),
    offline: false,
    former: null,
    serverUrls: ['https://mender.example/'],
    otherTenant: false,
    ...rest,
  };
}

const FORMER = { identity: { mac: 'former' }, device: null };

it.each<readonly [readonly UnitCase[], Parameters<typeof findings>[0]]>([
  [['known'], {}],
  [['other-key'], { device: device('accepted', OTHER) }],
  [['unknown'], { device: null }],
  [['rejected'], { device: device('rejected', OWN) }],
  [['decommissioned'], { device: device('accepted', OWN, true) }],
  [['not-accepted'], { device: device('pending', OWN) }],
  [['not-accepted'], { device: device('preauthorized', OTHER) }],
  [['not-accepted'], { device: device('noauth', null) }],
  [['key-missing', 'other-key'], { state: 'missing' }],
  [['key-unreadable'], { state: 'unreadable' }],
  [['key-unreadable'], { fingerprint: null }],
  [['fixed-key', 'known'], { state: 'engine', fingerprint: OWN }],
  [['fixed-key'], { state: 'passphrase' }],
  [['fixed-key', 'known'], { certificate: '/data/mtls.crt' }],
  [['identity-changed', 'unknown'], { former: FORMER, device: null }],
  [['elsewhere', 'known'], { serverUrls: ['https://other.example'] }],
  [['elsewhere', 'known'], { otherTenant: true }],
  [['known'], { serverUrls: [] }],
  // A server that could not be asked is not said to have or lack anything.
  [[], { offline: true, device: null }],
  [['key-missing'], { offline: true, device: null, state: 'missing' }],
])('a unit is the case %j', (cases, change) => {
  const found = findings(change);
  expect(casesOf(found)).toEqual(cases);
  const sentences = sentencesOf(found, cases);
  expect(sentences).toHaveLength(cases.length + (found.offline ? 1 : 0));
  for (const sentence of sentences) expect(sentence).toMatch(/^[A-Z].*\.$/);
});

it('a unit with two accepted keys is no obstacle: a re-key leaves one', () => {
  const two = device('accepted', OTHER);
  const found = findings({
    device: { ...two, authSets: [...two.authSets, ...device('accepted', OWN).authSets] },
  });
  const cases = casesOf(found);
  expect(cases).toEqual(['known']);
  expect(sentencesOf(found, cases).at(-1)).toBe(
    'Plant has accepted more than one key of this unit: two programs worked on it at once. A re-key leaves its new one alone.',
  );
});

describe('a unit on the bench', () => {
  async function rehearsal() {
    const { station, events } = await open({ clock: virtualTime(), forgetful: true });
    await station.call('rehearsal.start', { boards: 2 });
    onTestFinished(async () => {
      await station.call('rehearsal.stop', {});
    });
    const look = () =>
      station.call('rekey.look', { port: 'rehearsal-1', server: 'rehearsal', profile: 'mender' });
    return { station, events, look };
  }

  it('is told before and after it was provisioned, and nothing of it is changed by looking', async () => {
    const { station, look } = await rehearsal();
    const before = await look();
    expect(before).toMatchObject({ device: null, offline: null, jobs: [], former: null, obstacle: null });
    expect(before.cases).toContain('unknown');
    expect(before.key.fingerprint).toMatch(/^sha256:/);
    expect(await look()).toEqual(before);

    const done = await station.call('provision', {
      ports: ['rehearsal-1'],
      server: 'rehearsal',
      profile: 'mender',
    });
    const [job] = done.jobs;
    const after = await look();
    expect(after).toMatchObject({
      cases: ['known'],
      identity: job?.identity,
      key: { fingerprint: job?.keyFingerprint },
      device: { id: job?.deviceId, status: 'accepted' },
      jobs: [{ job: job?.job, verdict: 'pass', flow: 'provision' }],
      staged: null,
      offline: null,
    });
    expect(after.device?.authSets[0]?.since).toMatch(/^\d{4}-/);
    expect(await look()).toEqual(after);
  });

  it('is told without its server, where nobody is logged in there', async () => {
    const { station, look } = await rehearsal();
    await station.call('server.logout', { name: 'rehearsal' });
    const report = await look();
    expect(report).toMatchObject({ device: null, offline: { code: 'server/not-logged-in' } });
    expect(report.cases).not.toContain('unknown');
    expect(report.sentences.join(' ')).toMatch(/could not be asked/);
    expect(Object.keys(report.identity)).toEqual(['mac']);
  });
});
