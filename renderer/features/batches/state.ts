import type { BatchProgress, BatchView } from '../../../src/contract/batches.ts';
import type { PreauthorizeReport } from '../../../src/contract/preauthorize.ts';
import { FAILED_OUTCOMES, type RowOutcome } from '../../../src/model/batch.ts';
import type { ErrorReport } from '../../../src/model/job.ts';

/** What the window knows of the batches, and which of them is open. */
export interface BatchesState {
  /** False until the list was read. */
  readonly loaded: boolean;
  /** The newest first. */
  readonly list: readonly BatchView[];
  /** The name of the one that is shown. */
  readonly open: string | null;
  /** The name of the batch that boards on the bench count in; null where they are provisioned without one. */
  readonly bench: string | null;
  /** How far a file is that is being looked at or stored; null where none is. */
  readonly progress: BatchProgress | null;
  /** What came of the last run that was asked for here, by the batch's name. */
  readonly runs: Readonly<Record<string, AskedRun>>;
}

/** A run that was asked for: it goes on, has ended, or was refused. */
export type AskedRun =
  | { readonly state: 'asked' }
  | { readonly state: 'ended'; readonly report: PreauthorizeReport }
  | { readonly state: 'refused'; readonly error: ErrorReport };

export type BatchesAction =
  | { readonly type: 'list'; readonly batches: readonly BatchView[] }
  | { readonly type: 'batch'; readonly batch: BatchView }
  | { readonly type: 'gone'; readonly name: string }
  | { readonly type: 'progress'; readonly progress: BatchProgress | null }
  | { readonly type: 'open'; readonly name: string | null }
  | { readonly type: 'bench'; readonly name: string | null }
  | { readonly type: 'run'; readonly name: string; readonly run: AskedRun | null };

export const NO_BATCHES: BatchesState = {
  loaded: false,
  list: [],
  open: null,
  bench: null,
  progress: null,
  runs: {},
};

/** The next state. Pure. */
export function reduceBatches(state: BatchesState, action: BatchesAction): BatchesState {
  switch (action.type) {
    case 'list':
      return {
        ...state,
        loaded: true,
        list: action.batches,
        open: action.batches.some(({ name }) => name === state.open) ? state.open : null,
      };
    case 'batch':
      return { ...state, list: withBatch(state.list, action.batch) };
    case 'gone':
      return {
        ...state,
        list: state.list.filter(({ name }) => name !== action.name),
        open: state.open === action.name ? null : state.open,
        bench: state.bench === action.name ? null : state.bench,
        runs: without(state.runs, action.name),
      };
    case 'progress':
      return { ...state, progress: action.progress };
    case 'open':
      return { ...state, open: action.name };
    case 'bench':
      return { ...state, bench: action.name };
    case 'run':
      return {
        ...state,
        runs:
          action.run === null
            ? without(state.runs, action.name)
            : { ...state.runs, [action.name]: action.run },
      };
  }
}

function withBatch(list: readonly BatchView[], batch: BatchView): readonly BatchView[] {
  const at = list.findIndex(({ id }) => id === batch.id);
  return at < 0 ? [batch, ...list] : list.with(at, batch);
}

function without<T>(all: Readonly<Record<string, T>>, name: string): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(all).filter(([each]) => each !== name));
}

/** The batch that boards on the bench count in; null where there is none. */
export function benchBatch({ list, bench }: BatchesState): BatchView | null {
  return list.find(({ name }) => name === bench) ?? null;
}

/** The batch that is open; null for the list. */
export function openBatch({ list, open }: BatchesState): BatchView | null {
  return list.find(({ name }) => name === open) ?? null;
}

export function failedRows(counts: Readonly<Record<RowOutcome, number>>): number {
  return FAILED_OUTCOMES.reduce((sum, outcome) => sum + counts[outcome], 0);
}

/** How far a batch is: rows that were answered, or boards that are through, of all its rows. */
export function progressOf(batch: BatchView): { readonly done: number; readonly all: number } {
  const done = batch.kind === 'keys' ? batch.rows - batch.counts.pending : batch.units;
  return { done, all: batch.rows };
}

/** How far its boards are on the benches, also where its keys were sent before. */
export function boardsOf({ units, rows }: BatchView): ReturnType<typeof progressOf> {
  return { done: units, all: rows };
}

/** What a batch is doing or has come to, in one word. */
export type BatchStanding = 'running' | 'paused' | 'cancelling' | 'interrupted' | 'full' | 'closed' | 'open';

export function standingOf({ run, closed }: BatchView): BatchStanding {
  if (run !== null) return run.state;
  if (closed === null) return 'open';
  return closed.why === 'full' ? 'full' : 'closed';
}

/** Whether a run goes on in the station now. */
export function isAtServer({ run }: BatchView): boolean {
  return run !== null && (run.state === 'running' || run.state === 'cancelling');
}
