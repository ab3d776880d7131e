import { Button } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { BatchView } from '../../../src/contract/batches.ts';
import type { InventoryApplied } from '../../../src/contract/inventory.ts';
import { messages } from '../../messages.ts';
import { useWhyNot } from '../../rights.ts';
import { useStore } from '../../store.ts';
import classes from './batches.module.css';

/** What is left to do for name tags, tags and groups of a batch's devices. Nothing where nothing is. */
export function BatchInventory({ batch }: { readonly batch: BatchView }): ReactNode {
  const store = useStore();
  const [asking, setAsking] = useState(false);
  const [applied, setApplied] = useState<InventoryApplied | null>(null);
  const mayRetry = useWhyNot('provision');
  const mayApply = useWhyNot('batches');
  const text = messages.inventory;
  const { name, server, kind, counts, inventory, describes } = batch;
  const canApply = describes && kind === 'keys' && server !== null && counts.created + counts.already > 0;
  if (inventory.failed + inventory.open === 0 && !canApply) return null;
  const apply = async (): Promise<void> => {
    if (server === null) return;
    setAsking(true);
    try {
      setApplied(await store.ask('inventory.apply', { batch: name, server }));
    } finally {
      setAsking(false);
    }
  };
  return (
    <div className={classes.acts}>
      {inventory.failed + inventory.open === 0 ? null : (
        <Button
          variant="default"
          disabled={mayRetry !== null}
          title={mayRetry ?? ''}
          onClick={() => void store.ask('inventory.retry', { batch: name })}
        >
          {text.again}
        </Button>
      )}
      {canApply ? (
        <Button
          variant="default"
          loading={asking}
          disabled={mayApply !== null}
          title={mayApply ?? ''}
          onClick={() => void apply()}
        >
          {text.apply}
        </Button>
      ) : null}
      {applied === null ? null : <p role="status">{text.applied(applied)}</p>}
    </div>
  );
}
