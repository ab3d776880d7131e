import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import type { RecordView } from '../../../src/contract.ts';
import type { InventoryStanding } from '../../../src/model/inventory.ts';
import { ErrorPanel } from '../../components/error-panel.tsx';
import { messages } from '../../messages.ts';
import { useWhyNot } from '../../rights.ts';
import { useStore } from '../../store.ts';

/** What a device is called, and how far that is. */
export function inventoryWords({ state, tags, group }: InventoryStanding): string {
  const text = messages.inventory;
  const words = [
    ...Object.entries(tags).map(([name, value]) => `${name}=${value}`),
    ...(group === null ? [] : [text.group(group)]),
  ];
  return text.named(text.states[state], words.join(', '));
}

/** Why the device of a record was not given its tags and group, with a way to have it tried again. Nothing where it was. */
export function InventoryFailure({ record }: { readonly record: RecordView }): ReactNode {
  const store = useStore();
  const hindered = useWhyNot('provision');
  const error = record.inventory?.error ?? null;
  if (error === null) return null;
  return (
    <>
      <ErrorPanel error={error} quiet />
      <div>
        <Button
          variant="default"
          disabled={hindered !== null}
          title={hindered ?? ''}
          onClick={() => void store.ask('inventory.retry', { job: record.job })}
        >
          {messages.inventory.again}
        </Button>
      </div>
    </>
  );
}
