import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import type { BatchView } from '../../../src/contract/batches.ts';
import { messages } from '../../messages.ts';
import type { OpenPanel } from '../../panel.ts';
import { useWhyNot } from '../../rights.ts';
import { useStore, useWindowState } from '../../store.ts';
import bar from '../bench/command-bar.module.css';
import { chooseForBench } from './bench-batch.ts';
import { failedRows, isAtServer, openBatch } from './state.ts';
import { useBatches, useMayBatches } from './use-batches.ts';

/** What can be done with the batch that is open. The one big button stands where the bench has its own. */
export function BatchesBar({
  open,
  onBench,
}: {
  readonly open: OpenPanel;
  /** Goes to the bench. */
  readonly onBench: () => void;
}): ReactNode {
  const batch = useWindowState((state) => openBatch(state.batches));
  const may = useMayBatches();
  const why = useWhyNot('batches');
  return (
    <section className={bar.bar} aria-label={messages.command.label}>
      <span className={bar.space} />
      {batch === null ? (
        <Button
          className={bar.start ?? ''}
          data-start="true"
          disabled={!may}
          title={why ?? ''}
          onClick={() => open({ kind: 'import-batch' })}
        >
          {messages.batches.import}
        </Button>
      ) : batch.kind === 'keys' ? (
        <OfKeys batch={batch} may={may} open={open} onBench={onBench} />
      ) : (
        <UseOnBench batch={batch} big onBench={onBench} />
      )}
    </section>
  );
}

/** Has the boards on the bench count in this batch, and goes there. Not offered of one that takes no more boards. */
function UseOnBench({
  batch,
  big,
  onBench,
}: {
  readonly batch: BatchView;
  /** Whether it is the one big button. */
  readonly big: boolean;
  readonly onBench: () => void;
}): ReactNode {
  const store = useStore();
  if (!batch.open) return null;
  return (
    <Button
      {...(big ? { className: bar.start ?? '', 'data-start': 'true' } : { variant: 'default' })}
      onClick={() => {
        chooseForBench(store, batch.name);
        onBench();
      }}
    >
      {messages.batches.bench.use}
    </Button>
  );
}

function OfKeys({
  batch,
  may: up,
  open,
  onBench,
}: {
  readonly batch: BatchView;
  readonly may: boolean;
  readonly open: OpenPanel;
  readonly onBench: () => void;
}): ReactNode {
  const store = useStore();
  const { preauthorize } = useBatches();
  const why = useWhyNot('batches');
  const { name, run, counts, server } = batch;
  const text = messages.batches;
  const words = text.preauthorize;
  const atServer = isAtServer(batch);
  const nothingLeft = counts.pending === 0 && failedRows(counts) === 0;
  return (
    <>
      <UseOnBench batch={batch} big={false} onBench={onBench} />
      {atServer ? (
        <Button
          variant="default"
          disabled={!up || run?.state === 'cancelling'}
          title={why ?? ''}
          onClick={() => void store.ask('batch.cancel', { name })}
        >
          {words.cancel}
        </Button>
      ) : (
        <Button
          variant="default"
          disabled={!up || counts.created === 0 || server === null}
          title={why ?? ''}
          onClick={() => {
            if (server !== null) open({ kind: 'take-back', batch: name, server });
          }}
        >
          {text.takeBack.go}
        </Button>
      )}
      {atServer ? (
        <Button
          className={bar.start ?? ''}
          data-start="true"
          disabled={!up || run?.state !== 'running'}
          title={why ?? ''}
          onClick={() => void store.ask('batch.pause', { name })}
        >
          {words.pause}
        </Button>
      ) : run === null ? (
        <Button
          className={bar.start ?? ''}
          data-start="true"
          disabled={!up || nothingLeft}
          title={why ?? ''}
          onClick={() => open({ kind: 'preauthorize', batch: name })}
        >
          {words.go}
        </Button>
      ) : (
        <Button
          className={bar.start ?? ''}
          data-start="true"
          disabled={!up}
          title={why ?? ''}
          onClick={() => void preauthorize({ name, server: run.server, resume: true })}
        >
          {words.resume}
        </Button>
      )}
    </>
  );
}
