import { Worker } from 'node:worker_threads';
import { StationError } from '../../../model/station-error.ts';
import type { BatchProblemCode } from '../../../contract/batches.ts';
import type { KeyFingerprint } from '../../../model/key.ts';
import type { KeySourceDer } from './key-cell.ts';
import { KEY_WORKER } from './key-worker.ts';

/** A public key that servers take. */
export interface ReadKey {
  /** SPKI DER, base64: what the server's normal form is made of. */
  readonly spki: string;
  readonly fingerprint: KeyFingerprint;
  readonly type: string;
  readonly bits: number;
}

type Answer = readonly (readonly [string, string, string, number] | readonly [null, BatchProblemCode])[];

/** Threads that read public keys: a hundred thousand take many seconds, and boards are waiting for their bytes. */
export class KeyReader implements AsyncDisposable {
  readonly #workers: readonly Worker[];
  readonly #waiting = new Map<Worker, PromiseWithResolvers<Answer>[]>();
  #next = 0;

  constructor(threads: number) {
    this.#workers = Array.from({ length: threads }, () => this.#start());
  }

  /** Reads keys, in order; a code for each that is none. */
  async read(keys: readonly KeySourceDer[]): Promise<readonly (ReadKey | BatchProblemCode)[]> {
    const worker = this.#workers[this.#next % this.#workers.length];
    this.#next += 1;
    if (worker === undefined || keys.length === 0) return [];
    const waiting = Promise.withResolvers<Answer>();
    this.#waiting.get(worker)?.push(waiting);
    worker.postMessage(keys.map(({ form, der }) => [form, der]));
    const answer = await waiting.promise;
    return answer.map((key) =>
      key[0] === null
        ? key[1]
        : { spki: key[0], fingerprint: `sha256:${key[1]}` as KeyFingerprint, type: key[2], bits: key[3] },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #start(): Worker {
    // No environment and no flags of the parent: neither belongs in a thread that only reads keys.
    const worker = new Worker(KEY_WORKER, { eval: true, env: {}, execArgv: [], name: 'public keys' });
    this.#waiting.set(worker, []);
    worker.on('message', (answer: Answer) => this.#waiting.get(worker)?.shift()?.resolve(answer));
    const lost = (error: Error): void => {
      for (const { reject } of this.#waiting.get(worker)?.splice(0) ?? [])
        reject(
          new StationError('station/internal', { detail: `key thread: ${error.message}` }, { cause: error }),
        );
    };
    worker.on('error', lost);
    worker.on('exit', () => lost(new Error('it ended')));
    return worker;
  }
}
