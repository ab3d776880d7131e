import { publicKey } from '../../keys/public-key.ts';
import type { Clock } from '../../model/clock.ts';
import { asStationError, StationError } from '../../model/station-error.ts';
import type { Preauthorization, PreauthorizationAnswer } from '../../servers/preauthorization.ts';
import { isPassing, type PacedCalls } from './calls.ts';
import { afterAnswer, afterForce, afterLook, sentAgo, type NextForRow, type SentAgo } from './judge.ts';
import type { RowResult, RunRow } from './row.ts';

/** A server that has not given one good answer for so long is left alone, in milliseconds. */
const PATIENCE_MS = 120_000;
/** Tries of one row that the server fails at while it answers others well. */
const TRIES = 5;
/** How often a row may come back to where it was without anything having failed. */
const ROUNDS = 3;
/** Pauses of a row that came to nothing, so that it goes behind the others; doubled each time up to the last. */
const FIRST_PAUSE_MS = 500;
const LAST_PAUSE_MS = 16_000;

export interface SettleParts {
  readonly server: Preauthorization;
  readonly calls: PacedCalls;
  readonly clock: Clock;
  readonly force: boolean;
  /** Called right before a row is sent; it is on the disk when this returns. */
  readonly sending: (row: RunRow) => void;
  /** Called with what keeps every row from its verdict, this one's among them: the run is over. */
  readonly giveUp: (reason: StationError) => void;
  /** Aborted when no further row is to be begun. */
  readonly stopping: AbortSignal;
  /** Aborted when what is under way has had its time. */
  readonly leaving: AbortSignal;
}

/** What proves by itself that a call did nothing: it was not sent, or refused before anybody looked at it. */
const DID_NOTHING: ReadonlySet<string> = new Set([
  'batch/limited-for-long',
  'server/call-not-allowed',
  'server/certificate',
  'server/forbidden',
  'server/not-logged-in',
  'server/old',
  'server/pin-mismatch',
  'server/rate-limited',
  'server/session-ended',
  'server/unknown-certificate',
]);

/**
 * Brings a row to its verdict. `left`: for the next run, which asks the server what it has; `unsent`: the same, and this
 * run changed nothing there for it.
 *
 * @throws StationError `batch/not-settled` for this row alone; `station/internal`.
 */
export async function settleRow(row: RunRow, parts: SettleParts): Promise<RowResult | 'left' | 'unsent'> {
  const work = new RowAtWork(row, parts);
  let next: NextForRow = { do: 'ask' };
  while (next.do !== 'end') {
    // A row that nothing is under way for can be left at any time; else it is brought to its end.
    const turn: AbortSignal = next.do === 'ask' ? parts.stopping : parts.leaving;
    try {
      const after = await work.take(next, turn);
      const pause = work.pauseBefore(next, after);
      if (pause > 0 && !(await slept(pause, parts))) return work.left();
      next = after;
    } catch (thrown) {
      if (turn.aborted || parts.leaving.aborted) return work.left();
      const error = asStationError(thrown);
      const pause = work.pauseAfter(error);
      if (pause === null) {
        parts.giveUp(error);
        return work.left();
      }
      if (!(await slept(pause, parts))) return work.left();
      if (next.do === 'force' || next.do === 'remove-dead') next = { do: 'ask' };
    }
  }
  return next.result;
}

/** False when the run was stopped meanwhile. */
async function slept(ms: number, { clock, stopping }: SettleParts): Promise<boolean> {
  try {
    await clock.sleep(ms, stopping);
    return true;
  } catch (thrown) {
    if (stopping.aborted) return false;
    throw thrown;
  }
}

/** One row with what is known of it. */
class RowAtWork {
  readonly #row: RunRow;
  readonly #parts: SettleParts;
  /** Since when the server may have made something for it, on the clock that never jumps. */
  #firstAskedAt: number | null = null;
  #isForced = false;
  /** See `Circumstances`; of the last answer. */
  #sent: readonly SentAgo[] = [];
  #ageMs: number | null = null;
  #cannotForce = false;
  #failures = 0;
  #tries = 0;
  #rounds = 0;
  #isBusy = false;
  #goodBefore: number;

  constructor(row: RunRow, parts: SettleParts) {
    this.#row = row;
    this.#parts = parts;
    this.#goodBefore = parts.calls.good;
  }

  take(next: Exclude<NextForRow, { do: 'end' }>, turn: AbortSignal): Promise<NextForRow> {
    switch (next.do) {
      case 'ask':
        return this.#ask(turn);
      case 'look':
        return this.#look(next.deviceId, turn);
      case 'force':
        return this.#force(next.deviceId, turn);
      case 'remove-dead':
        return this.#removeDead(next.deviceId, turn);
    }
  }

  /** What is to be said of a row that is not brought to its end. */
  left(): 'left' | 'unsent' {
    return this.#firstAskedAt === null && !this.#isForced ? 'unsent' : 'left';
  }

  /**
   * How long to wait before a row is begun anew that answers brought back to where it was, in milliseconds: it is there
   * and its device cannot be read, or does not show what the server says it did.
   *
   * @throws StationError `batch/not-settled` where that goes on.
   */
  pauseBefore(step: NextForRow, next: NextForRow): number {
    const isBack =
      (step.do === 'ask' && next.do === 'ask' && !this.#isBusy) ||
      (step.do === 'look' && next.do === 'ask') ||
      (step.do === 'force' && next.do === 'look' && !this.#cannotForce) ||
      (step.do === 'look' && next.do === 'remove-dead');
    if (!isBack) return 0;
    this.#rounds += 1;
    if (this.#rounds > ROUNDS)
      throw new StationError('batch/not-settled', {
        detail:
          step.do === 'look' && next.do === 'ask'
            ? 'it has the identity already, and does not show its device'
            : 'it says that it did what it was asked for, and its device does not show it',
      });
    return this.#rounds === 1 ? 0 : FIRST_PAUSE_MS * 2 ** (this.#rounds - 2);
  }

  /**
   * How long to wait before it is tried again after an error, in milliseconds; null where that makes no sense for any row.
   *
   * @throws StationError `batch/not-settled`; `station/internal`.
   */
  pauseAfter(error: StationError): number | null {
    const { calls } = this.#parts;
    if (error.code === 'batch/not-settled' || error.code === 'station/internal') throw error;
    if (!isPassing(error) || calls.silentForMs > PATIENCE_MS) return null;
    // Only where others are answered meanwhile it is this row's own trouble.
    if (calls.good > this.#goodBefore) this.#tries += 1;
    this.#goodBefore = calls.good;
    if (this.#tries >= TRIES)
      throw new StationError('batch/not-settled', { detail: error.message }, { cause: error });
    this.#failures += 1;
    return Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.#failures - 1));
  }

  async #ask(turn: AbortSignal): Promise<NextForRow> {
    const { calls, server, leaving, clock, sending } = this.#parts;
    // What was not sent before this question cannot be what it finds.
    const before = this.#firstAskedAt;
    let answer: PreauthorizationAnswer;
    try {
      answer = await calls.ask(turn, () => {
        sending(this.#row);
        this.#firstAskedAt ??= clock.monotonic();
        return server.ask(this.#row, leaving);
      });
    } catch (thrown) {
      if (DID_NOTHING.has(asStationError(thrown).code)) this.#firstAskedAt = before;
      throw thrown;
    }
    this.#isBusy = answer.kind === 'busy';
    switch (answer.kind) {
      case 'unclear':
        throw answer.error;
      case 'busy':
        this.#firstAskedAt = before;
        return { do: 'ask' };
      case 'refused':
        this.#firstAskedAt = before;
        // What an account may not do, or may not do any more, is no verdict on a row.
        if (answer.error.code === 'server/forbidden') throw answer.error;
        break;
      case 'exists':
        this.#firstAskedAt = before;
        this.#ageMs = answer.ageMs;
        this.#sent = this.#sentBefore(before);
        break;
      case 'made':
    }
    return afterAnswer(this.#row, answer);
  }

  async #look(deviceId: string, turn: AbortSignal): Promise<NextForRow> {
    const { calls, server, leaving, force } = this.#parts;
    const device = await calls.make(turn, () => server.device(deviceId, leaving));
    const known = { sent: this.#sent, ageMs: this.#ageMs, force, cannotForce: this.#cannotForce };
    return afterLook(this.#row, device, known);
  }

  async #force(deviceId: string, turn: AbortSignal): Promise<NextForRow> {
    const { calls, server, leaving } = this.#parts;
    const key = publicKey(this.#row.key);
    const device = await calls.make(turn, () => {
      this.#isForced = true;
      return server.force(this.#row, key, deviceId, leaving);
    });
    if (device !== null) return afterForce(this.#row, device);
    this.#cannotForce = true;
    return { do: 'look', deviceId };
  }

  async #removeDead(deviceId: string, turn: AbortSignal): Promise<NextForRow> {
    const { calls, server, leaving } = this.#parts;
    await calls.make(turn, () => server.removeDead(deviceId, leaving));
    return { do: 'ask' };
  }

  /** When the row may have come to the server before the last question; `askedAt`: the first of this run. */
  #sentBefore(askedAt: number | null): readonly SentAgo[] {
    const { clock } = this.#parts;
    const now = clock.now();
    const earlier = this.#row.sent.map((span) => sentAgo(span, now));
    return askedAt === null
      ? earlier
      : [...earlier, { beganMs: clock.monotonic() - askedAt, endedMs: -Infinity }];
  }
}
