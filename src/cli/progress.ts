import type { JobView, StationApi } from '../contract.ts';
import { stepLabel } from '../model/step-labels.ts';
import type { CommandIo } from './io.ts';
import type { Output } from './output.ts';
import { printableValue } from './printable.ts';

const FRAME_MS = 100;

/** Shows jobs while they run: a live block on a terminal, a line a step elsewhere, JSON lines where asked for. */
export function showProgress(station: StationApi, io: CommandIo, output: Output, quiet: boolean): Disposable {
  if (output.json === 'lines') {
    const stop = station.subscribe((event) => {
      if (event.type === 'job') output.line(event);
    });
    return { [Symbol.dispose]: stop };
  }
  if (quiet) return { [Symbol.dispose]: () => undefined };
  return io.stderr.isTTY === true ? liveBlock(station, io, output) : plainLines(station, io);
}

const WAITING = {
  server: 'staged, old key active, nothing sent; waits for the server',
  board: 'staged, old key active, nothing sent; waits for the board',
} as const;

function plainLines(station: StationApi, io: CommandIo): Disposable {
  const told = new Map<string, number>();
  const waiting = new Map<string, string | null>();
  const stop = station.subscribe((event) => {
    if (event.type !== 'job') return;
    const job = printableValue(event.job);
    const waits = job.waiting === null ? null : `${job.waiting.for} ${job.waiting.deadline}`;
    if (waits !== null && waiting.get(job.job) !== waits)
      io.stderr.write(
        `${job.slot}  ${WAITING[job.waiting?.for ?? 'server']} until ${job.waiting?.deadline ?? ''}\n`,
      );
    waiting.set(job.job, waits);
    for (const [at, step] of job.steps.entries()) {
      if (step.state === 'running' || at < (told.get(job.job) ?? 0)) continue;
      told.set(job.job, at + 1);
      const result = step.state === 'failed' ? `failed: ${step.detail ?? ''}` : `${step.ms ?? 0} ms`;
      io.stderr.write(`${job.slot}  ${stepLabel(step.step, job.keyMaker)}: ${result}\n`);
    }
  });
  return { [Symbol.dispose]: stop };
}

function liveBlock(station: StationApi, io: CommandIo, output: Output): Disposable {
  const jobs = new Map<string, JobView>();
  let drawn = 0;
  const draw = (): void => {
    const width = io.stderr.columns ?? 80;
    const lines = [...jobs.values()].map((job) => jobLine(job, output).slice(0, width + 20));
    const up = drawn > 0 ? `\u001b[${drawn}A` : '';
    io.stderr.write(up + lines.map((line) => `\u001b[2K${line}\n`).join(''));
    drawn = lines.length;
  };
  const stop = station.subscribe((event) => {
    if (event.type === 'job') jobs.set(event.job.job, printableValue(event.job));
  });
  const timer = setInterval(draw, FRAME_MS);
  return {
    [Symbol.dispose]: () => {
      stop();
      clearInterval(timer);
      draw();
    },
  };
}

function jobLine(job: JobView, output: Output): string {
  const step = job.steps.at(-1);
  const done = job.steps.filter(({ state }) => state === 'done').length;
  const bar = '■'.repeat(Math.min(done, 12)).padEnd(12, '·');
  const seconds = job.steps.reduce((sum, { ms }) => sum + (ms ?? 0), 0) / 1000;
  const what =
    job.result !== null
      ? output.style(
          job.result.verdict === 'pass' || job.result.verdict === 'already' ? 'green' : 'red',
          job.result.verdict,
        )
      : step === undefined
        ? 'waiting'
        : job.waiting !== null
          ? `waits for the ${job.waiting.for}`
          : stepLabel(step.step, job.keyMaker);
  return `${job.slot.padEnd(12)} ${bar} ${what.padEnd(24)} ${seconds.toFixed(1)} s  ${job.identity ?? ''}`;
}
