import type { StationEvent } from '../../src/contract.ts';
import { Secret } from '../../src/model/secret.ts';
import { asStationError } from '../../src/model/station-error.ts';
import { openStation } from '../../src/station.ts';
import type { Station } from '../../src/station.ts';
import type { FromStation, ToStation } from '../messages.ts';
import { takeProxies } from '../../src/servers/http/proxy.ts';
import { withholdMemoryFromCrashFiles } from '../../src/settings/core-dumps.ts';
import { answerCall } from './serve.ts';

/** Told of each row of a batch, for the command. A window reads the rows that are in sight. */
const ROW_BY_ROW: ReadonlySet<StationEvent['type']> = new Set(['batch-outcomes', 'batch-taken-back']);

withholdMemoryFromCrashFiles();

const proxies = takeProxies(process.env);
const port = process.parentPort;
const post = (message: FromStation): void => port.postMessage(message);
let station: Promise<Station> | undefined;

port.on('message', ({ data }) => {
  void receive(data as ToStation);
});

async function receive(message: ToStation): Promise<void> {
  switch (message.type) {
    case 'start':
      station = open(message);
      try {
        (await station).subscribe((event, told) => {
          if (!ROW_BY_ROW.has(event.type)) post({ type: 'event', event: { ...event, told } });
        });
        post({ type: 'ready' });
      } catch (error) {
        post({ type: 'failed', error: asStationError(error).toReport() });
        setImmediate(() => process.exit(3));
      }
      return;
    case 'call':
      if (station !== undefined) post(await answerCall(await station, message));
      return;
    case 'stop':
      await stop();
      return;
  }
}

function open({ home, wrappingKey }: Extract<ToStation, { type: 'start' }>): Promise<Station> {
  return openStation({
    home,
    access: 'write-if-free',
    probing: true,
    attended: true,
    program: 'station window',
    proxies,
    ...(wrappingKey.kind === 'os'
      ? { wrappingKey: new Secret(wrappingKey.key) }
      : { withoutKey: wrappingKey.reason }),
  });
}

/** Brings the boards to a safe state, closes the journal, and ends. */
async function stop(): Promise<void> {
  try {
    await (await station)?.[Symbol.asyncDispose]();
    process.exit(0);
  } catch (error) {
    console.error(error);
    process.exit(1);
  }
}
