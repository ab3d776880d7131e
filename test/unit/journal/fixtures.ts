import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { JournalOptions } from '../../../src/journal/index.ts';
import type { JournalEvent } from '../../../src/model/event.ts';
import type { Identity } from '../../../src/model/identity.ts';
import type { JobId, JobResult, Verdict } from '../../../src/model/job.ts';
import type { KeyFingerprint } from '../../../src/model/key.ts';
import { StationError } from '../../../src/model/station-error.ts';

export const APPENDER = join(import.meta.dirname, 'appender.ts');

/** A folder for one test. */
export function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'station-journal-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

/** A clock that a test moves. */
export class TestClock {
  wall = Date.parse('2026-11-21T08:00:00.000Z');
  steady = 1000;

  now(): number {
    return this.wall;
  }

  monotonic(): number {
    return this.steady;
  }

  pass(ms: number): void {
    this.wall += ms;
    this.steady += ms;
  }
}

export function options(clock: JournalOptions['clock'] = new TestClock()): JournalOptions {
  return { stationId: 'ST-0000000001', clock, holder: { program: 'journal test' } };
}

/** The `StationError` that `work` ends in, as `code: message`. */
export function refusal(work: () => unknown): string {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof StationError) return `${thrown.code}: ${thrown.message}`;
    throw thrown;
  }
  throw new Error('nothing was thrown');
}

export const OPENED: JournalEvent = {
  kind: 'station-opened',
  version: '0.1.0',
  runtime: 'node 24',
  keyProtection: 'file',
};

export const jobId = (text: string): JobId => text as JobId;
export const fingerprint = (digit: string): KeyFingerprint => `sha256:${digit.repeat(64)}` as KeyFingerprint;
export const macOf = (n: number): string =>
  `52:54:00:${n.toString(16).padStart(6, '0').match(/../g)!.join(':')}`;

export interface JobShape {
  readonly job: string;
  readonly identity?: Identity;
  readonly key?: KeyFingerprint;
  readonly deviceId?: string;
  readonly verdict?: Verdict | null;
  readonly staged?: boolean;
  readonly fileSha256?: string;
  readonly label?: string;
  readonly error?: JobResult['error'];
}

/** All that a job of this shape records, in order. Without a verdict it is one that was interrupted. */
export function jobEvents(shape: JobShape): readonly JournalEvent[] {
  const job = jobId(shape.job);
  const identity = shape.identity ?? { mac: '52:54:00:00:00:01' };
  const key = shape.key ?? fingerprint('a');
  const events: JournalEvent[] = [
    {
      kind: 'job-started',
      job,
      flow: 'provision',
      port: '/dev/ttyUSB0',
      slot: '1-1.4:1.0',
      server: 'plant',
      serverUrl: 'https://mender.example',
      profile: 'mender',
      keySource: 'generate',
      label: shape.label ?? null,
      operator: 'kim',
    },
    { kind: 'board-identified', job, identity },
    { kind: 'step-intent', job, step: 'stage', action: 'stage', detail: { bytes: 119 } },
  ];
  if (shape.staged ?? true)
    events.push({
      kind: 'key-staged',
      job,
      fingerprint: key,
      keyType: 'ed25519',
      origin: 'station',
      fileSha256: shape.fileSha256 ?? 'c'.repeat(64),
    });
  if (shape.verdict === null) return events;
  const verdict = shape.verdict ?? 'pass';
  events.push(
    {
      kind: 'step-outcome',
      job,
      step: 'stage',
      action: 'stage',
      outcome: 'done',
      ms: 120.4,
      detail: {},
      error: null,
    },
    {
      kind: 'verdict',
      job,
      result: {
        job,
        port: '/dev/ttyUSB0',
        slot: '1-1.4:1.0',
        verdict,
        identity,
        deviceId: shape.deviceId ?? 'device-1',
        authSetId: 'set-1',
        keyFingerprint: key,
        keyType: 'ed25519',
        keyOrigin: 'station',
        proof: verdict === 'pass' ? 'board-client' : null,
        oldKey: 'none',
        steps: [{ step: 'stage', ms: 120 }],
        wire: { tx: 812, rx: 1034, roundTrips: 6 },
        notes: [],
        error: shape.error ?? null,
      },
    },
  );
  return events;
}
