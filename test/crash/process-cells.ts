/** Layer one: which cells there are, and the running of one. */
import { performance } from 'node:perf_hooks';
import type { JobResult } from '../../src/model/job.ts';
import { ANSWERS, ENDS, mayEndWith, type Answer } from './answers.ts';
import { CUTS, idOf, type Cut, type ProcessCell } from './cells.ts';
import { Life, type Point } from './fail-points.ts';
import { isPass, lookAt, secretsIn, wrongAfterCut, wrongAtEnd, wrongRecord } from './invariants.ts';
import type { CellResult } from './matrix.ts';
import { ProcessWorld } from './process-world.ts';
import type { ServerFault } from './site.ts';
import { nameOf, type Variant } from './variants.ts';

export interface NamedCell extends ProcessCell {
  readonly id: string;
  readonly of: Variant;
}

/** After this time a board has logged a lost station out, in milliseconds. */
const LOOP_MS = 200_000;

const names = Object.keys(ANSWERS) as Answer[];

/**
 * The cells of a variant. A run without any fault tells its fail points first.
 *
 * Uncut: every call gets every answer, once and for good. Cut at a journal write or an action: with every answer to the
 * last call before. Cut at a byte to the board, at an arriving call or at a change of the board's files: as it is.
 *
 * @param reached leaves out cuts at points that a job with this answer does not come to: such a cell is the uncut one over
 * again. To know which, every answer is tried out first.
 */
export async function cellsOf(variant: Variant, reached = false): Promise<readonly NamedCell[]> {
  const name = nameOf(variant);
  await using world = await ProcessWorld.make(variant);
  const { result, life } = await world.run(new Life());
  if (result?.verdict !== 'pass' && result?.verdict !== 'already')
    throw new Error(
      `${name} does not pass without a fault: ${result?.error?.code}: ${result?.error?.message}`,
    );
  const cells = new Map<string, NamedCell>();
  const add = (cell: Omit<ProcessCell, 'variant'>): void => {
    const whole = { ...cell, variant: name, of: variant };
    const id = idOf(whole);
    if (!cells.has(id)) cells.set(id, { ...whole, id });
  };
  add({ point: -1, label: '', answer: '200', from: 0, lasting: false, cut: 'none' });
  for (let call = 1; call <= life.calls; call += 1)
    for (const answer of names.filter((each) => each !== '200')) {
      add({ point: -1, label: '', answer, from: call, lasting: false, cut: 'none' });
      if (ENDS[answer].always !== null)
        add({ point: -1, label: '', answer, from: call, lasting: true, cut: 'none' });
    }
  for (const [point, { kind, label, calls }] of life.points.entries())
    for (const cut of CUTS.filter((each) => each !== 'none')) {
      add({ point, label, answer: '200', from: 0, lasting: false, cut });
      if (variant.crossed === false || (kind !== 'journal' && kind !== 'action') || calls === 0) continue;
      for (const answer of names.filter((each) => each !== '200')) {
        add({ point, label, answer, from: calls, lasting: false, cut });
        if (ENDS[answer].always !== null && cut === 'crash')
          add({ point, label, answer, from: calls, lasting: true, cut });
      }
    }
  return reached ? await reachedOf([...cells.values()]) : [...cells.values()];
}

async function reachedOf(cells: readonly NamedCell[]): Promise<readonly NamedCell[]> {
  const passed = new Map<string, number>();
  const faultOfCell = ({ answer, from, lasting }: NamedCell): string => `${answer} ${from} ${lasting}`;
  for (const cell of cells) {
    const name = faultOfCell(cell);
    if (cell.cut === 'none' || cell.answer === '200' || passed.has(name)) continue;
    await using world = await ProcessWorld.make(cell.of);
    const { life } = await world.run(new Life(), faultOf(cell));
    passed.set(name, life.points.length);
  }
  return cells.filter(
    (cell) => cell.cut === 'none' || cell.point <= (passed.get(faultOfCell(cell)) ?? Infinity),
  );
}

/** Cuts a job as the cell says, runs it again, and tells what is wrong then. */
export async function runCell(cell: NamedCell): Promise<CellResult> {
  const began = performance.now();
  await using world = await ProcessWorld.make(cell.of);
  const before = lookAt(world);
  const fault = faultOf(cell);
  const at: Point[] = [];
  const life = new Life(cell.point, (struck) => {
    at.push(struck.points.at(-1)!);
    strike(world, struck, cell.cut);
  });
  const first = await world.run(life, fault);
  const wrong: string[] = [...wrongAfterCut(world, before, first.told)];
  if (cell.cut === 'none' && first.result !== null) wrong.push(...wrongEnd(cell, first.result));
  if (fault?.lasting !== true) await world.mend();
  const between = lookAt(world);
  // A re-keying that has passed is over; run again, it would be another one.
  const isOver = cell.of.flow === 'rekey' && first.told !== null && isPass(first.told);
  // The loop that a station has left on the board ends itself, where no other one comes.
  if (isOver) await world.sleep(LOOP_MS);
  let last = isOver ? first.told : await again(world, fault?.lasting === true ? fault : null);
  let stop: string | null = null;
  if (fault?.lasting === true) {
    if (!isPass(last)) {
      stop = last.error?.code ?? last.verdict;
      if (!mayEndWith(cell.answer, 'always', stop, cell.of.waits === true))
        wrong.push(`with the answer ${cell.answer} for good it stops with ${stop}: ${last.error?.message}`);
      wrong.push(...wrongAfterCut(world, between, last));
    }
    await world.mend();
    last = await again(world, null);
  }
  if (isPass(last)) wrong.push(...(await wrongAtEnd(world, before, last)));
  else
    wrong.push(
      `run again, it ends with ${last.verdict} ${last.error?.code}: ${last.error?.message} ${last.error?.unchanged}`,
    );
  wrong.push(
    ...world.falsePasses,
    ...wrongRecord(world.journal, world.acknowledged),
    ...secretsIn(world, world.home, JSON.stringify([world.transcript, world.results])),
    ...world.board.inspect.faults.map((each) => `the simulation: ${each.message}`),
  );
  return {
    id: cell.id,
    layer: 'process',
    outcome: wrong.length > 0 ? 'wrong' : stop === null ? 'passed' : 'stopped',
    first: first.result === null ? 'killed' : (first.result.error?.code ?? first.result.verdict),
    code: stop,
    wrong:
      wrong.length === 0
        ? []
        : [
            ...wrong,
            ...trail(world),
            `cut at: ${at.map(({ kind, label }) => `${kind} ${label}`).join() || 'nothing'}`,
          ],
    ms: Math.round(performance.now() - began),
  };
}

/** What the record tells of each run, and what the server holds now. */
function trail(world: ProcessWorld): readonly string[] {
  const told = [...world.journal.entries()].map(({ event }) => {
    if (event.kind === 'step-intent') return event.action;
    if (event.kind === 'step-outcome') return event.outcome;
    if (event.kind === 'verdict') return `${event.result.verdict} ${event.result.error?.code ?? ''}`;
    return event.kind;
  });
  return [`record: ${told.join(', ')}`, `server: ${JSON.stringify(world.sets)}, board: ${world.boardKey}`];
}

/** A job that was not cut ends with a pass, or with what the answer is the reason for. */
function wrongEnd({ answer, of }: NamedCell, result: JobResult): readonly string[] {
  const code = result.error?.code ?? result.verdict;
  if (isPass(result) || mayEndWith(answer, 'met', code, of.waits === true)) return [];
  return [`with the answer ${answer} it ends with ${code}: ${result.error?.message}`];
}

function faultOf({ answer, from, lasting }: ProcessCell): ServerFault | null {
  const act = ANSWERS[answer];
  return act === null ? null : { act, from, lasting };
}

function strike(world: ProcessWorld, life: Life, cut: Cut): void {
  const what = cut.split('+');
  if (what.includes('crash')) life.kill();
  if (what.includes('cable')) world.unplug();
  if (what.includes('power')) world.cutPower();
}

async function again(world: ProcessWorld, fault: ServerFault | null): Promise<JobResult> {
  const { result } = await world.run(new Life(), fault === null ? null : { ...fault, from: 1 });
  if (result === null) throw new Error('a station that nobody killed has no result');
  return result;
}
