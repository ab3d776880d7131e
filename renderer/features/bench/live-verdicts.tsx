import { useState, type ReactNode } from 'react';
import type { JobView, SlotView } from '../../../src/contract.ts';
import { messages } from '../../messages.ts';
import { useWindowState } from '../../store.ts';
import { useFreshVerdicts } from './use-fresh-verdicts.ts';

/** Tells a screen reader each verdict as it falls; the ones that were there before are not read again. */
export function LiveVerdicts(): ReactNode {
  const slots = useWindowState((state) => state.slots);
  const [sentence, setSentence] = useState('');
  useFreshVerdicts((ended) => setSentence(ended.map((job) => verdictSentence(job, slots)).join(' ')));
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
