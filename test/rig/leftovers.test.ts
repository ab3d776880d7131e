/** A harness that is killed leaves no process, and the next one removes its folder. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { startBoards } from './board.ts';

/** Pids of processes whose command line names `folder`. */
function processesIn(folder: string): string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(folder);
    } catch {
      return false;
    }
  });
}

async function killedHarness(): Promise<string> {
  const harness = spawn(process.execPath, [path.join(import.meta.dirname, 'up.ts'), '--boards', '2'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(harness, 'exit');
  let folder = '';
  for await (const line of createInterface({ input: harness.stdout })) {
    folder = /^ports folder: (.*)\/ports$/.exec(line)?.[1] ?? folder;
    if (line.startsWith('Ctrl-C')) break;
  }
  expect(processesIn(folder).length).toBeGreaterThanOrEqual(2 * 3);
  harness.kill('SIGKILL');
  await ended;
  return folder;
}

it('a killed harness takes its boards along, and the next one clears its folder', async () => {
  const folder = await killedHarness();
  await expect.poll(() => processesIn(folder), { timeout: 5000 }).toEqual([]);
  expect(existsSync(folder)).toBe(true);
  await using _bench = await startBoards([]);
  expect(existsSync(folder)).toBe(false);
});

it('a closed bench leaves neither a process nor a folder', async () => {
  const bench = await startBoards([{ shell: 'dash' }]);
  const folder = path.dirname(bench.ports);
  expect(processesIn(folder).length).toBeGreaterThanOrEqual(3);
  await bench.close();
  expect(processesIn(folder)).toEqual([]);
  expect(existsSync(folder)).toBe(false);
});
