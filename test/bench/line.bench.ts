import { figure } from './figure.ts';
import { provisionOnce, startBenchServer } from './bench-board.ts';
import type { Measure } from '../../tools/bench.ts';

const ROUNDS = 5;
/** Before the first exchange the station presses Enter, to see where the board is. */
const ENTER = 1;

/** What one provisioning costs on the line, and what the station adds to the line's own time. */
const measure: Measure = async () => {
  await using server = await startBenchServer();
  await provisionOnce(server, { from: 'generate', type: 'ed25519' });
  const injected = [];
  const made = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    injected.push(await provisionOnce(server, { from: 'generate', type: 'ed25519' }));
    made.push(await provisionOnce(server, { from: 'board', type: 'ed25519' }));
  }
  // The server's answers and the simulated board's own work are in here, too: the station's part is smaller.
  const overhead = [...injected, ...made].map(({ ms, lineMs }) => ms - lineMs);
  return {
    'round-trips-injected': figure(
      injected.map(({ wire }) => wire.roundTrips - ENTER),
      'round trips',
      8,
    ),
    'round-trips-board-made': figure(
      made.map(({ wire }) => wire.roundTrips - ENTER),
      'round trips',
      8,
    ),
    'bytes-sent-to-needed': figure(
      [...injected, ...made].map(({ wire, neededBytes }) => wire.tx / neededBytes),
      'ratio',
      1.5,
    ),
    'overhead-beyond-line': figure(overhead, 'ms', 250),
    'paced-to-line-time': figure(
      [...injected, ...made].map(({ ms, lineMs }) => ms / lineMs),
      'ratio',
      1.5,
    ),
  };
};

export default measure;
