import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { KeyPair, KeyType } from '../model/key.ts';
import { StationError } from '../model/station-error.ts';
import { keyPair } from './key-pair.ts';
import { RSA_WORKER } from './rsa-worker.ts';

/** Makes key pairs. Dispose it to end its threads; what was still asked for is then rejected as cancelled. */
export interface KeyGenerator extends AsyncDisposable {
  /**
   * A new key pair: Ed25519 and EC at once (well under a millisecond), RSA in a worker thread (30 to 900 ms) so that no
   * line waits for it.
   *
   * Rejects with the signal's reason when aborted; a key that is being made then is overwritten unseen.
   */
  generate(type: KeyType, signal: AbortSignal): Promise<KeyPair>;
}

/** Two threads are as fast as any number on the two cores of a small station, and leave its event loop a share. */
const DEFAULT_THREADS = 2;

/** A generator whose threads are started at the first RSA key and then kept. An idle thread keeps no process alive. */
export function createKeyGenerator(options: { readonly threads?: number } = {}): KeyGenerator {
  const rsa = new RsaThreads(options.threads ?? DEFAULT_THREADS);
  return {
    async generate(type, signal) {
      signal.throwIfAborted();
      switch (type) {
        case 'ed25519':
          return keyPair(generateKeyPairSync('ed25519').privateKey);
        case 'p256':
          return keyPair(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
        case 'p384':
          return keyPair(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey);
        case 'rsa2048':
          return await rsa.generate(2048, signal);
        case 'rsa3072':
          return await rsa.generate(3072, signal);
        case 'rsa4096':
          return await rsa.generate(4096, signal);
      }
    },
    [Symbol.asyncDispose]: () => rsa.close(),
  };
}

interface Wanted {
  readonly bits: number;
  resolve(pair: KeyPair): void;
  reject(reason: unknown): void;
  /** Set when nobody waits any more. */
  dropped: boolean;
}

class RsaThreads {
  readonly #most: number;
  readonly #all = new Set<Worker>();
  readonly #idle: Worker[] = [];
  readonly #queue: Wanted[] = [];
  readonly #busy = new Map<Worker, Wanted>();
  #closed = false;

  constructor(most: number) {
    this.#most = most;
  }

  generate(bits: number, signal: AbortSignal): Promise<KeyPair> {
    const { promise, resolve, reject } = Promise.withResolvers<KeyPair>();
    if (this.#closed) return Promise.reject(new StationError('job/cancelled'));
    const wanted: Wanted = { bits, resolve, reject, dropped: false };
    const abort = (): void => {
      wanted.dropped = true;
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    this.#queue.push(wanted);
    this.#next();
    return promise.finally(() => signal.removeEventListener('abort', abort));
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const wanted of [...this.#queue.splice(0), ...this.#busy.values()]) {
      wanted.dropped = true;
      wanted.reject(new StationError('job/cancelled'));
    }
    await Promise.all([...this.#all].map((worker) => worker.terminate()));
  }

  #next(): void {
    while (this.#queue[0]?.dropped === true) this.#queue.shift();
    const wanted = this.#queue[0];
    if (wanted === undefined || this.#closed) return;
    const worker = this.#idle.pop() ?? (this.#all.size < this.#most ? this.#start() : null);
    if (worker === null) return;
    this.#queue.shift();
    this.#busy.set(worker, wanted);
    worker.ref();
    worker.postMessage(wanted.bits);
    this.#next();
  }

  #start(): Worker {
    // No environment and no flags of the parent: neither belongs in a thread that only makes keys.
    const worker = new Worker(RSA_WORKER, { eval: true, env: {}, execArgv: [], name: 'rsa' });
    this.#all.add(worker);
    worker.on('message', (der: unknown) => {
      const wanted = this.#busy.get(worker);
      this.#busy.delete(worker);
      worker.unref();
      this.#idle.push(worker);
      if (wanted !== undefined) deliver(wanted, der);
      this.#next();
    });
    worker.on('error', (error: Error) => this.#lost(worker, error));
    worker.on('exit', () => this.#lost(worker, new Error('the key thread ended')));
    return worker;
  }

  #lost(worker: Worker, error: Error): void {
    this.#all.delete(worker);
    const idle = this.#idle.indexOf(worker);
    if (idle >= 0) this.#idle.splice(idle, 1);
    const wanted = this.#busy.get(worker);
    this.#busy.delete(worker);
    wanted?.reject(
      new StationError('station/internal', { detail: `key thread: ${error.message}` }, { cause: error }),
    );
    this.#next();
  }
}

function deliver(wanted: Wanted, message: unknown): void {
  const der = message instanceof Uint8Array ? message : new Uint8Array();
  try {
    if (wanted.dropped) return;
    const key = Buffer.from(der.buffer, der.byteOffset, der.byteLength);
    wanted.resolve(keyPair(createPrivateKey({ key, format: 'der', type: 'pkcs8' })));
  } catch (error) {
    wanted.reject(error);
  } finally {
    der.fill(0);
  }
}
