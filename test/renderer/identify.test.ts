import { expect, test } from 'vitest';
import { isPlace } from '../../renderer/bench.ts';
import { isBuiltIn } from '../../renderer/built-in.ts';
import { clockText, findings } from '../../renderer/features/identify/findings.ts';
import { INITIAL, reduce } from '../../renderer/state.ts';
import type { IdentifyReport } from '../../src/contract.ts';
import { ended, identityOf, profile, slot, snapshot } from './fake-station.ts';

function report(
  change: Partial<IdentifyReport['board']> = {},
  warnings: readonly string[] = [],
): IdentifyReport {
  return {
    port: '/dev/ttyUSB0',
    slot: '1-1.1:1.0',
    serverUrls: [],
    warnings,
    board: {
      hostname: 'gateway',
      kernel: 'Linux 6.1',
      init: 'systemd',
      shell: 'bash',
      identity: { state: 'read', identity: identityOf(1), script: '/usr/share/mender/identity' },
      client: {
        generation: '3',
        version: '3.4.0',
        service: 'mender-client',
        running: true,
        update: 'none',
        tier: 'standard',
      },
      key: {
        path: '/var/lib/mender/mender-agent.pem',
        realPath: '/data/mender/mender-agent.pem',
        from: 'default',
        certificate: null,
        state: 'missing',
        publicKey: null,
        sha256: null,
      },
      staged: null,
      former: null,
      installedCaSha256: null,
      clockSkewMs: 300,
      dataDirectory: { path: '/var/lib/mender', exists: true, freeBytes: 4_000_000, writable: true },
      canSign: ['ed25519'],
      opensslVersion: '3.0.11',
      ...change,
    },
  };
}

test('a good board has no findings', () => {
  expect(findings(report(), profile())).toEqual([]);
});

test('what stands in the way comes first, each with what to do', () => {
  const { dataDirectory, client } = report().board;
  const lines = findings(
    report(
      {
        clockSkewMs: -3_600_000 * 5,
        dataDirectory: { ...dataDirectory, writable: false },
        client: { ...client, update: 'in-progress' },
        identity: { state: 'missing', script: '/usr/share/mender/identity' },
      },
      ['/etc/mender/mender.conf overrides the servers of /var/lib/mender/mender.conf.'],
    ),
    profile(),
  );
  expect(lines.map(({ state, check }) => `${state} ${check}`)).toEqual([
    'bad Identity',
    'bad Update',
    'bad Data directory',
    'note Clock',
    'note Configuration',
  ]);
  for (const { state, remedy } of lines) if (state === 'bad') expect(remedy).not.toBeNull();
});

test.each([
  [1_400, 'right'],
  [-45_000, '45 s behind this machine'],
  [600_000, '10 min ahead of this machine'],
  [-365 * 86_400_000, '365 d behind this machine'],
])('a clock that is off by %i ms is %s', (ms, text) => {
  expect(clockText(ms)).toBe(text);
});

test('a port of the machine itself is a place of the bench only while something shows on it', () => {
  const own = slot(1, { usb: null, byId: null, port: '/dev/ttyS0', label: 'ttyS0', presence: 'silent' });
  const job = ended(1);
  expect(isBuiltIn(own)).toBe(true);
  expect(isPlace(INITIAL, own)).toBe(false);
  expect(isPlace(INITIAL, { ...own, presence: 'ready' })).toBe(true);
  expect(isPlace(INITIAL, { ...own, job: job.job })).toBe(true);
  expect(isBuiltIn({ ...own, simulated: true })).toBe(false);
  expect(isBuiltIn({ ...own, port: '/dev/ttyUSB0' })).toBe(false);
  expect(isBuiltIn({ ...own, port: '/tmp/ports/slot-1' })).toBe(false);
});

test('simulated boards stand before real ones, and those before the ports of the machine', () => {
  const slots = [
    slot(1, { usb: null, byId: null, port: '/dev/ttyS0', label: 'ttyS0' }),
    slot(2, { label: 'A real one' }),
    slot(10, { label: 'Board 10', simulated: true, usb: null, byId: null }),
    slot(3, { label: 'Board 3', simulated: true, usb: null, byId: null }),
  ];
  const state = reduce(INITIAL, { type: 'snapshot', snapshot: snapshot({ slots }) });
  expect(state.slots.map(({ label }) => label)).toEqual(['Board 3', 'Board 10', 'A real one', 'ttyS0']);
});
