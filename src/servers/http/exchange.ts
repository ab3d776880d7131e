import type { Dispatcher } from 'undici';

/** The body of an answer is larger than anything that a server of the kind says. */
export class AnswerTooLarge extends Error {
  constructor(bytes: number) {
    super(`an answer of more than ${bytes} bytes`);
  }
}

type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

interface Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/**
 * One request on its way, as undici's dispatcher drives it. A body of bounded size needs no stream around it, which would
 * take more of the thread than all the rest of a call.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  /** Rejects with what `end` was given, with `AnswerTooLarge`, or with what went wrong on the connection. */
  readonly answer: Promise<Answer>;
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #mostBytes: number;
  #controller: Dispatcher.DispatchController | null = null;
  #ended: Error | null = null;
  #status = 0;
  #headers: Headers = {};
  #chunks: Buffer[] = [];
  #size = 0;

  constructor(mostBytes: number) {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.answer = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#mostBytes = mostBytes;
  }

  /** Gives the request up: one that waits for a connection is not sent any more, one under way has its connection closed. */
  end(reason: unknown): void {
    this.#ended ??= reason instanceof Error ? reason : new Error(String(reason));
    this.#reject(reason);
    this.#controller?.abort(this.#ended);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#ended !== null) controller.abort(this.#ended);
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Headers): void {
    // Informational ones (1xx) come before the answer, which takes their place.
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.#mostBytes) this.end(new AnswerTooLarge(this.#mostBytes));
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const [first] = this.#chunks;
    const body = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks);
    this.#resolve({ status: this.#status, headers: flat(this.#headers), body });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#reject(error);
  }
}

/** undici gives the names in lower case. */
function flat(headers: Headers): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) found.set(name, typeof value === 'string' ? value : value.join(', '));
  }
  return found;
}
