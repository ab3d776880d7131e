import type { BatchRunView } from '../../../contract/batches.ts';
import type { StationApi } from '../../../contract.ts';
import type { CommandIo } from '../../io.ts';
import type { Output } from '../../output.ts';
import { printable } from '../../printable.ts';

const WIDTH = 24;
/** Where nobody sees a bar, a line so often, in milliseconds. */
const LINE_MS = 5_000;

/** Shows what goes on at a server with a batch: a bar on a terminal, lines elsewhere, a row a line where asked for. */
export function showBatchProgress(
  station: StationApi,
  io: CommandIo,
  output: Output,
  quiet: boolean,
  name: string,
): Disposable {
  const isTerminal = io.stderr.isTTY === true;
  let drawn = false;
  let toldAt = -Infinity;
  const show = (run: BatchRunView): void => {
    if (isTerminal) {
      drawn = true;
      io.stderr.write(`\r\u001b[2K${barText(run).slice(0, (io.stderr.columns ?? 80) - 1)}`);
    } else if (performance.now() - toldAt >= LINE_MS) {
      toldAt = performance.now();
      io.stderr.write(`${printable(name)}  ${barText(run)}\n`);
    }
  };
  const stop = station.subscribe((event) => {
    if (event.type === 'batch-outcomes' || event.type === 'batch-taken-back') {
      if (event.name === name) for (const row of event.rows) output.line({ type: 'row', ...row });
    } else if (event.type === 'batch' && event.batch.name === name && event.batch.run !== null) {
      if (output.json !== 'lines' && !quiet) show(event.batch.run);
    }
  });
  return {
    [Symbol.dispose]: () => {
      stop();
      if (drawn) io.stderr.write('\n');
    },
  };
}

/** `[######......] 1200 of 5000  850 a second  5 s left`. */
function barText({ done, total, perSecond, remainingMs, waitsMs, state }: BatchRunView): string {
  const filled = total === 0 ? 0 : Math.floor((done / total) * WIDTH);
  const bar = `${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}`;
  const rate = perSecond === null ? '' : `  ${Math.round(perSecond)} a second`;
  const left = remainingMs === null ? '' : `  ${timeText(remainingMs)} left`;
  const waits = waitsMs < 1000 ? '' : `  the server lets everybody wait ${timeText(waitsMs)}`;
  const stopping = state === 'cancelling' ? '  stopping' : '';
  return `[${bar}] ${done} of ${total}${rate}${left}${waits}${stopping}`;
}

function timeText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 100 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}
