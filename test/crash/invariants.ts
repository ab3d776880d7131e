/** What has to be so after every cut, and what after the job was run again. */
import { createPrivateKey, sign } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { escapesIn, escapesUnder } from '../../tools/canaries.ts';
import type { JobResult } from '../../src/model/job.ts';
import type { ProcessWorld } from './process-world.ts';
import { disguises, privateNumber } from './secrets.ts';

/** Milliseconds after which a client that was refused or hindered has asked again. */
const CLIENT_RETRY_MS = 330_000;

/** What was so before a run. */
export interface Before {
  readonly key: string | null;
  readonly staged: readonly string[];
}

export function lookAt(world: ProcessWorld): Before {
  return { key: world.boardKey, staged: world.staged };
}

/** What is wrong right after a cut, with the board as it would be after a power cut now. Empty where nothing is. */
export function wrongAfterCut(world: ProcessWorld, before: Before, run: JobResult | null): readonly string[] {
  const wrong: string[] = [];
  const key = world.boardKey;
  const accepted = world.sets.filter(([, status]) => status === 'accepted').map(([set]) => set);
  if (accepted.length > 1) wrong.push(`accepted are ${accepted.join(' and ')}`);
  if (world.sets.some(([, status]) => status === 'preauthorized')) wrong.push('a key is preauthorized');
  const { inspect } = world.board;
  if (key === null && (before.key !== null || inspect.durable(inspect.keyPath) !== undefined))
    wrong.push('the key file of the board is not whole');
  if (key !== null && key !== before.key && !accepted.includes(key))
    wrong.push(`the board has the new key ${key}, which the server does not accept`);
  if (accepted.some((set) => set === before.key && set !== key))
    wrong.push('the accepted key is no longer on the board');
  return [...wrong, ...wrongWords(world, before, run)];
}

/** What an ended job says of the board has to be so. */
function wrongWords(world: ProcessWorld, before: Before, run: JobResult | null): readonly string[] {
  const error = run?.error ?? null;
  if (error === null) return [];
  const wrong: string[] = [];
  if (!/\w/.test(error.remedy)) wrong.push(`${error.code} says not what to do`);
  const kept = /Nothing was changed|key in use on the board is as it was/.test(error.unchanged);
  if (kept && world.boardKey !== before.key)
    wrong.push(`${error.code} says that the key is as it was: ${error.unchanged}`);
  if (/nothing (was|is) changed/i.test(error.unchanged) && world.staged.join(' ') !== before.staged.join(' '))
    wrong.push(`${error.code} says that nothing was changed, and ${world.staged.join(' ')} is left`);
  const own = run?.keyFingerprint ?? null;
  if (
    /was taken back\./.test(error.unchanged) &&
    own !== before.key &&
    world.sets.some(([set]) => set === own)
  )
    wrong.push(`${error.code} says that all was taken back, and the server has its key`);
  return wrong;
}

/** What is wrong at the end, where the job came to a pass. */
export async function wrongAtEnd(
  world: ProcessWorld,
  before: Before,
  last: JobResult,
): Promise<readonly string[]> {
  const { board, sets } = world;
  const key = world.boardKey;
  const wrong: string[] = [];
  // What the client itself brought to the server before its key was replaced can do no harm: nobody has that key.
  const own = sets.filter(([set, status]) => !(status === 'pending' && set === before.key && set !== key));
  if (own.length !== 1 || own[0]?.[0] !== key || own[0][1] !== 'accepted')
    wrong.push(`the server has ${JSON.stringify(sets)}, the board ${key}`);
  if (last.keyFingerprint !== key)
    wrong.push(`the result names the key ${last.keyFingerprint}, the board has ${key}`);
  if (world.staged.length > 0) wrong.push(`left on the board: ${world.staged.join(' ')}`);
  if (board.inspect.console === 'shell') wrong.push('a shell is left open on the board');
  if (!authenticates(world)) wrong.push('the server refuses the key that is in use on the board');
  if (world.variant.board.client?.enabled !== false) wrong.push(...(await wrongClient(world, key)));
  return wrong;
}

/** The board's own client: it runs, with that key, and is authorized within the time after which it asks again. */
async function wrongClient(world: ProcessWorld, key: string | null): Promise<readonly string[]> {
  const { inspect } = world.board;
  if (!inspect.client.running) return ['the client does not run'];
  if (!inspect.client.authorized) await world.time.sleep(CLIENT_RETRY_MS);
  if (!inspect.client.authorized) return ['the client is not authorized'];
  if (world.fingerprintOf(inspect.client.publicKey) !== key) return ['the client runs with another key'];
  return [];
}

/** An auth request signed with the board's own private key, as its client would send it. */
function authenticates(world: ProcessWorld): boolean {
  const pem = world.board.inspect.durable(world.board.inspect.keyPath);
  if (pem === undefined) return false;
  const key = createPrivateKey(Buffer.from(pem));
  const body = Buffer.from(
    JSON.stringify({
      id_data: JSON.stringify({ mac: world.board.options.mac }),
      pubkey: world.board.inspect.durablePublicKey,
    }),
  );
  const outcome = world.call({
    method: 'POST',
    target: '/api/devices/v1/authentication/auth_requests',
    headers: {
      host: 'localhost',
      'content-type': 'application/json',
      'x-men-signature': sign(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', body, key).toString(
        'base64',
      ),
    },
    body,
  });
  return outcome.kind === 'answer' && outcome.response.status === 200;
}

/** The record: whole, with every row that was acknowledged, and no pass that was none. */
export function wrongRecord(world: ProcessWorld): readonly string[] {
  const { journal, acknowledged, falsePasses } = world;
  const wrong = [...falsePasses];
  const { ok, problem } = drained(journal.verifying());
  if (!ok) wrong.push(`the journal does not verify: ${JSON.stringify(problem)}`);
  const written = [...journal.entries()].filter(({ event }) => !OWN.has(event.kind));
  const rows = new Map(written.map((entry) => [entry.seq, JSON.stringify(entry)]));
  for (const entry of acknowledged)
    if (rows.get(entry.seq) !== JSON.stringify(entry))
      wrong.push(`the row ${entry.seq} (${entry.event.kind}) was acknowledged and is lost`);
  if (rows.size !== acknowledged.length) wrong.push('the journal has rows that nobody wrote');
  for (const { result } of verdicts(world))
    if ((result.verdict === 'pass' || result.verdict === 'already') && result.proof !== 'board-client')
      wrong.push(`a ${result.verdict} with the proof ${result.proof}`);
  return wrong;
}

/** Rows that the journal writes by itself. */
const OWN: ReadonlySet<string> = new Set(['station-key', 'head-signed', 'clock-jumped']);

function drained<T>(work: Generator<undefined, T, undefined>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}

function verdicts(world: ProcessWorld) {
  return [...world.journal.entries()].flatMap(({ event }) => (event.kind === 'verdict' ? [event] : []));
}

/** Secrets in what the station wrote: its home, the transcript, its results. */
export function secretsIn(world: ProcessWorld): readonly string[] {
  const told = JSON.stringify([world.transcript, world.results]);
  const found = [...escapesUnder(world.home), ...escapesIn(told, 'the transcript')];
  const wrong = found.map(({ where, what }) => `a secret in ${where}: ${what}`);
  const numbers = world.privateKeys.flatMap((pem) => disguises(privateNumber(pem)));
  const files = readdirSync(world.home).map(
    (name) => [name, readFileSync(path.join(world.home, name))] as const,
  );
  for (const [name, bytes] of [...files, ['the transcript', Buffer.from(told)] as const])
    if (numbers.some((number) => bytes.includes(number))) wrong.push(`a private key in ${name}`);
  return wrong;
}
