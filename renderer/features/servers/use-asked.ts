import { useState } from 'react';
import type { ErrorReport } from '../../../src/model/job.ts';
import { reportOf } from '../../station.ts';

/** One question to the station and what came of it. */
export type Asked<T> =
  | { readonly state: 'none' | 'asking' }
  | { readonly state: 'done'; readonly answer: T }
  | { readonly state: 'failed'; readonly error: ErrorReport };

/** Keeps the last answer of a question that a button asks. */
export function useAsked<T>(): Asked<T> & { readonly ask: (answer: Promise<T>) => void } {
  const [asked, setAsked] = useState<Asked<T>>({ state: 'none' });
  return {
    ...asked,
    ask: (answer) => {
      setAsked({ state: 'asking' });
      answer.then(
        (value) => setAsked({ state: 'done', answer: value }),
        (thrown: unknown) => setAsked({ state: 'failed', error: reportOf(thrown) }),
      );
    },
  };
}
