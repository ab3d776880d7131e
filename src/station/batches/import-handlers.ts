import type { BatchProgress, BatchView } from '../../contract/batches.ts';
import type { BatchRecord } from '../../model/batch.ts';
import { StationError } from '../../model/station-error.ts';
import type { BatchHandlers, BatchParts } from './handlers.ts';
import { importFile, type ImportParts } from './importing.ts';

/** How often a long file tells how far it is, in milliseconds. */
const TOLD_EVERY_MS = 250;

/** The calls that look at a file, or make a batch of it. */
export function importHandlers(
  parts: () => BatchParts,
  view: (batch: BatchRecord) => BatchView,
): Pick<BatchHandlers, 'batch.check' | 'batch.import'> {
  return {
    'batch.check': (params, signal = new AbortController().signal) =>
      importFile(params, false, importParts(parts(), view), signal),
    'batch.import': async (params, signal = new AbortController().signal) => {
      const { record, tell } = parts();
      record.writer();
      const report = await importFile(params, true, importParts(parts(), view), signal);
      if (report.stored === 'stored' && report.batch !== null) tell({ type: 'batch', batch: report.batch });
      return report;
    },
  };
}

function importParts(parts: BatchParts, view: (batch: BatchRecord) => BatchView): ImportParts {
  const { record, clock, operator, server, tell } = parts;
  return {
    record,
    clock,
    operator,
    view,
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
