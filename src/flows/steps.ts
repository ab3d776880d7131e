import type { StepName, StepTime } from '../model/job.ts';
import type { Clock } from '../model/clock.ts';

/** A step as it begins and ends, for whoever shows it. `ms` are milliseconds; `startedMs` counts from the job's begin. */
export interface StepChange {
  readonly step: StepName;
  readonly state: 'running' | 'done' | 'failed';
  readonly startedMs: number;
  readonly ms: number | null;
  readonly detail: string | null;
}

/** Times the steps of one job. One step runs at a time. */
export class Steps {
  readonly #clock: Clock;
  readonly #changed: (steps: readonly StepChange[]) => void;
  readonly #began: number;
  readonly #steps: StepChange[] = [];

  constructor(clock: Clock, changed: (steps: readonly StepChange[]) => void) {
    this.#clock = clock;
    this.#changed = changed;
    this.#began = clock.monotonic();
  }

  /** Milliseconds since the job began. */
  elapsed(): number {
    return Math.round(this.#clock.monotonic() - this.#began);
  }

  /** Runs `work` as the step `step`. Its failure is the step's, and is thrown on. `detail` tells how it came out. */
  async run<T>(step: StepName, work: () => Promise<T>, detail?: (value: T) => string | null): Promise<T> {
    const at = this.#steps.length;
    const startedMs = this.elapsed();
    this.#set(at, { step, state: 'running', startedMs, ms: null, detail: null });
    try {
      const value = await work();
      this.#set(at, {
        step,
        state: 'done',
        startedMs,
        ms: this.elapsed() - startedMs,
        detail: detail?.(value) ?? null,
      });
      return value;
    } catch (error) {
      const told = error instanceof Error ? error.message : null;
      this.#set(at, { step, state: 'failed', startedMs, ms: this.elapsed() - startedMs, detail: told });
      throw error;
    }
  }

  /** The ended steps, in order. */
  times(): readonly StepTime[] {
    return this.#steps.flatMap(({ step, ms }) => (ms === null ? [] : [{ step, ms }]));
  }

  #set(at: number, change: StepChange): void {
    this.#steps[at] = change;
    this.#changed([...this.#steps]);
  }
}
