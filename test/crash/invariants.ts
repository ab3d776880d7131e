/** What has to be so after every cut, and what after the job was run again. */
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { escapesIn, escapesUnder } from '../../tools/canaries.ts';
import type { JobResult } from '../../src/model/job.ts';
import type { JournalReader } from '../../src/journal/index.ts';
import type { JournalEntry } from '../../src/model/event.ts';
import type { Site } from './site.ts';
import { disguises, privateNumber } from './secrets.ts';

/** What was so before a run. */
export interface Before {
  readonly key: string | null;
  readonly privateKey: string | null;
  readonly staged: readonly string[];
  /** As {@link Site.sets}. */
  readonly sets: Site['sets'];
}

export function lookAt(site: Site): Before {
  const { boardKey: key, privateKey, staged, sets } = site;
  return { key, privateKey, staged, sets };
}

/** What is wrong right after a cut, with the board as it would be after a power cut now. Empty where nothing is. */
export function wrongAfterCut(site: Site, before: Before, run: JobResult | null): readonly string[] {
  const wrong: string[] = [];
  const key = site.boardKey;
  const accepted = site.sets.filter(([, status]) => status === 'accepted').map(([set]) => set);
  if (accepted.length > 1) wrong.push(`accepted are ${accepted.join(' and ')}`);
  const { inspect } = site.board;
  if (key === null && (before.key !== null || inspect.durable(inspect.keyPath) !== undefined))
    wrong.push('the key file of the board is not whole');
  const rules = site.variant.flow === 'rekey' ? wrongRekeyed : wrongProvisioned;
  wrong.push(...rules(site, before, accepted, run));
  return [...wrong, ...wrongWords(site, before, run)];
}

/** A new board: what is in use is what was, or accepted. */
function wrongProvisioned(site: Site, before: Before, accepted: readonly string[]): readonly string[] {
  const key = site.boardKey;
  return [
    ...(site.sets.some(([, status]) => status === 'preauthorized') ? ['a key is preauthorized'] : []),
    ...(key !== null && key !== before.key && !accepted.includes(key)
      ? [`the board has the new key ${key}, which the server does not accept`]
      : []),
    ...(accepted.some((set) => set === before.key && set !== key)
      ? ['the accepted key is no longer on the board']
      : []),
  ];
}

/**
 * A unit in use: whichever key it holds authenticates at its next request; or, where the server has no force, the new key
 * lies staged and accepted beside it, and that is said. No key is expected that is not on the board.
 */
function wrongRekeyed(
  site: Site,
  _: Before,
  accepted: readonly string[],
  run: JobResult | null,
): readonly string[] {
  const { boardKey, stagedKey, sets } = site;
  const expected = sets.filter(([, status]) => status === 'preauthorized').map(([key]) => key);
  const strays = expected.filter((key) => key !== boardKey && key !== stagedKey);
  const wrong = strays.map((key) => `${key} is preauthorized and nowhere on the board`);
  if (boardKey !== null && (accepted.includes(boardKey) || expected.includes(boardKey))) return wrong;
  if (stagedKey === null || !accepted.includes(stagedKey))
    return [
      ...wrong,
      `the board has ${boardKey}, staged ${stagedKey}, and the server ${JSON.stringify(sets)}`,
    ];
  // By the job that ended so, or, where that changed nothing itself, by the list of what is left to be finished.
  const { unchanged = '', remedy = '' } = run?.error ?? {};
  const told = `${unchanged} ${remedy}`;
  if (UNSAFE.test(told) || site.isToldUnsafe()) return wrong;
  return [...wrong, `the unit is refused for now, and what is said is: ${told}`];
}

/** Words by which a person knows that a unit is not to leave as it is. */
const UNSAFE = /[Dd]o not hand it over/;

/** What an ended job says of the board has to be so. */
function wrongWords(site: Site, before: Before, run: JobResult | null): readonly string[] {
  const error = run?.error ?? null;
  if (error === null) return [];
  const wrong: string[] = [];
  if (!/\w/.test(error.remedy)) wrong.push(`${error.code} says not what to do`);
  const kept = /Nothing was changed|key in use on the board is as it was/.test(error.unchanged);
  if (kept && site.boardKey !== before.key)
    wrong.push(`${error.code} says that the key is as it was: ${error.unchanged}`);
  if (/nothing (was|is) changed/i.test(error.unchanged) && site.staged.join(' ') !== before.staged.join(' '))
    wrong.push(`${error.code} says that nothing was changed, and ${site.staged.join(' ')} is left`);
  const own = run?.keyFingerprint ?? null;
  if (
    /was taken back\./.test(error.unchanged) &&
    own !== before.key &&
    site.sets.some(([set]) => set === own)
  )
    wrong.push(`${error.code} says that all was taken back, and the server has its key`);
  return wrong;
}

/**
 * What is wrong where the list of what is to be finished has nothing of a job that did not pass: it has to have its verdict,
 * and board and server have to be as they were before it. What the board's own client asked for is no trace of the job.
 */
export function wrongSettled(site: Site, before: Before, verdict: JobResult | null): readonly string[] {
  const { boardKey, staged, sets } = site;
  const settled = (all: Site['sets']): string =>
    JSON.stringify(all.filter(([key, status]) => key !== before.key || status !== 'pending'));
  return [
    ...(verdict === null ? ['there is nothing to resume of a job without a verdict'] : []),
    ...(boardKey === before.key ? [] : [`nothing is to be resumed, and the board has the key ${boardKey}`]),
    ...(staged.join(' ') === before.staged.join(' ')
      ? []
      : [`nothing is to be resumed, and ${staged.join(' ')} is left`]),
    ...(settled(sets) === settled(before.sets)
      ? []
      : [`nothing is to be resumed, and the server has ${JSON.stringify(sets)}`]),
  ];
}

/** What is wrong at the end, where the job came to a pass. */
export async function wrongAtEnd(site: Site, before: Before, last: JobResult): Promise<readonly string[]> {
  const { board, sets } = site;
  const key = site.boardKey;
  const wrong: string[] = [];
  // What the client itself brought to the server before its key was replaced can do no harm: nobody has that key.
  const isOwnLeft = (set: string, status: string): boolean =>
    site.variant.flow === 'provision' && status === 'pending' && set === before.key && set !== key;
  const own = sets.filter(([set, status]) => !isOwnLeft(set, status));
  if (own.length !== 1 || own[0]?.[0] !== key || own[0][1] !== 'accepted')
    wrong.push(`the server has ${JSON.stringify(sets)}, the board ${key}`);
  if (last.keyFingerprint !== key)
    wrong.push(`the result names the key ${last.keyFingerprint}, the board has ${key}`);
  if (site.staged.length > 0) wrong.push(`left on the board: ${site.staged.join(' ')}`);
  if (board.inspect.console === 'shell') wrong.push('a shell is left open on the board');
  if (!isAuthorized(site, site.privateKey))
    wrong.push('the server refuses the key that is in use on the board');
  if (site.variant.flow === 'rekey') {
    if (last.oldKey === 'none') wrong.push('the verdict says nothing of the old key');
    if (key === before.key) wrong.push('the unit has its old key');
  }
  if (site.variant.board.client?.enabled !== false) wrong.push(...(await wrongClient(site, key)));
  return wrong;
}

/** The board's own client: it runs, with that key, and is authorized within the time after which it asks again. */
async function wrongClient(site: Site, key: string | null): Promise<readonly string[]> {
  const { inspect } = site.board;
  if (!inspect.client.running) return ['the client does not run'];
  const { retryMs } = site.pace;
  // One that was refused or hindered asks again by itself.
  for (let waited = 0; waited < 1.2 * retryMs && !inspect.client.authorized; waited += retryMs / 10)
    await site.sleep(retryMs / 10);
  if (!inspect.client.authorized) return ['the client is not authorized'];
  if (site.fingerprintOf(inspect.client.publicKey) !== key) return ['the client runs with another key'];
  return [];
}

/** Whether the server gives a token for an auth request of this identity with a private key, as a client would send it. */
function isAuthorized(site: Site, pem: string | null): boolean {
  if (pem === null) return false;
  const key = createPrivateKey(pem);
  const pubkey = createPublicKey(pem).export({ type: 'spki', format: 'pem' });
  const body = Buffer.from(
    JSON.stringify({ id_data: JSON.stringify({ mac: site.board.options.mac }), pubkey }),
  );
  const signature = sign(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', body, key);
  const outcome = site.call({
    method: 'POST',
    target: '/api/devices/v1/authentication/auth_requests',
    headers: {
      host: 'localhost',
      'content-type': 'application/json',
      'x-men-signature': signature.toString('base64'),
    },
    body,
  });
  return outcome.kind === 'answer' && outcome.response.status === 200;
}

/** The record: it verifies, has every row that was acknowledged, and no pass without the proof for one. */
export function wrongRecord(
  journal: JournalReader,
  acknowledged: readonly JournalEntry[],
): readonly string[] {
  const wrong: string[] = [];
  const { ok, problem } = drained(journal.verifying());
  if (!ok) wrong.push(`the journal does not verify: ${JSON.stringify(problem)}`);
  const rows = new Map([...journal.entries()].map((entry) => [entry.seq, JSON.stringify(entry)]));
  for (const entry of acknowledged)
    if (rows.get(entry.seq) !== JSON.stringify(entry))
      wrong.push(`the row ${entry.seq} (${entry.event.kind}) was acknowledged and is lost`);
  for (const { event } of journal.entries())
    if (event.kind === 'verdict' && isPass(event.result) && event.result.proof !== 'board-client')
      wrong.push(`a ${event.result.verdict} with the proof ${event.result.proof}`);
  return wrong;
}

export function isPass({ verdict }: JobResult): boolean {
  return verdict === 'pass' || verdict === 'already';
}

function drained<T>(work: Generator<undefined, T, undefined>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}

/** Secrets in what a station wrote: its home, and what it told on its streams or to its front end. */
export function secretsIn(site: Site, home: string, told: string): readonly string[] {
  const found = [...escapesUnder(home), ...escapesIn(told, 'what it told')];
  const wrong = found.map(({ where, what }) => `a secret in ${where}: ${what}`);
  const numbers = site.privateKeys.flatMap((pem) => disguises(privateNumber(pem)));
  const files = readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .map((file) => [file, readFileSync(file)] as const);
  for (const [name, bytes] of [...files, ['what it told', Buffer.from(told)] as const])
    if (numbers.some((number) => bytes.includes(number))) wrong.push(`a private key in ${name}`);
  return wrong;
}
