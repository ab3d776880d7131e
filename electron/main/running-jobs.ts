import * as z from 'zod';

const jobEvent = z.object({
  type: z.literal('job'),
  job: z.object({ job: z.string(), state: z.enum(['running', 'waiting', 'cancelling', 'ended']) }),
});

/**
 * The jobs that have a board in hand now, from the station's events. One that waits has not: its board works with its old
 * key, and the next start of the station goes on with it.
 */
export class RunningJobs {
  private readonly running = new Set<string>();
  private readonly onChange: (count: number) => void;

  constructor(onChange: (count: number) => void) {
    this.onChange = onChange;
  }

  get count(): number {
    return this.running.size;
  }

  /** Takes note of an event; others than of jobs are passed over. */
  note(event: unknown): void {
    const parsed = jobEvent.safeParse(event);
    if (!parsed.success) return;
    const { job, state } = parsed.data.job;
    if (state === 'ended' || state === 'waiting') this.running.delete(job);
    else this.running.add(job);
    this.onChange(this.running.size);
  }

  /** The process that ran them has ended. */
  clear(): void {
    this.running.clear();
    this.onChange(0);
  }
}
