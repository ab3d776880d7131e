import { publicKey } from '../../keys/public-key.ts';
import type { Clock } from '../../model/clock.ts';
import { asStationError, StationError } from '../../model/station-error.ts';
import type { Preauthorization } from '../../servers/preauthorization.ts';
import { isPassing, type PacedCalls } from './calls.ts';
import { afterAnswer, afterForce, afterLook, type NextForRow } from './judge.ts';
import type { RowResult, RunRow } from './row.ts';

/** A server that has not given one good answer for so long is left alone, in milliseconds. */
const PATIENCE_MS = 120_000;
/** Tries of one row that the server fails at while it answers others well. */
const TRIES = 5;
/** Pauses of a row that came to nothing, so that it goes behind the others; doubled each time up to the last. */
const FIRST_PAUSE_MS = 500;
const LAST_PAUSE_MS = 16_000;

export interface SettleParts {
  readonly server: Preauthorization;
  readonly calls: PacedCalls;
  readonly clock: Clock;
  readonly force: boolean;
  /** Aborted when no further row is to be begun. */
  readonly stopping: AbortSignal;
  /** Aborted when what is under way has had its time. */
  readonly leaving: AbortSignal;
}

/**
 * Brings a row to its verdict; null where it was left for the next run, which asks the server what it has.
 *
 * @throws StationError of the session, the connection or the server as a whole; `batch/not-settled` for this row alone.
 */
export async function settleRow(row: RunRow, parts: SettleParts): Promise<RowResult | null> {
  const work = new RowAtWork(row, parts);
  let next: NextForRow = { do: 'ask' };
  while (next.do !== 'end') {
    // A row that nothing is under way for can be left at any time; else it is brought to its end.
    const turn: AbortSignal = next.do === 'ask' ? parts.stopping : parts.leaving;
    try {
      next = await work.take(next, turn);
    } catch (thrown) {
      if (turn.aborted || parts.leaving.aborted) return null;
      const pause = work.failed(asStationError(thrown));
      if (!(await slept(pause, parts))) return null;
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
  #firstAskedAt: number | null = null;
  /** See `Circumstances`; of the last answer. */
  #sentForMs: number | null = null;
  #ageMs: number | null = null;
  #cannotForce = false;
  #failures = 0;
  #tries = 0;
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

  /** How long to wait before it is tried again, in milliseconds; throws where that makes no sense. */
  failed(error: StationError): number {
    const { calls } = this.#parts;
    if (!isPassing(error) || calls.silentForMs > PATIENCE_MS) throw error;
    // Only where others are answered meanwhile it is this row's own trouble.
    if (calls.good > this.#goodBefore) this.#tries += 1;
    this.#goodBefore = calls.good;
    if (this.#tries >= TRIES)
      throw new StationError('batch/not-settled', { detail: error.message }, { cause: error });
    this.#failures += 1;
    return Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.#failures - 1));
  }

  async #ask(turn: AbortSignal): Promise<NextForRow> {
    const { calls, server, leaving, clock } = this.#parts;
    // What was not sent before this question cannot be what it finds.
    const wasSent = this.#firstAskedAt !== null || this.#row.intendedAt !== null;
    const answer = await calls.ask(turn, () => {
      this.#firstAskedAt ??= clock.monotonic();
      return server.ask(this.#row, leaving);
    });
    this.#sentForMs = wasSent ? this.#hasBeenSentFor() : null;
    switch (answer.kind) {
      case 'busy':
        return { do: 'ask' };
      case 'unclear':
        throw answer.error;
      case 'refused':
        // What an account may not do, or may not do any more, is no verdict on a row.
        if (answer.error.code === 'server/forbidden') throw answer.error;
        break;
      case 'exists':
        this.#ageMs = answer.ageMs;
        break;
      case 'made':
    }
    return afterAnswer(this.#row, answer);
  }

  async #look(deviceId: string, turn: AbortSignal): Promise<NextForRow> {
    const { calls, server, leaving, force } = this.#parts;
    const device = await calls.make(turn, () => server.device(deviceId, leaving));
    const known = { sentForMs: this.#sentForMs, ageMs: this.#ageMs, force, cannotForce: this.#cannotForce };
    return afterLook(this.#row, device, known);
  }

  async #force(deviceId: string, turn: AbortSignal): Promise<NextForRow> {
    const { calls, server, leaving } = this.#parts;
    const key = publicKey(this.#row.key);
    const device = await calls.make(turn, () => server.force(this.#row, key, deviceId, leaving));
    if (device !== null) return afterForce(this.#row, device);
    this.#cannotForce = true;
    return { do: 'look', deviceId };
  }

  async #removeDead(deviceId: string, turn: AbortSignal): Promise<NextForRow> {
    const { calls, server, leaving } = this.#parts;
    await calls.make(turn, () => server.removeDead(deviceId, leaving));
    return { do: 'ask' };
  }

  #hasBeenSentFor(): number | null {
    const { clock } = this.#parts;
    const { intendedAt } = this.#row;
    if (intendedAt !== null) return Math.max(0, clock.now() - intendedAt);
    return this.#firstAskedAt === null ? null : clock.monotonic() - this.#firstAskedAt;
  }
}
