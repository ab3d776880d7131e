import { Switch } from '@mantine/core';
import { useEffect, useLayoutEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { ErrorPanel } from '../../components/error-panel.tsx';
import { messages } from '../../messages.ts';
import { reportOf } from '../../station.ts';
import { useStore, useWindowState } from '../../store.ts';
import { joined } from './joined.ts';
import classes from './transcript.module.css';

/** What went over the line of a job, as it comes. Masked spans say what they hid and how long it was. */
export function Transcript({ job }: { readonly job: string }): ReactNode {
  const store = useStore();
  const open = useWindowState((state) => state.transcript);
  const [follow, setFollow] = useState(true);
  const box = useRef<HTMLDivElement>(null);
  const text = messages.job;

  useEffect(() => {
    store.dispatch({ type: 'transcript-opened', job });
    store.station.call('job.transcript', { job }).then(
      (entries) => store.dispatch({ type: 'transcript-loaded', job, entries }),
      (thrown: unknown) => store.dispatch({ type: 'transcript-failed', job, error: reportOf(thrown) }),
    );
    return () => store.dispatch({ type: 'transcript-closed' });
  }, [store, job]);

  const entries = open?.job === job ? open.entries : null;
  useLayoutEffect(() => {
    if (follow && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [entries, follow]);
  const runs = useMemo(() => joined(entries ?? []), [entries]);

  if (open === null || open.state === 'loading') return <p>{text.transcriptLoading}</p>;
  if (open.error !== null) return <ErrorPanel error={open.error} />;
  return (
    <div className={classes.frame}>
      <div className={classes.top}>
        <p>{open.dropped > 0 ? text.transcriptDropped(open.dropped) : text.transcriptHint}</p>
        <Switch
          label={text.follow}
          checked={follow}
          onChange={(event) => setFollow(event.currentTarget.checked)}
        />
      </div>
      <div
        ref={box}
        className={classes.box}
        role="group"
        aria-label={text.transcriptLabel}
        tabIndex={0}
        data-transcript={job}
      >
        {runs.length === 0 ? <p className={classes.none}>{text.transcriptEmpty}</p> : null}
        {runs.map((run, at) => (
          <div key={at} className={classes.run} data-way={run.way}>
            <span className={classes.at}>{(run.at / 1000).toFixed(2)}</span>
            <span className={classes.way}>
              <span aria-hidden="true">{SIGNS[run.way]}</span>
              <span className="unseen">{text[run.way]}</span>
            </span>
            <span className={classes.text}>
              {run.spans.map((span, place) =>
                span.kind === 'text' ? (
                  span.text
                ) : (
                  <span key={place} className={classes.masked}>
                    {text.masked(span.what, span.bytes)}
                  </span>
                ),
              )}
            </span>
          </div>
        ))}
      </div>
    </div>
  );
}

const SIGNS = { sent: '▶', received: '◀', note: '·' } as const;
