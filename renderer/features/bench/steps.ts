import type { JobView, StepView } from '../../../src/contract.ts';
import type { StepName } from '../../../src/model/job.ts';
import { stepsOf, type KeyMaker } from '../../../src/model/step-labels.ts';
import { messages, type StepText } from '../../messages.ts';

export type SegmentState = 'waiting' | 'running' | 'done' | 'failed' | 'left';

/** One mark for each kind of step, in the usual order. `left`: a later one has begun, so this one was not needed. */
export function segments(job: JobView): readonly { readonly step: StepName; readonly state: SegmentState }[] {
  const seen = new Map<StepName, StepView['state']>();
  for (const { step, state } of job.steps) seen.set(step, state);
  const steps = stepsOf(job.keyMaker);
  const furthest = Math.max(-1, ...job.steps.map(({ step }) => steps.indexOf(step)));
  return steps.map((step, at) => ({
    step,
    state: seen.get(step) ?? (at < furthest || job.state === 'ended' ? 'left' : 'waiting'),
  }));
}

/** What a step does, where board or station makes the key, or where the server does. */
export function stepText(step: StepName, by: KeyMaker): StepText {
  const issued: Partial<Record<StepName, StepText>> = messages.mic.steps;
  return (by === 'server' ? issued[step] : undefined) ?? messages.steps[step];
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

/**
 * What a job that was told to stop is doing about its board: before the switch what is staged is taken back, from the
 * switch on the job is finished. Null where it was not told to.
 */
export function cancellingText(job: JobView): string | null {
  if (job.state !== 'cancelling') return null;
  const steps = stepsOf(job.keyMaker);
  const switched = job.steps.some(({ step }) => steps.indexOf(step) >= steps.indexOf('switch'));
  return switched ? messages.slot.cancellingAfter : messages.slot.cancellingBefore;
}
