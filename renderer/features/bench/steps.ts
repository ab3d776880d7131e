import type { JobView, StepView } from '../../../src/contract.ts';
import { STEPS, type StepName } from '../../../src/model/job.ts';

export type SegmentState = 'waiting' | 'running' | 'done' | 'failed' | 'left';

/** One mark for each kind of step, in the usual order. `left`: a later one has begun, so this one was not needed. */
export function segments(job: JobView): readonly { readonly step: StepName; readonly state: SegmentState }[] {
  const seen = new Map<StepName, StepView['state']>();
  for (const { step, state } of job.steps) seen.set(step, state);
  const furthest = Math.max(-1, ...job.steps.map(({ step }) => STEPS.indexOf(step)));
  return STEPS.map((step, at) => ({
    step,
    state: seen.get(step) ?? (at < furthest || job.state === 'ended' ? 'left' : 'waiting'),
  }));
}

/** The step that runs now; between two steps, the last one that did. */
export function currentStep(job: JobView): StepView | null {
  return job.steps.findLast((step) => step.state === 'running') ?? job.steps.at(-1) ?? null;
}

/** Milliseconds that a job took: to the end of its last step when it has ended, else until now. */
export function jobDuration(job: JobView, now: number): number {
  if (job.state !== 'ended') return Math.max(0, now - Date.parse(job.startedAt));
  return Math.max(0, ...job.steps.map((step) => step.startedMs + (step.ms ?? 0)));
}
