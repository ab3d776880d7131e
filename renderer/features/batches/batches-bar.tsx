import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import type { BatchView } from '../../../src/contract/batches.ts';
import { messages } from '../../messages.ts';
import type { OpenPanel } from '../../panel.ts';
import { useStore, useWindowState } from '../../store.ts';
import bar from '../bench/command-bar.module.css';
import { failedRows, isAtServer, openBatch } from './state.ts';
import { useBatches } from './use-batches.ts';

/** What can be done with the batch that is open. The one big button stands where the bench has its own. */
export function BatchesBar({ open }: { readonly open: OpenPanel }): ReactNode {
  const batch = useWindowState((state) => openBatch(state.batches));
  const may = useMay();
  return (
    <section className={bar.bar} aria-label={messages.command.label}>
      <span className={bar.space} />
      {batch?.kind === 'keys' ? <OfKeys batch={batch} may={may} open={open} /> : null}
    </section>
  );
}

/** Whether whoever is at the window may change batches now. */
function useMay(): boolean {
  return useWindowState(
    ({ loaded, connection, readOnly, people }) =>
      loaded && connection.state === 'up' && readOnly === null && people.rights.includes('batches'),
  );
}

function OfKeys({
  batch,
  may: up,
  open,
}: {
  readonly batch: BatchView;
  readonly may: boolean;
  readonly open: OpenPanel;
}): ReactNode {
  const store = useStore();
  const { preauthorize } = useBatches();
  const { name, run, counts, server } = batch;
  const text = messages.batches;
  const words = text.preauthorize;
  const atServer = isAtServer(batch);
  const nothingLeft = counts.pending === 0 && failedRows(counts) === 0;
  return (
    <>
      {atServer ? (
        <Button
          variant="default"
          disabled={!up || run?.state === 'cancelling'}
          onClick={() => void store.ask('batch.cancel', { name })}
        >
          {words.cancel}
        </Button>
      ) : (
        <Button
          variant="default"
          disabled={!up || counts.created === 0 || server === null}
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
          onClick={() => void store.ask('batch.pause', { name })}
        >
          {words.pause}
        </Button>
      ) : run === null ? (
        <Button
          className={bar.start ?? ''}
          data-start="true"
          disabled={!up || nothingLeft}
          onClick={() => open({ kind: 'preauthorize', batch: name })}
        >
          {words.go}
        </Button>
      ) : (
        <Button
          className={bar.start ?? ''}
          data-start="true"
          disabled={!up}
          onClick={() => void preauthorize({ name, server: run.server, resume: true })}
        >
          {words.resume}
        </Button>
      )}
    </>
  );
}
