import type { Clock } from '../../model/clock.ts';
import { asStationError, StationError } from '../../model/station-error.ts';
import type { PreauthorizationAnswer } from '../../servers/preauthorization.ts';
import { Pace } from './pace.ts';

/** A rate limit that asks for more than this is not waited for, in milliseconds. */
const LONGEST_LIMIT_MS = 15 * 60_000;

export interface PacedCallsOptions {
  readonly clock: Clock;
  /** For messages. */
  readonly serverName: string;
  /** Calls under way at once, at most. */
  readonly concurrency?: number;
  /** Told when the server asked everybody to wait, or is in trouble, with the milliseconds; for a person. */
  readonly onHold?: (ms: number) => void;
}

/** The calls of many rows to one server, each when its turn comes. */
export class PacedCalls {
  readonly #options: PacedCallsOptions;
  readonly #pace: Pace;
  #good = 0;
  #lastGoodAt: number;

  constructor(options: PacedCallsOptions) {
    this.#options = options;
    const { clock, concurrency } = options;
    this.#pace = new Pace({ clock, ...(concurrency === undefined ? {} : { most: concurrency }) });
    this.#lastGoodAt = clock.monotonic();
  }

  /** Calls that may ever be under way at once. */
  get most(): number {
    return this.#pace.most;
  }

  /** How many calls the server has done. */
  get good(): number {
    return this.#good;
  }

  /** Milliseconds since the server last gave any answer that it meant; below 0 while it has everybody wait. */
  get silentForMs(): number {
    return this.#options.clock.monotonic() - this.#lastGoodAt;
  }

  /** One question for a preauthorization. @throws StationError of the question; `turn`'s reason when aborted before it. */
  async ask(
    turn: AbortSignal,
    question: () => Promise<PreauthorizationAnswer>,
  ): Promise<PreauthorizationAnswer> {
    const began = await this.#pace.begin(turn);
    let answer: PreauthorizationAnswer;
    try {
      answer = await question();
    } catch (thrown) {
      this.#pace.abandoned();
      throw thrown;
    }
    if (answer.kind === 'busy') this.#limited(began, answer.waitMs);
    else if (answer.kind === 'unclear') this.#failed(began);
    else this.#answered(began, answer.kind !== 'refused');
    return answer;
  }

  /** Another call; a rate limit is waited out by everybody. @throws StationError of the call. */
  async make<T>(turn: AbortSignal, call: () => Promise<T>): Promise<T> {
    for (;;) {
      const began = await this.#pace.begin(turn);
      try {
        const result = await call();
        this.#answered(began, true);
        return result;
      } catch (thrown) {
        const error = asStationError(thrown);
        if (error.code !== 'server/rate-limited') {
          if (isPassing(error)) this.#failed(began);
          else this.#pace.abandoned();
          throw error;
        }
        this.#limited(began, Number(error.details['seconds']) * 1000);
      }
    }
  }

  #answered(began: number, done: boolean): void {
    this.#pace.answered(began);
    this.#heard(0);
    if (done) this.#good += 1;
  }

  /** The server answered, and is silent from then on at the earliest, in milliseconds from now. */
  #heard(ms: number): void {
    this.#lastGoodAt = Math.max(this.#lastGoodAt, this.#options.clock.monotonic() + ms);
  }

  #limited(began: number, ms: number): void {
    this.#pace.limited(began, ms);
    // Nobody asks until then, and that is no silence of the server.
    this.#heard(this.#pace.closedForMs);
    if (ms > LONGEST_LIMIT_MS)
      throw new StationError('batch/limited-for-long', {
        server: this.#options.serverName,
        minutes: Math.ceil(ms / 60_000),
      });
    this.#options.onHold?.(this.#pace.closedForMs);
  }

  #failed(began: number): void {
    this.#pace.failed(began);
    this.#options.onHold?.(this.#pace.closedForMs);
  }
}

/** Whether an error passes by itself, so that what was asked for can be asked for again. */
export function isPassing(error: StationError): boolean {
  switch (error.code) {
    case 'server/timeout':
    case 'server/unreachable':
    case 'batch/device-not-removed':
    case 'job/not-settled':
      return true;
    case 'server/failed':
      return Number(error.details['status']) >= 500;
    default:
      return false;
  }
}
