import { utilityProcess } from 'electron';
import type { FromStation } from '../messages.ts';
import { stationEnvironment } from './environment.ts';
import type { Child } from './supervisor.ts';

const LAST_WORDS = 4_000;

/** Starts the process that hosts the station. What it writes goes to our stderr, and its end is kept for the cause. */
export function startStationChild(modulePath: string): Child {
  const child = utilityProcess.fork(modulePath, [], {
    serviceName: 'Station',
    env: stationEnvironment(process.env),
    stdio: 'pipe',
  });
  let lastWords = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data: Buffer) => {
      process.stderr.write(data);
      lastWords = `${lastWords}${data.toString('utf8')}`.slice(-LAST_WORDS);
    });
  }
  return {
    postMessage: (message) => child.postMessage(message),
    kill: () => void child.kill(),
    onMessage: (listener) => void child.on('message', (message: FromStation) => listener(message)),
    onExit: (listener) => void child.on('exit', (code) => listener(code, lastWords)),
  };
}
