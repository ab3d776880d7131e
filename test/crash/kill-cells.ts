/** Layer two: which cells there are, and the running of one. */
import path from 'node:path';
import { readJournal, type JobRecord, type JournalReader } from '../../src/journal/index.ts';
import { systemClock } from '../../src/model/clock.ts';
import { ANSWERS, type Answer } from './answers.ts';
import {
  isPass,
  lookAt,
  secretsIn,
  wrongAfterCut,
  wrongAtEnd,
  wrongRecord,
  wrongSettled,
  type Before,
} from './invariants.ts';
import { KillWorld, type Said } from './kill-world.ts';
import type { CellResult } from './matrix.ts';
import { pairwise } from './pairwise.ts';
import { nameOf, VARIANTS, type Variant } from './variants.ts';

/** A program is killed in so many places, spread over its run. */
const PLACES = Array.from({ length: 24 }, (_, place) => place);
/** Those for which a real program need not wait half a minute. */
const SOON: readonly Answer[] = ['200', '401', '409', '422', '429', '500', '503-done', 'lost'];

export interface KillCell {
  readonly id: string;
  readonly variant: Variant;
  readonly place: number;
  readonly answer: Answer;
  readonly power: 'on' | 'cut';
  readonly then: 'resume' | 'again';
}

/** Every pair of values of any two factors is in some cell. */
export function killCells(): readonly KillCell[] {
  const rows = pairwise({
    place: PLACES,
    answer: SOON,
    variant: VARIANTS,
    power: ['on', 'cut'] as const,
    then: ['resume', 'again'] as const,
  });
  return rows.map((row) => ({
    ...row,
    id: `kill/${nameOf(row.variant)}/place-${row.place}/${row.answer}/power-${row.power}/${row.then}`,
  }));
}

/** A run in peace, by variant: its points say where the places are. */
const peaceful = new Map<string, Promise<Said>>();

function runInPeace(variant: Variant): Promise<Said> {
  const name = nameOf(variant);
  const known = peaceful.get(name) ?? inPeace(variant);
  peaceful.set(name, known);
  return known;
}

async function inPeace(variant: Variant): Promise<Said> {
  await using world = await KillWorld.make(variant);
  if (variant.waits === true) world.goAway();
  const said = await world.job();
  const { job, stderr } = said;
  if (job === null || !isPass(job))
    throw new Error(`${nameOf(variant)} does not pass in peace: ${job?.error?.code} ${stderr}`);
  return said;
}

/** Kills a station in the middle of its job, runs the job again, and tells what is wrong then. */
export async function runKillCell(cell: KillCell): Promise<CellResult> {
  const began = performance.now();
  const { points, earlyCalls } = await runInPeace(cell.variant);
  const at = Math.floor(((cell.place + 0.5) * points.length) / PLACES.length);
  const sent = points.slice(0, at).filter((point) => point === 'call sent').length;
  await using world = await KillWorld.make(cell.variant);
  const before = lookAt(world);
  const act = ANSWERS[cell.answer];
  world.begin(act === null ? null : { act, from: earlyCalls + Math.max(1, sent), lasting: false });
  if (cell.variant.waits === true) world.goAway();
  const first = await world.job(at);
  if (cell.power === 'cut') world.cutPower();
  // A killed one has told nothing yet: what is said of the unit is in the list of what is to be finished, later.
  const wrong: string[] = [...wrongAfterCut(world, before, first.job)];
  await world.mend();
  const between = lookAt(world);
  let last = await again(world, cell, first, before, wrong);
  // A server that answers 401 has ended the session: a person has to log in again, and is told so.
  const stop =
    (last.job?.error ?? last.error)?.code === 'server/not-logged-in' && cell.answer === '401'
      ? 'server/not-logged-in'
      : null;
  if (stop !== null) {
    wrong.push(...wrongAfterCut(world, between, last.job));
    await world.signIn();
    last = await again(world, cell, first, before, wrong);
  }
  if (last.job !== null && isPass(last.job)) wrong.push(...(await wrongAtEnd(world, before, last.job)));
  else
    wrong.push(
      `run again, it ends with ${last.status} ${last.job?.verdict} ${(last.job?.error ?? last.error)?.code}: ${(last.job?.error ?? last.error)?.message} ${last.stderr}`,
    );
  wrong.push(...wrongFiles(world, Math.max(first.acknowledged, last.acknowledged)));
  return {
    id: cell.id,
    layer: 'kill',
    outcome: wrong.length > 0 ? 'wrong' : stop === null ? 'passed' : 'stopped',
    first: first.status === null ? 'killed' : (first.job?.error?.code ?? first.job?.verdict ?? 'nothing'),
    code: stop,
    wrong: wrong.length > 0 ? [...wrong, `killed at point ${at}, ${first.points.at(-1) ?? 'none'}`] : [],
    ms: Math.round(performance.now() - began),
  };
}

/**
 * `resume` finishes what the record knows of, by the unit's identity; a job that was killed before it had met its board is
 * begun again. A re-keying is always resumed: begun again, it would be another one, and one that was killed after its
 * verdict is over. Where there is nothing to resume, nothing may be left, and the job is begun again.
 */
async function again(
  world: KillWorld,
  { then, variant }: KillCell,
  first: Said,
  before: Before,
  wrong: string[],
): Promise<Said> {
  const record = lastRecord(world);
  const isOver = record?.result != null && isPass(record.result);
  if (variant.flow === 'rekey' && isOver) return { ...first, job: record.result };
  const isResumed = variant.flow === 'rekey' || (then === 'resume' && first.status === null);
  if (!isResumed || isOver || record?.identity == null) return world.job();
  const resumed = await world.resume();
  const { status, job, error } = resumed;
  if (status !== 0 || job !== null || error !== null) return resumed;
  wrong.push(...wrongSettled(world, before, record.result));
  return world.job();
}

function lastRecord(world: KillWorld): JobRecord | null {
  using journal = journalOf(world);
  return journal.lastJobs(1)[0] ?? null;
}

function journalOf(world: KillWorld): JournalReader {
  return readJournal(path.join(world.home, 'journal.db'), {
    stationId: 'crash',
    clock: systemClock,
    holder: { program: 'crash' },
  });
}

function wrongFiles(world: KillWorld, acknowledged: number): readonly string[] {
  using journal = journalOf(world);
  return [
    ...wrongRecord(journal, []),
    ...(journal.lastSeq() < acknowledged ? [`the row ${acknowledged} was acknowledged and is lost`] : []),
    ...secretsIn(world, world.home, world.told.join('\n')),
    ...world.board.inspect.faults.map((each) => `the simulation: ${each.message}`),
  ];
}
