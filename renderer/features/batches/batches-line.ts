import { line, stationLine, type Guidance } from '../../guidance.ts';
import { messages } from '../../messages.ts';
import type { WindowState } from '../../state.ts';
import { failedRows, openBatch } from './state.ts';

/** What to do next on the screen of the batches. */
export function batchesLine(state: WindowState): Guidance {
  const ofStation = stationLine(state);
  if (ofStation !== null) return ofStation;
  const text = messages.batches.lines;
  const batch = openBatch(state.batches);
  if (batch === null) return line('calm', state.batches.list.length === 0 ? text.none : text.list);
  const { name, run, kind, closed, counts } = batch;
  switch (run?.state) {
    case 'running':
    case 'cancelling':
      return line('busy', text.running(name));
    case 'interrupted':
      return line('warn', text.interrupted(name));
    case 'paused':
      return line('calm', text.paused(name));
    case undefined:
      break;
  }
  if (kind === 'expectation') {
    if (closed === null) return line('calm', text.open(batch.rows - batch.units));
    return closed.why === 'full' ? line('good', text.full) : line('calm', text.closed);
  }
  if (counts.pending > 0) return line('calm', text.toSend(counts.pending));
  const failed = failedRows(counts);
  return failed > 0 ? line('warn', text.failed(failed)) : line('good', text.done);
}
