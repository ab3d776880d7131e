import { spawn } from 'node:child_process';
import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ulid } from 'ulid';
import { Pool } from 'undici';
import type { Measure } from '../../tools/bench.ts';
import { preauthorizeRows } from '../../src/flows/preauthorize/run.ts';
import { openJournal, type Journal } from '../../src/journal/index.ts';
import { publicKey } from '../../src/keys/public-key.ts';
import type { BatchId } from '../../src/model/batch.ts';
import type { RecordedRow } from '../../src/model/batch-event.ts';
import { systemClock } from '../../src/model/clock.ts';
import type { JournalEvent } from '../../src/model/event.ts';
import type { KeyFingerprint } from '../../src/model/key.ts';
import { secret } from '../../src/model/secret.ts';
import { DEFAULT_ADMIN } from '../../src/rehearsal/server/index.ts';
import { createMenderServer } from '../../src/servers/mender/index.ts';
import { JournalRows } from '../../src/station/batches/row-store.ts';
import { figure } from './figure.ts';

const ROUNDS = 3;
const ROWS = 10_000;
/** Calls under way at once: as many as the station has when all is well. */
const AT_ONCE = 32;
const FEW = 1000;
const MANY = 100_000;

/** Devices of all rounds have different identities: the server never has one of them before. */
let devices = 0;

/** The same number of preauthorizations by the station, with its record, and by a program that does nothing else. */
const measure: Measure = async () => {
  const ratios: number[] = [];
  await warmUp();
  for (let round = 0; round < ROUNDS; round += 1) {
    const bare = await onServer(async (url) => await bareRun(url, ROWS));
    const station = await onServer(async (url) => await stationRun(url, ROWS));
    process.stderr.write(`  bare ${perSecond(bare)}, station ${perSecond(station.ms)}\n`);
    ratios.push(station.ms / bare);
  }
  const few = await onServer(async (url) => await stationRun(url, FEW, true));
  const many = await onServer(async (url) => await stationRun(url, MANY, true));
  process.stderr.write(
    `  heap in use ${megabytes(few.heap)} at ${FEW} rows, ${megabytes(many.heap)} at ${MANY}\n`,
  );
  return {
    // 90 % of the bare program's rate.
    'preauthorize-to-bare': figure(ratios, 'ratio', 1.111),
    'preauthorize-memory': figure([many.heap / few.heap], 'ratio', 1.2),
  };
};

export default measure;

async function warmUp(): Promise<void> {
  await onServer(async (url) => {
    await bareRun(url, 2000);
    await stationRun(url, 2000);
  });
}

async function onServer<T>(work: (url: string) => Promise<T>): Promise<T> {
  const world = path.join(import.meta.dirname, 'preauthorize-world.ts');
  const child = spawn(process.execPath, [world], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  try {
    const [url] = (await once(createInterface(child.stdout), 'line')) as [string];
    return await work(url);
  } finally {
    child.stdin.end();
    await exit;
  }
}

const { publicKey: KEY } = generateKeyPairSync('ed25519');
const PEM = publicKey(KEY).pem;
const SPKI = KEY.export({ type: 'spki', format: 'der' }).toString('base64');

/** Posts and reads the answer; nothing else. @returns milliseconds. */
async function bareRun(url: string, rows: number): Promise<number> {
  const { email, password } = DEFAULT_ADMIN;
  const pool = new Pool(url, { connections: AT_ONCE });
  const login = await pool.request({
    method: 'POST',
    path: '/api/management/v1/useradm/auth/login',
    headers: { authorization: `Basic ${Buffer.from(`${email}:${password}`).toString('base64')}` },
  });
  const authorization = `Bearer ${await login.body.text()}`;
  const headers = { authorization, 'content-type': 'application/json', accept: '*/*' };
  const calls = Array.from({ length: rows }, () => ({
    body: Buffer.from(JSON.stringify({ identity_data: { serial: `SN${(devices += 1)}` }, pubkey: PEM })),
    headers: { 'x-men-requestid': randomUUID(), ...headers },
  }));
  const began = performance.now();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let call = calls.pop(); call !== undefined; call = calls.pop()) {
        const answer = await pool.request({
          method: 'POST',
          path: '/api/management/v2/devauth/devices',
          ...call,
        });
        await answer.body.dump();
        if (answer.statusCode !== 201) throw new Error(`the server answered ${answer.statusCode}`);
      }
    }),
  );
  const ms = performance.now() - began;
  await pool.close();
  return ms;
}

/** The rows of a batch in a journal on the disk, by the station's own code. */
async function stationRun(
  url: string,
  rows: number,
  weigh = false,
): Promise<{ readonly ms: number; readonly heap: number }> {
  const home = mkdtempSync(path.join(tmpdir(), 'station-bench-'));
  try {
    const holder = { program: 'bench' };
    using journal = openJournal(path.join(home, 'journal.db'), {
      stationId: 'ST-BENCH',
      clock: systemClock,
      holder,
    });
    const batch = ulid() as BatchId;
    await journal.appendAll(imported(batch, rows));
    await using client = createMenderServer({ name: 'bench', kind: 'mender', url, trust: { by: 'system' } });
    const { email, password } = DEFAULT_ADMIN;
    const never = new AbortController().signal;
    await client.login({ by: 'password', user: email, password: secret(password) }, never);
    if (client.preauthorization === undefined) throw new Error('this server cannot preauthorize');
    let heap = 0;
    let done = 0;
    const began = performance.now();
    const end = await preauthorizeRows({
      server: client.preauthorization,
      serverName: 'bench',
      store: new JournalRows(journal, batch, 'run', { serverUrl: url, retry: false }),
      clock: systemClock,
      force: false,
      stop: never,
      concurrency: AT_ONCE,
      onRecorded: (results) => {
        const before = done;
        done += results.length;
        // Ten looks in all, however many rows there are.
        if (weigh && Math.floor((before * 10) / rows) < Math.floor((done * 10) / rows))
          heap = Math.max(heap, heapInUse());
      },
    });
    const ms = performance.now() - began;
    assertWhole(journal, batch, rows, end.state);
    return { ms, heap };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function assertWhole(journal: Journal, batch: BatchId, rows: number, state: string): void {
  const { created } = journal.batches.counts(batch);
  if (state !== 'ended' || created !== rows)
    throw new Error(`${created} of ${rows} rows were created: ${state}`);
}

function* imported(batch: BatchId, rows: number): Generator<JournalEvent> {
  yield {
    kind: 'batch-imported',
    batch,
    name: 'bench',
    batchKind: 'keys',
    file: 'bench.csv',
    sha256: '0'.repeat(64),
    rows,
    columns: ['serial'],
    identityColumns: ['serial'],
    leftOut: 0,
    operator: null,
  };
  for (let from = 0; from < rows; from += 500)
    yield {
      kind: 'batch-rows',
      batch,
      rows: Array.from({ length: Math.min(500, rows - from) }, (_, at) => row(from + at)),
    };
}

function row(n: number): RecordedRow {
  const serial = `SN${(devices += 1)}`;
  const fingerprint = `sha256:${createHash('sha256').update(SPKI).digest('hex')}` as KeyFingerprint;
  return { line: n + 2, identity: { serial }, spki: SPKI, fingerprint };
}

let collect: (() => void) | null = null;

/** What lives in this thread's heap, garbage aside. */
function heapInUse(): number {
  if (collect === null) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
  return process.memoryUsage().heapUsed;
}

function perSecond(ms: number): string {
  return `${Math.round((ROWS * 1000) / ms)} a second`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
