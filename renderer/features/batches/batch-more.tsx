import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import type { BatchView } from '../../../src/contract/batches.ts';
import { messages } from '../../messages.ts';
import type { OpenPanel } from '../../panel.ts';
import { useWhyNot } from '../../rights.ts';
import { useStore } from '../../store.ts';
import { AskedTwice } from './asked-twice.tsx';
import { isAtServer } from './state.ts';
import { useMayBatches } from './use-batches.ts';
import classes from './batches.module.css';

/** What is seldom done with a batch: a look at its server, its parts for other benches, its end, and taking it off the list. */
export function BatchMore({
  batch,
  open,
}: {
  readonly batch: BatchView;
  readonly open: OpenPanel;
}): ReactNode {
  const store = useStore();
  const may = useMayBatches();
  const why = useWhyNot('batches');
  const whyNotLook = useWhyNot('test');
  const { name, kind, server, share, shares, closed } = batch;
  if (isAtServer(batch)) return null;
  // A part is shared where it is from; a closed batch may still wait for what others made of it.
  const hasParts = share === null && (closed === null || shares.length > 0);
  return (
    <div className={classes.acts}>
      {kind === 'keys' && server !== null ? (
        <Button
          variant="default"
          disabled={whyNotLook !== null}
          title={whyNotLook ?? ''}
          onClick={() => open({ kind: 'reconcile', batch: name, server })}
        >
          {messages.batches.reconcile.go}
        </Button>
      ) : null}
      {hasParts ? (
        <Button
          variant="default"
          disabled={!may}
          title={why ?? ''}
          onClick={() => open({ kind: 'benches', batch: name })}
        >
          {messages.batches.benches.go}
        </Button>
      ) : null}
      {closed === null ? (
        <AskedTwice
          text={messages.batches.closing}
          disabled={!may}
          why={why}
          act={() => store.ask('batch.close', { name })}
        />
      ) : null}
      <AskedTwice
        text={messages.batches.removing(name)}
        disabled={!may}
        why={why}
        act={() => store.ask('batch.remove', { name })}
      />
    </div>
  );
}
