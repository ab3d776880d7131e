import { useEffect, useRef } from 'react';
import type { JobView } from '../../../src/contract.ts';
import { useWindowState } from '../../store.ts';
import { useFreshVerdicts } from './use-fresh-verdicts.ts';

/** A tone: hertz, its begin and its length in seconds, and how it sounds. */
export interface Tone {
  readonly hertz: number;
  readonly at: number;
  readonly seconds: number;
  readonly wave: 'sine' | 'square';
}

/** Two rising, soft tones. */
const GOOD: readonly Tone[] = [
  { hertz: 660, at: 0, seconds: 0.12, wave: 'sine' },
  { hertz: 990, at: 0.14, seconds: 0.2, wave: 'sine' },
];
/** Three low, harsh ones: told from the good by number, pitch and sound. */
const BAD: readonly Tone[] = [0, 0.22, 0.44].map((at) => ({ hertz: 196, at, seconds: 0.16, wave: 'square' }));

/** What is played for verdicts that fall together: one that is not good is what has to be heard. */
export function tonesFor(ended: readonly Pick<JobView, 'result'>[]): readonly Tone[] {
  if (ended.length === 0) return [];
  const good = ended.every(({ result }) => result?.verdict === 'pass' || result?.verdict === 'already');
  return good ? GOOD : BAD;
}

/** Plays a sound at each verdict where the operator has asked for it. It says nothing that is not shown as well. */
export function VerdictSound(): null {
  const wanted = useWindowState((state) => state.preferences.sound);
  const context = useRef<AudioContext | null>(null);
  useFreshVerdicts((ended) => {
    if (!wanted) return;
    context.current ??= new AudioContext();
    play(context.current, tonesFor(ended));
  });
  useEffect(
    () => () => {
      void context.current?.close();
      context.current = null;
    },
    [],
  );
  return null;
}

/** Each tone swells and fades within hundredths of a second, so that it does not click. */
function play(context: AudioContext, tones: readonly Tone[]): void {
  // A machine without a sound card leaves it suspended: nothing is heard, and nothing is wrong.
  void context.resume();
  for (const { hertz, at, seconds, wave } of tones) {
    const begin = context.currentTime + at;
    const loudness = context.createGain();
    loudness.gain.setValueAtTime(0, begin);
    loudness.gain.linearRampToValueAtTime(wave === 'square' ? 0.12 : 0.3, begin + 0.02);
    loudness.gain.setValueAtTime(wave === 'square' ? 0.12 : 0.3, begin + seconds - 0.04);
    loudness.gain.linearRampToValueAtTime(0, begin + seconds);
    loudness.connect(context.destination);
    const tone = context.createOscillator();
    tone.type = wave;
    tone.frequency.value = hertz;
    tone.connect(loudness);
    tone.start(begin);
    tone.stop(begin + seconds);
  }
}
