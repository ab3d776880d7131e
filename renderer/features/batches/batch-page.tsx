import { Button } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { BatchView } from '../../../src/contract/batches.ts';
import { ROW_OUTCOMES } from '../../../src/model/batch.ts';
import { Facts } from '../../components/facts.tsx';
import { grouped, when } from '../../format.ts';
import { messages } from '../../messages.ts';
import type { OpenPanel } from '../../panel.ts';
import { useWindowState } from '../../store.ts';
import { Standing } from './batch-list.tsx';
import { BatchCertificate } from './batch-certificate.tsx';
import { BatchFiles } from './batch-files.tsx';
import { BatchInventory } from './batch-inventory.tsx';
import { BatchMore } from './batch-more.tsx';
import { BatchRows, type RowFilter } from './batch-rows.tsx';
import { BatchProgress, OutcomeCounts } from './progress-bar.tsx';
import { RunEnd } from './run-end.tsx';
import { RunRate } from './run-rate.tsx';
import { failedRows } from './state.ts';
import { useBatches } from './use-batches.ts';
import classes from './batches.module.css';

/** One batch: how far it is, what it is of, and its rows. */
export function BatchPage({
  batch,
  open,
}: {
  readonly batch: BatchView;
  readonly open: OpenPanel;
}): ReactNode {
  const { open: show } = useBatches();
  const asked = useWindowState((state) => state.batches.runs[batch.name] ?? null);
  const [filter, setFilter] = useState<RowFilter>(null);
  const text = messages.batches;
  return (
    <div className={classes.page}>
      <section className={classes.summary} aria-label={batch.name}>
        <div className={classes.title}>
          <Button variant="default" onClick={() => show(null)}>
            {text.back}
          </Button>
          <h2>{batch.name}</h2>
          <Standing batch={batch} />
        </div>
        <BatchProgress batch={batch} large />
        <RunRate batch={batch} />
        {batch.kind === 'keys' ? <OutcomeCounts counts={batch.counts} /> : null}
        {asked === null ? null : <RunEnd asked={asked} />}
        <BatchFiles batch={batch} />
        <BatchCertificate batch={batch} />
        <BatchInventory key={batch.id} batch={batch} />
        <BatchFacts batch={batch} />
        <BatchMore batch={batch} open={open} />
      </section>
      <section className={classes.rows} aria-label={text.rows}>
        {batch.kind === 'keys' ? <Filters batch={batch} value={filter} onChange={setFilter} /> : null}
        <div className={classes.table}>
          <BatchRows key={`${batch.id} ${filter ?? ''}`} batch={batch} filter={filter} />
        </div>
      </section>
    </div>
  );
}

/** Which rows are shown: all, or those of one outcome that there is. */
function Filters({
  batch,
  value,
  onChange,
}: {
  readonly batch: BatchView;
  readonly value: RowFilter;
  readonly onChange: (filter: RowFilter) => void;
}): ReactNode {
  const text = messages.batches;
  const failed = failedRows(batch.counts);
  const filters: readonly (readonly [RowFilter, string, number])[] = [
    [null, text.all, batch.rows],
    ['failed', text.failedRows, failed],
    ...ROW_OUTCOMES.map((outcome) => [outcome, text.outcomes[outcome], batch.counts[outcome]] as const),
  ];
  return (
    <div role="group" aria-label={text.filter} className={classes.filters}>
      {filters
        .filter(([filter, , rows]) => filter === null || filter === value || rows > 0)
        .map(([filter, label, rows]) => (
          <button key={label} type="button" aria-pressed={filter === value} onClick={() => onChange(filter)}>
            {label} {rows.toLocaleString('en')}
          </button>
        ))}
    </div>
  );
}

function BatchFacts({ batch }: { readonly batch: BatchView }): ReactNode {
  const text = messages.batches.facts;
  const { share, operator, leftOut, admitted, kind, units } = batch;
  const at = when(batch.at, new Date());
  return (
    <Facts
      facts={[
        { name: text.file, value: batch.file, mono: true },
        { name: text.imported, value: operator === null ? at : `${at} ${text.by(operator)}` },
        { name: text.server, value: batch.server },
        {
          name: text.boards,
          value: kind === 'expectation' || units === 0 ? null : text.boardsOf(units, batch.rows),
        },
        { name: messages.inventory.title, value: messages.inventory.counts(batch.inventory) },
        { name: text.leftOut, value: leftOut === 0 ? null : leftOut },
        { name: text.admitted, value: admitted === 0 ? null : admitted },
        {
          name: text.share,
          value: share === null ? null : text.shareOf(share.station, share.part, share.parts),
        },
        { name: text.sha, value: grouped(batch.sha256), mono: true },
      ]}
    />
  );
}
