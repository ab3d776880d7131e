#!/usr/bin/env node
import process from 'node:process';
import { main } from './main.ts';

const interrupted = new AbortController();
let asked = 0;
const interrupt = (): void => {
  asked += 1;
  interrupted.abort();
  if (asked === 1)
    process.stderr.write(
      '\nStopping: every board is brought to a safe state first. Press Ctrl-C three times more to leave at once.\n',
    );
  if (asked > 3) process.exit(130);
};
process.on('SIGINT', interrupt);
process.on('SIGTERM', interrupt);

const { stdin, stdout, stderr, env } = process;
process.exitCode = await main(process.argv.slice(2), {
  stdin,
  stdout,
  stderr,
  env,
  interrupted: interrupted.signal,
});
process.off('SIGINT', interrupt);
process.off('SIGTERM', interrupt);
