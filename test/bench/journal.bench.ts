import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { canonicalJson } from '../../src/journal/canonical-json.ts';
import { chainHash, GENESIS } from '../../src/journal/chain.ts';
import { Database } from '../../src/journal/database.ts';
import {
  openJournal,
  readJournal,
  type JournalOptions,
  type JournalReader,
} from '../../src/journal/index.ts';
import { migrate } from '../../src/journal/migrations.ts';
import { project, resetProjections } from '../../src/journal/projections.ts';
import { systemClock } from '../../src/model/clock.ts';
import type { JournalEntry, JournalEvent } from '../../src/model/event.ts';
import type { Identity } from '../../src/model/identity.ts';
import type { JobId, JobResult } from '../../src/model/job.ts';
import type { KeyFingerprint } from '../../src/model/key.ts';
import { MemoryKeyStore, openStationKey } from '../../src/settings/index.ts';
import { figure } from './figure.ts';
import type { Figure, Measure } from '../../tools/bench.ts';

const ROWS = 1_000_000;
/** Each job is a start, a board, a step and a verdict. */
const ROWS_A_JOB = 4;
const JOBS = ROWS / ROWS_A_JOB;
const ROUNDS = 5;
const APPENDS = 300;
/** Milliseconds that an answer may take. */
const PROMPT = 50;
const FIRST = Date.parse('2026-01-01T00:00:00Z');
/** One job in so many milliseconds: they fill a year of a busy bench. */
const APART = 120_000;

const options: JournalOptions = {
  stationId: 'ST-0000000001',
  clock: systemClock,
  holder: { program: 'bench' },
};

/** What questions cost with a million rows, and what an append costs with and without chain and signature. */
const measure: Measure = async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'station-bench-journal-'));
  try {
    const large = path.join(folder, 'journal.db');
    build(large);
    using journal = readJournal(large, options);
    return await Promise.resolve({ ...questions(journal), ...appends(folder) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

export default measure;

/** A journal as the station makes it, but in few transactions. */
function build(file: string): void {
  using database = new Database(file);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000;');
  migrate(database);
  database.write(() => resetProjections(database));
  let previous: Uint8Array = GENESIS;
  for (let seq = 1; seq <= ROWS;) {
    database.write(() => {
      for (const next = seq + 50_000; seq < next; seq += 1) {
        const job = Math.ceil(seq / ROWS_A_JOB);
        const at = new Date(FIRST + job * APART).toISOString();
        const event = eventOf(job, (seq - 1) % ROWS_A_JOB);
        const entry: JournalEntry = { seq, at, monotonicMs: seq, station: options.stationId, event };
        const body = canonicalJson(entry);
        previous = chainHash(previous, body);
        database.run('INSERT INTO event (seq, body, hash) VALUES (?, ?, ?)', seq, body, previous);
        project(database, entry);
      }
    });
    process.stderr.write(`${seq - 1} rows\n`);
  }
}

function questions(journal: JournalReader): Record<string, Figure> {
  const ask: Readonly<Record<string, () => unknown>> = {
    newest: () => journal.list(),
    'unit-by-value': () => journal.list({ identity: { value: macOf(143_210) } }),
    'prefix-few': () => journal.list({ identity: { value: 'SN14321', match: 'prefix' } }),
    'prefix-all': () => journal.list({ identity: { value: '52:54', match: 'prefix' } }),
    'value-of-all': () => journal.list({ identity: { key: 'model', value: 'gateway' } }),
    'value-of-none': () => journal.list({ identity: { value: 'none', match: 'prefix' } }),
    since: () => journal.list({ since: new Date(FIRST + (JOBS - 500) * APART).toISOString() }),
    history: () => journal.history(identityOf(7), keyOf(7)),
    statistics: () => journal.statistics(),
    'statistics-since': () => journal.statistics(new Date(FIRST + (JOBS / 2) * APART).toISOString()),
  };
  return Object.fromEntries(
    Object.entries(ask).map(([name, question]) => [
      `journal-${name}`,
      figure(
        Array.from({ length: ROUNDS }, () => {
          const began = performance.now();
          question();
          return performance.now() - began;
        }),
        'ms',
        PROMPT,
      ),
    ]),
  );
}

/** A verdict's time on the disk in a new journal, against the time of a row of its size that is stored and nothing more. */
function appends(folder: string): Record<string, Figure> {
  const signer = openStationKey(new MemoryKeyStore());
  const times: number[] = [];
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const bare = new Database(path.join(folder, `bare-${round}.db`));
    bare.makeDurable();
    bare.exec('CREATE TABLE event (seq INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT');
    const plain = timed((n) => {
      const body = canonicalJson({ seq: n, event: verdict(n) });
      bare.write(() => bare.run('INSERT INTO event VALUES (?, ?)', n, body));
    });
    bare.close();
    using journal = openJournal(path.join(folder, `journal-${round}.db`), {
      ...options,
      signer: () => signer,
    });
    const whole = timed((n) => journal.append(verdict(n)));
    times.push(whole);
    ratios.push(whole / plain);
  }
  return {
    'journal-append': figure(times, 'ms', 20),
    'journal-append-to-bare': figure(ratios, 'ratio', 3),
  };
}

/** Milliseconds that each took, on average. */
function timed(work: (n: number) => void): number {
  const began = performance.now();
  for (let n = 1; n <= APPENDS; n += 1) work(n);
  return (performance.now() - began) / APPENDS;
}

function eventOf(n: number, part: number): JournalEvent {
  const job = jobOf(n);
  switch (part) {
    case 0:
      return {
        kind: 'job-started',
        job,
        flow: 'provision',
        port: '/dev/ttyUSB0',
        slot: `1-1.${n % 16}:1.0`,
        server: 'plant',
        serverUrl: 'https://mender.example',
        profile: 'mender',
        keySource: 'board',
        label: `order ${Math.floor(n / 500)}`,
        operator: 'kim',
      };
    case 1:
      return { kind: 'board-identified', job, identity: identityOf(n) };
    case 2:
      return {
        kind: 'step-outcome',
        job,
        step: 'stage',
        action: 'stage',
        outcome: 'done',
        ms: 120,
        detail: {},
        error: null,
      };
    default:
      return verdict(n);
  }
}

function verdict(n: number): JournalEvent {
  const job = jobOf(n);
  const isGood = n % 50 !== 0;
  const result: JobResult = {
    job,
    port: '/dev/ttyUSB0',
    slot: `1-1.${n % 16}:1.0`,
    verdict: isGood ? 'pass' : 'fail',
    identity: identityOf(n),
    deviceId: `device-${n}`,
    authSetId: `set-${n}`,
    keyFingerprint: keyOf(n),
    keyType: 'ed25519',
    keyOrigin: 'board',
    proof: isGood ? 'board-client' : null,
    oldKey: 'none',
    steps: [
      { step: 'identify', ms: 41 },
      { step: 'stage', ms: 120 + (n % 97) },
    ],
    wire: { tx: 812, rx: 1034, roundTrips: 6 },
    notes: [],
    error: isGood
      ? null
      : { code: 'board/silent', message: 'm', unchanged: 'u', remedy: 'r', retriable: true },
  };
  return { kind: 'verdict', job, result };
}

function jobOf(n: number): JobId {
  return `J${String(n).padStart(25, '0')}` as JobId;
}

function identityOf(n: number): Identity {
  return { mac: macOf(n), model: 'gateway', sn: `SN${n}` };
}

function keyOf(n: number): KeyFingerprint {
  return `sha256:${String(n).padStart(64, '0')}` as KeyFingerprint;
}

function macOf(n: number): string {
  return `52:54:00:${(n.toString(16).padStart(6, '0').match(/../g) ?? []).join(':')}`;
}
