import { useEffect, useRef } from 'react';
import type { JobView } from '../../../src/contract.ts';
import { useLatest, useWindowState } from '../../store.ts';

/** Tells of jobs as they end; those that had ended before the window saw them are not told. */
export function useFreshVerdicts(tell: (ended: readonly JobView[]) => void): void {
  const jobs = useWindowState((state) => state.jobs);
  const loaded = useWindowState((state) => state.loaded);
  const told = useRef<Set<string> | null>(null);
  const latest = useLatest(tell);
  useEffect(() => {
    if (!loaded) return;
    const ended = Object.values(jobs).filter((job) => job.state === 'ended');
    const before = told.current;
    told.current = new Set(ended.map((job) => job.job));
    if (before === null) return;
    const fresh = ended.filter((job) => !before.has(job.job));
    if (fresh.length > 0) latest(fresh);
  }, [jobs, loaded, latest]);
}
