import type { BoardSession } from '../boards/driver.ts';
import type { WireCount } from '../model/job.ts';
import { asStationError } from '../model/station-error.ts';
import type { ByteLink } from '../serial/index.ts';
import type { Cancellation } from './reconcile/cancellation.ts';
import type { ProvisionParts, ProvisionRequest } from './reconcile/request.ts';

/** One log-in to a board and the log-out from it. */
export class BoardVisit {
  readonly #request: ProvisionRequest;
  readonly #parts: ProvisionParts;
  readonly #cancellation: Cancellation;
  #link: ByteLink | null = null;
  #session: BoardSession | null = null;
  #wire: WireCount = { tx: 0, rx: 0, roundTrips: 0 };

  constructor(request: ProvisionRequest, parts: ProvisionParts, cancellation: Cancellation) {
    this.#request = request;
    this.#parts = parts;
    this.#cancellation = cancellation;
  }

  /** Logs in. @throws StationError as {@link ProvisionParts.driver} does. */
  async enter(): Promise<BoardSession> {
    const cancellation = this.#cancellation;
    const { driver, transcript, clock } = this.#parts;
    const { profile, passwords } = this.#request;
    this.#link = await this.#parts.openLink(cancellation.signal);
    this.#session = await driver.open(this.#link, {
      profile,
      passwords,
      // Taking back after a cancel has a signal of its own.
      get signal() {
        return cancellation.signal;
      },
      leaveBy: cancellation.end,
      transcript,
      clock,
      seen: this.#parts.seen?.() ?? 'unknown',
    });
    return this.#session;
  }

  get isInside(): boolean {
    return this.#session !== null;
  }

  /** What went over the line. */
  get wire(): WireCount {
    return this.#session?.wire() ?? this.#wire;
  }

  /** Logs out and closes the port. Resolves to what a person has to know where that failed: a shell may be left open. */
  async leave(): Promise<string | null> {
    const session = this.#session;
    let failure: string | null = null;
    if (session !== null) {
      try {
        await session[Symbol.asyncDispose]();
      } catch (thrown) {
        failure = `The station could not log out of the board: ${asStationError(thrown).message}`;
      }
      this.#wire = session.wire();
      this.#session = null;
    }
    await this.#link?.close();
    this.#link = null;
    return failure;
  }
}
