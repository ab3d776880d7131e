import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import path from 'node:path';
import { bundleIfChanged } from './bundle.ts';
import { provideChromium } from './provide.ts';
import { findRuntime } from './runtime.ts';
import { hasDisplay } from './standin/browser.ts';

const root = path.dirname(import.meta.dirname);

/** Runs a program in this terminal's place; resolves with its exit status. */
async function become(command: readonly [string, ...string[]], args: readonly string[]): Promise<number> {
  const [program, ...first] = command;
  const child = spawn(program, [...first, ...args], { cwd: root, stdio: 'inherit' });
  // Ctrl-C reaches the child by the terminal; a signal sent to this process alone is passed on.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    );
  });
}

async function start(args: readonly string[]): Promise<number> {
  if (!hasDisplay()) {
    console.error('There is no display here, so the rehearsal runs in the terminal: four simulated boards.');
    return become(
      [process.execPath, path.join(root, 'src', 'cli', 'cli.ts')],
      ['rehearse', '--boards', '4', ...args],
    );
  }
  const { built, ms } = await bundleIfChanged();
  if (built) console.error(`Built in ${(ms / 1000).toFixed(1)} s.`);
  await provideChromium((line) => console.error(line));
  const runtime = await findRuntime((line) => console.error(line));
  console.error(runtime.says);
  return become(runtime.command, ['.', ...args]);
}

start(process.argv.slice(2)).then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 3;
  },
);
