// Runs the pinned Node in this terminal's place: same stdin, stdout, stderr, exit status and signals.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { root } from './setup.mjs';

/** Resolves with the exit status that the child ended with (128 + n when signal n ended it). */
export function run(node, args) {
  const [script, ...rest] = args;
  // From the caller's folder, so that relative paths in arguments mean what the caller meant.
  const cwd = process.env['INIT_CWD'] ?? process.cwd();
  const isStation = script === 'src/cli/cli.ts';
  const child = spawn(node, [path.join(root, script), ...rest], {
    cwd: isStation ? cwd : root,
    stdio: 'inherit',
    env: {
      // What Node made of the sources is kept for the next process: a command starts in half the time.
      NODE_COMPILE_CACHE: path.join(root, '.cache', 'compile'),
      ...process.env,
      PATH: `${path.dirname(node)}${path.delimiter}${process.env['PATH'] ?? ''}`,
    },
  });

  // A terminal sends Ctrl-C to its whole foreground group, so the child has it already, and npm passes its own copy on
  // to us: forwarding would deliver it twice. Without a terminal the signal came to us alone.
  const fromTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  const forward = (signal) => {
    if (fromTerminal && (signal === 'SIGINT' || signal === 'SIGQUIT')) return;
    child.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', ...(process.platform === 'win32' ? [] : ['SIGQUIT'])];
  for (const signal of signals) process.on(signal, forward);

  // npm's shell does not pass a signal on, it only dies of it: the child is told when that happens.
  const parent = process.ppid;
  const orphaned = () => {
    if (process.ppid !== parent) child.kill('SIGTERM');
  };
  const watch = process.env['npm_lifecycle_event'] === undefined ? undefined : setInterval(orphaned, 250);

  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      clearInterval(watch);
      for (const name of signals) process.off(name, forward);
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}
