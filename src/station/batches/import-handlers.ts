import type { BatchProgress, BatchReport, BatchView } from '../../contract/batches.ts';
import type { BatchRecord } from '../../model/batch.ts';
import { StationError } from '../../model/station-error.ts';
import { closeFull } from './filling.ts';
import type { BatchHandlers, BatchParts } from './handlers.ts';
import { importFile, type ImportParts } from './importing.ts';
import { isSigned } from './share-documents.ts';
import { importShare } from './share-importing.ts';

/** How often a long file tells how far it is, in milliseconds. */
const TOLD_EVERY_MS = 250;

/** The calls that look at a file, or make a batch of it. */
export function importHandlers(
  parts: () => BatchParts,
  view: (batch: BatchRecord) => BatchView,
): Pick<BatchHandlers, 'batch.check' | 'batch.import'> {
  // One after the other: what a file is held against has to be what it is stored beside.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work);
    last = Promise.allSettled([mine]);
    return mine;
  };
  return {
    'batch.check': async ({ name, ...params }, signal = new AbortController().signal) =>
      (await isSigned(params.path))
        ? await importShare(
            { path: params.path, name: name ?? null, trust: null, store: false },
            parts(),
            view,
            signal,
          )
        : await importFile({ ...params, name }, false, importParts(parts(), view), signal),
    'batch.import': async (params, signal = new AbortController().signal) => {
      const { record, tell } = parts();
      record.writer();
      const report = await inTurn(async () => {
        signal.throwIfAborted();
        return await importEither(params, parts(), view, signal);
      });
      if (report.stored === 'stored' && report.batch !== null) tell({ type: 'batch', batch: report.batch });
      return report;
    },
  };
}

/** A part of another station's batch, or a list. */
async function importEither(
  { name, trust, ...params }: Parameters<BatchHandlers['batch.import']>[0],
  parts: BatchParts,
  view: (batch: BatchRecord) => BatchView,
  signal: AbortSignal,
): Promise<BatchReport> {
  const { path } = params;
  if (await isSigned(path))
    return await importShare(
      { path, name: name ?? null, trust: trust ?? null, store: true },
      parts,
      view,
      signal,
    );
  if (name === undefined)
    throw new StationError('station/usage', {
      detail: 'A batch has a name (--name NAME). To look at the file alone: --dry-run.',
    });
  return await importFile({ ...params, name }, true, importParts(parts, view), signal);
}

function importParts(parts: BatchParts, view: (batch: BatchRecord) => BatchView): ImportParts {
  const { record, clock, operator, server, tell, isAtWork } = parts;
  return {
    record,
    clock,
    operator,
    view,
    isAtWork,
    changed: (ids) => {
      const { batches } = record.reader;
      // What is left of one may be through.
      closeFull(
        record,
        ids.flatMap((id) => batches.byId(id) ?? []),
      );
      for (const batch of ids.flatMap((id) => batches.byId(id) ?? []))
        tell({ type: 'batch', batch: view(batch) });
    },
    devices: async (name, signal) => {
      const { preauthorization, profile } = await server(name, signal);
      if (preauthorization === undefined)
        throw new StationError('station/not-supported', {
          detail: `${profile.name} is a server that cannot list its devices.`,
        });
      return preauthorization.devices(signal);
    },
    progress: sparingly(
      () => clock.monotonic(),
      (progress) => tell({ type: 'batch-progress', progress }),
    ),
  };
}

/** The same, at most once in a while; the first one of each phase at once. */
function sparingly(
  now: () => number,
  tell: (progress: BatchProgress) => void,
): (progress: BatchProgress) => void {
  let last: { readonly at: number; readonly phase: BatchProgress['phase'] } | null = null;
  return (progress) => {
    const at = now();
    if (last !== null && last.phase === progress.phase && at - last.at < TOLD_EVERY_MS) return;
    last = { at, phase: progress.phase };
    tell(progress);
  };
}
