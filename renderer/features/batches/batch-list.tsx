import type { ReactNode } from 'react';
import type { BatchView } from '../../../src/contract/batches.ts';
import { when } from '../../format.ts';
import { messages } from '../../messages.ts';
import { useWindowState } from '../../store.ts';
import { RunRate } from './run-rate.tsx';
import { BatchProgress, OutcomeCounts } from './progress-bar.tsx';
import { standingOf } from './state.ts';
import { useBatches } from './use-batches.ts';
import classes from './batches.module.css';

/** Every batch with how far it is; what batches are for, where there is none. */
export function BatchList(): ReactNode {
  const { loaded, list } = useWindowState((state) => state.batches);
  const text = messages.batches;
  if (!loaded) return <p role="status">{text.loading}</p>;
  if (list.length === 0) return <NoBatches />;
  return (
    <ul className={classes.list} aria-label={text.label}>
      {list.map((batch) => (
        <BatchCard key={batch.id} batch={batch} />
      ))}
    </ul>
  );
}

function BatchCard({ batch }: { readonly batch: BatchView }): ReactNode {
  const { open } = useBatches();
  const text = messages.batches;
  return (
    <li>
      <button type="button" className={classes.card} onClick={() => open(batch.name)}>
        <span className={classes.head}>
          <span className={classes.name}>{batch.name}</span>
          <Standing batch={batch} />
        </span>
        <span className={classes.soft}>
          {text.kinds[batch.kind]} · {when(batch.at, new Date())}
        </span>
        <BatchProgress batch={batch} />
        <RunRate batch={batch} />
        {batch.kind === 'keys' ? <OutcomeCounts counts={batch.counts} /> : null}
      </button>
    </li>
  );
}

/** What a batch is doing or has come to. */
export function Standing({ batch }: { readonly batch: BatchView }): ReactNode {
  const standing = standingOf(batch);
  if (batch.kind === 'keys' && standing === 'open') return null;
  return (
    <span className={classes.standing} data-standing={standing}>
      {messages.batches.states[standing]}
    </span>
  );
}

function NoBatches(): ReactNode {
  const text = messages.batches.empty;
  return (
    <section className={classes.empty} aria-label={text.title}>
      <h2>{text.title}</h2>
      <p>{text.text}</p>
      <div className={classes.kinds}>
        {text.kinds.map(({ title, text: words }) => (
          <div key={title}>
            <h3>{title}</h3>
            <p>{words}</p>
          </div>
        ))}
      </div>
      <p className={classes.soft}>{text.columns}</p>
    </section>
  );
}
