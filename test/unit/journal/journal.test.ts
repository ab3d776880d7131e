import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { renameSync, rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openJournal, readJournal } from '../../../src/journal/index.ts';
import type { JournalEvent } from '../../../src/model/event.ts';
import { secret } from '../../../src/model/secret.ts';
import {
  fingerprint,
  jobEvents,
  jobId,
  macOf,
  makeHome,
  OPENED,
  options,
  refusal,
  TestClock,
} from './fixtures.ts';

function open(home: string, clock = new TestClock()) {
  return openJournal(join(home, 'journal.db'), options(clock));
}

const REFUSED = {
  code: 'key/used',
  message: 'This key was already given to x.',
  unchanged: 'Nothing.',
  remedy: 'Use another.',
  retriable: false,
};

describe('journal', () => {
  it('gives every entry a number, UTC and monotonic time and the station, and keeps them over a restart', () => {
    const home = makeHome();
    const clock = new TestClock();
    const first = open(home, clock);
    const entry = first.append(OPENED);
    clock.pass(1500.6);
    const second = first.append(jobEvents({ job: 'J1' })[0]!);
    first.close();

    expect(entry).toEqual({
      seq: 1,
      at: '2026-11-21T08:00:00.000Z',
      monotonicMs: 1000,
      station: 'ST-0000000001',
      event: OPENED,
    });
    expect(second).toMatchObject({ seq: 2, at: '2026-11-21T08:00:01.500Z', monotonicMs: 2501 });
    using again = open(home, clock);
    expect([...again.entries()]).toEqual([entry, second]);
    expect([...again.entries(1)]).toEqual([second]);
    expect(again.append(OPENED).seq).toBe(3);
  });

  it('stores the canonical text of an entry, whatever order its members were given in', () => {
    const home = makeHome();
    using journal = open(home);
    journal.append({ runtime: 'r', keyProtection: 'k', version: 'v', kind: 'station-opened' });
    using raw = new DatabaseSync(journal.path, { readOnly: true });
    expect(raw.prepare('SELECT body FROM event').get()).toEqual({
      body:
        '{"at":"2026-11-21T08:00:00.000Z","event":{"keyProtection":"k","kind":"station-opened","runtime":"r",' +
        '"version":"v"},"monotonicMs":1000,"seq":1,"station":"ST-0000000001"}',
    });
  });

  it('lists ended jobs, newest first, with what a record shows', () => {
    const clock = new TestClock();
    using journal = open(makeHome(), clock);
    journal.append(OPENED);
    for (const event of jobEvents({ job: 'J1', label: 'WO-7' })) {
      journal.append(event);
      clock.pass(100);
    }
    for (const event of jobEvents({
      job: 'J2',
      identity: { mac: macOf(2) },
      verdict: 'fail',
      error: REFUSED,
    }))
      journal.append(event);
    for (const event of jobEvents({ job: 'J3', identity: { mac: macOf(3) }, verdict: null }))
      journal.append(event);

    const [newest, oldest] = journal.list();
    expect(journal.list()).toHaveLength(2);
    expect(newest).toMatchObject({ job: 'J2', verdict: 'fail', error: REFUSED, proof: null, label: null });
    expect(oldest).toEqual({
      seq: 7,
      at: '2026-11-21T08:00:00.500Z',
      job: 'J1',
      flow: 'provision',
      port: '/dev/ttyUSB0',
      slot: '1-1.4:1.0',
      verdict: 'pass',
      identity: '52:54:00:00:00:01',
      deviceId: 'device-1',
      keyFingerprint: fingerprint('a'),
      keyType: 'ed25519',
      proof: 'board-client',
      server: 'plant',
      ms: 500,
      error: null,
      batch: null,
      inventory: null,
      label: 'WO-7',
    });
    expect(journal.record('J1')).toEqual(oldest);
    expect(journal.record('J3')).toBeNull();
    expect(journal.list({ limit: 1 })).toEqual([newest]);
    expect(journal.list({ since: '2026-11-21T09:00:00.600+01:00' })).toEqual([newest]);
  });

  it('finds records by a value of the identity, whole or by its beginning, also one of several', () => {
    using journal = open(makeHome());
    const identities = [
      { mac: '52:54:00:00:00:01', sn: 'A%1' },
      { mac: '52:54:00:00:00:02', sn: ['B1', 'B2'] },
      { mac: '52:55:00:00:00:03', sn: '52:54' },
    ];
    identities.forEach((identity, n) => {
      for (const event of jobEvents({ job: `J${n}`, identity })) journal.append(event);
    });
    const jobs = (query: Parameters<typeof journal.list>[0]) => journal.list(query).map(({ job }) => job);

    expect(jobs({ identity: { key: 'mac', value: '52:54:00:00:00:02' } })).toEqual(['J1']);
    expect(jobs({ identity: { key: 'mac', value: '52:54' } })).toEqual([]);
    expect(jobs({ identity: { key: 'mac', value: '52:54', match: 'prefix' } })).toEqual(['J1', 'J0']);
    expect(jobs({ identity: { value: '52:54', match: 'prefix' } })).toEqual(['J2', 'J1', 'J0']);
    expect(jobs({ identity: { key: 'sn', value: 'B2' } })).toEqual(['J1']);
    expect(jobs({ identity: { key: 'sn', value: 'A%', match: 'prefix' } })).toEqual(['J0']);
    expect(jobs({ identity: { key: 'sn', value: '%', match: 'prefix' } })).toEqual([]);
  });

  it('tells a job with its steps; an action that was cut off has no outcome', () => {
    using journal = open(makeHome());
    for (const event of jobEvents({ job: 'J1' })) journal.append(event);
    for (const event of jobEvents({ job: 'J2', identity: { mac: macOf(2) }, verdict: null }))
      journal.append(event);

    expect(journal.job('J1')).toMatchObject({
      operator: 'kim',
      keySource: 'generate',
      serverUrl: 'https://mender.example',
      identity: { mac: '52:54:00:00:00:01' },
      steps: [{ step: 'stage', action: 'stage', outcome: 'done', ms: 120 }],
      result: { verdict: 'pass', authSetId: 'set-1' },
    });
    expect(journal.job('J2')).toMatchObject({
      endedAt: null,
      result: null,
      steps: [{ step: 'stage', action: 'stage', outcome: null, ms: null }],
    });
    expect(journal.job('J9')).toBeNull();
    expect(journal.openJobs().map(({ job }) => job)).toEqual(['J2']);
    expect(journal.lastJobs(5).map(({ job }) => job)).toEqual(['J2', 'J1']);
    expect(journal.events('J2').map(({ event }) => event.kind)).toEqual([
      'job-started',
      'board-identified',
      'step-intent',
      'key-staged',
    ]);
    expect(journal.events('J1').at(-1)?.event.kind).toBe('verdict');
  });

  it('knows a staged key by the hash of its file, the newest where there are two', () => {
    using journal = open(makeHome());
    const fileSha256 = 'ab'.repeat(32);
    for (const event of jobEvents({ job: 'J1', verdict: null, fileSha256 })) journal.append(event);
    for (const event of jobEvents({ job: 'J2', verdict: null, fileSha256, key: fingerprint('b') }))
      journal.append(event);

    expect(journal.stagedKeyBySha256(fileSha256.toUpperCase())).toEqual({
      job: 'J2',
      identity: { mac: '52:54:00:00:00:01' },
      fingerprint: fingerprint('b'),
      keyType: 'ed25519',
      origin: 'station',
    });
    expect(journal.stagedKeyBySha256('00'.repeat(32))).toBeNull();
  });

  it('knows who had a key first: from its staging on, but not from a job that failed before it', () => {
    using journal = open(makeHome());
    const [one, two] = [{ mac: macOf(1) }, { mac: macOf(2) }];
    const failed = { job: 'J1', identity: one, verdict: 'fail', staged: false } as const;
    for (const event of jobEvents(failed)) journal.append(event);
    expect(journal.keyOwner(fingerprint('a'))).toBeNull();
    for (const event of jobEvents({ job: 'J2', identity: two, verdict: null })) journal.append(event);
    expect(journal.keyOwner(fingerprint('a'))).toEqual(two);
    for (const event of jobEvents({ job: 'J3', identity: one, verdict: 'already', staged: false }))
      journal.append(event);
    expect(journal.keyOwner(fingerprint('a'))).toEqual(two);
  });

  it('knows the last device id of a unit per server', () => {
    using journal = open(makeHome());
    const identity = { mac: macOf(1), sn: '7' };
    for (const event of jobEvents({ job: 'J1', identity, deviceId: 'd1' })) journal.append(event);
    for (const event of jobEvents({ job: 'J2', identity, deviceId: 'd2', verdict: 'fail' }))
      journal.append(event);
    expect(journal.lastDeviceId('https://mender.example', { sn: '7', mac: macOf(1) })).toBe('d2');
    expect(journal.lastDeviceId('https://other.example', identity)).toBeNull();
  });

  it('knows the device that a job met before it was cut off', () => {
    using journal = open(makeHome());
    const identity = { mac: macOf(1) };
    for (const event of jobEvents({ job: 'J1', identity, deviceId: 'd1' })) journal.append(event);
    for (const event of jobEvents({ job: 'J2', identity, verdict: null })) journal.append(event);
    const detail = { deviceId: 'd2', authSetId: 's2' };
    journal.append({
      kind: 'step-intent',
      job: jobId('J2'),
      step: 'accept',
      action: 'accept-auth-set',
      detail,
    });
    for (const event of jobEvents({ job: 'J3', identity, verdict: null })) journal.append(event);
    expect(journal.lastDeviceId('https://mender.example', identity)).toBe('d2');
  });

  it('records the verdict of a job that never began', () => {
    using journal = open(makeHome());
    journal.append(jobEvents({ job: 'J1', verdict: 'fail' }).at(-1)!);
    expect(journal.list()).toMatchObject([{ job: 'J1', verdict: 'fail', server: '', ms: 0 }]);
  });

  it('measures a job by the clock that never jumps, and by the wall clock over a restart', () => {
    const home = makeHome();
    const clock = new TestClock();
    const events = jobEvents({ job: 'J1' });
    {
      using journal = open(home, clock);
      journal.append(OPENED);
      journal.append(events[0]!);
      clock.pass(700);
      clock.wall -= 3_600_000;
      expect(journal.append(events.at(-1)!).at).toBe('2026-11-21T07:00:00.700Z');
      expect(journal.list()[0]?.ms).toBe(700);
      journal.append(jobEvents({ job: 'J2' })[0]!);
    }
    clock.wall += 9000;
    clock.steady = 3;
    using journal = open(home, clock);
    journal.append(OPENED);
    journal.append(jobEvents({ job: 'J2' }).at(-1)!);
    expect(journal.list()[0]?.ms).toBe(9000);
  });

  it('refuses what JSON cannot hold, a secret above all, and stores nothing of it', () => {
    using journal = open(makeHome());
    const stray = { kind: 'board-identified', job: jobId('J1'), identity: { mac: secret('hunter2') } };
    expect(() => journal.append(stray as unknown as JournalEvent)).toThrow(TypeError);
    expect(journal.lastSeq()).toBe(0);
    expect(journal.append(OPENED).seq).toBe(1);
  });

  it('cannot be changed, not even by its own file’s owner in passing', () => {
    const home = makeHome();
    const path = join(home, 'journal.db');
    {
      using journal = open(home);
      journal.append(OPENED);
      journal.append(OPENED);
    }
    using raw = new DatabaseSync(path);
    expect(() => raw.exec(`UPDATE event SET body = '{}'`)).toThrow('append-only');
    expect(() => raw.exec('DELETE FROM event WHERE seq = 2')).toThrow('append-only');
    expect(() => raw.exec(`REPLACE INTO event (seq, body, hash) SELECT seq, body, hash FROM event`)).toThrow(
      'without a gap',
    );
    const insert = (seq: number): void =>
      raw.exec(`INSERT INTO event (seq, body, hash) SELECT ${seq}, body, hash FROM event LIMIT 1`);
    expect(() => insert(9)).toThrow('without a gap');
    expect(() => insert(3)).toThrow('CHECK');
  });

  it('finds a projection that was tampered with, and derives it anew', () => {
    const home = makeHome();
    const path = join(home, 'journal.db');
    using journal = open(home);
    for (const event of jobEvents({ job: 'J1' })) journal.append(event);
    for (const event of jobEvents({ job: 'J2', identity: { mac: macOf(2) }, verdict: 'fail' }))
      journal.append(event);
    expect(journal.checkProjections()).toBeNull();
    using raw = new DatabaseSync(path);
    for (const [sql, complaint] of [
      [`UPDATE p_job SET verdict = 'pass' WHERE job = 'J2'`, 'p_job has'],
      [`DELETE FROM p_key`, 'p_key lacks'],
      [`INSERT INTO p_unit VALUES ('{}', 1, 1, 'J1')`, 'p_unit has'],
      [`UPDATE p_state SET seq = 1`, 'p_state has'],
    ] as const) {
      raw.exec(sql);
      expect(journal.checkProjections()).toContain(complaint);
      journal.rebuildProjections();
      expect(journal.checkProjections()).toBeNull();
    }
    expect(journal.list().map(({ verdict }) => verdict)).toEqual(['fail', 'pass']);
  });

  it('derives projections anew that an earlier program left behind, without a migration', () => {
    const home = makeHome();
    const path = join(home, 'journal.db');
    {
      using journal = open(home);
      for (const event of jobEvents({ job: 'J1' })) journal.append(event);
    }
    {
      using raw = new DatabaseSync(path);
      raw.exec('UPDATE p_state SET version = 0; DROP TABLE p_key; CREATE TABLE p_gone (a)');
    }
    using journal = open(home);
    expect(journal.keyOwner(fingerprint('a'))).not.toBeNull();
    expect(journal.checkProjections()).toBeNull();
    using raw = new DatabaseSync(path, { readOnly: true });
    expect(raw.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'p_gone'`).get()).toBeUndefined();
  });

  it('finds among many records what is asked for, a page at most', () => {
    const home = makeHome();
    const path = join(home, 'journal.db');
    open(home).close();
    {
      using raw = new DatabaseSync(path);
      raw.exec('BEGIN');
      const insert = raw.prepare('INSERT INTO event (seq, body, hash) VALUES (?, ?, zeroblob(32))');
      for (let seq = 1; seq <= 3000; seq++) {
        const identity = { mac: macOf(seq), model: 'gateway', sn: `SN${seq}` };
        const event = jobEvents({ job: `J${seq}`, identity, deviceId: `d${seq}` }).at(-1)!;
        const at = new Date(1_790_000_000_000 + seq * 1000).toISOString();
        insert.run(seq, JSON.stringify({ at, event, monotonicMs: seq, seq, station: 'ST-0000000001' }));
      }
      raw.exec('COMMIT');
    }
    using journal = open(home);
    const queries = {
      newest: {},
      equals: { identity: { key: 'mac', value: macOf(1321) } },
      prefix: { identity: { value: 'SN132', match: 'prefix' } },
      'shared by all': { identity: { key: 'model', value: 'gateway' } },
      'prefix of all': { identity: { key: 'mac', value: '52:54', match: 'prefix' } },
      'by nobody': { identity: { key: 'mac', value: 'none' } },
      since: { since: new Date(1_790_000_000_000 + 2_990_000).toISOString() },
    } as const;
    const found = Object.entries(queries).map(([name, query]) => [name, journal.list(query).length]);
    expect(Object.fromEntries(found)).toEqual({
      newest: 100,
      equals: 1,
      prefix: 11,
      'shared by all': 100,
      'prefix of all': 100,
      'by nobody': 0,
      since: 11,
    });
  });
});

describe('a journal whose file is taken away', () => {
  const cases: Record<string, (path: string) => void> = {
    'the file is removed': (path) => rmSync(path),
    'another file takes its place': (path) => {
      const other = makeHome();
      open(other).close();
      renameSync(join(other, 'journal.db'), path);
    },
    'its log is removed': (path) => rmSync(`${path}-wal`),
  };
  for (const [name, take] of Object.entries(cases))
    it(`refuses to go on when ${name}`, () => {
      using journal = open(makeHome());
      journal.append(OPENED);
      take(journal.path);
      expect(refusal(() => journal.append(OPENED))).toMatch(/^journal\/unusable: .*while in use/);
      expect(refusal(() => journal.append(OPENED))).toMatch(/^journal\/unusable: /);
    });
});

describe('a reader', () => {
  it('sees each entry as soon as it is acknowledged, while another writes', () => {
    const home = makeHome();
    using journal = open(home);
    journal.append(OPENED);
    using reader = readJournal(journal.path, options());
    expect(reader.lastSeq()).toBe(1);
    for (const event of jobEvents({ job: 'J1' })) journal.append(event);
    expect(reader.list()).toEqual(journal.list());
    expect(reader.checkProjections()).toBeNull();
    expect('append' in reader).toBe(false);
  });

  it('finds an empty record in a new home, and leaves the home free', () => {
    const path = join(makeHome(), 'journal.db');
    using reader = readJournal(path, options());
    expect(reader.list()).toEqual([]);
    using journal = openJournal(path, options());
    expect(journal.append(OPENED).seq).toBe(1);
  });
});
