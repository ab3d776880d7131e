import { useEffect, useRef, useState, type ReactNode } from 'react';
import type { JobView, SlotView } from '../../../src/contract.ts';
import { messages } from '../../messages.ts';
import { useWindowState } from '../../store.ts';

/** Tells a screen reader each verdict as it falls; the ones that were there before are not read again. */
export function LiveVerdicts(): ReactNode {
  const jobs = useWindowState((state) => state.jobs);
  const slots = useWindowState((state) => state.slots);
  const loaded = useWindowState((state) => state.loaded);
  const told = useRef<Set<string> | null>(null);
  const [sentence, setSentence] = useState('');
  useEffect(() => {
    if (!loaded) return;
    const ended = Object.values(jobs).filter((job) => job.state === 'ended');
    if (told.current !== null) {
      const before = told.current;
      const fresh = ended.filter((job) => !before.has(job.job));
      if (fresh.length > 0) setSentence(fresh.map((job) => verdictSentence(job, slots)).join(' '));
    }
    told.current = new Set(ended.map((job) => job.job));
  }, [jobs, slots, loaded]);
  return (
    <p className="unseen" aria-live="assertive" data-live="verdicts">
      {sentence}
    </p>
  );
}

/** One verdict as a sentence: where, which, and what it rests on or what to do. */
export function verdictSentence(job: JobView, slots: readonly SlotView[]): string {
  const { result, failure } = job;
  const label = slots.find((slot) => slot.slot === job.slot)?.label ?? job.port;
  if (failure !== null)
    return messages.live.verdict(label, messages.unrecorded.word, `${failure.message} ${failure.remedy}`);
  if (result === null) return '';
  const why =
    result.error !== null
      ? `${result.error.message} ${result.error.remedy}`
      : result.proof === null
        ? messages.verdicts[result.verdict].meaning
        : messages.proofs[result.proof].text;
  return messages.live.verdict(label, messages.verdicts[result.verdict].word, why);
}
