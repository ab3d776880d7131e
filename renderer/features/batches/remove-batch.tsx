import { Button } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { messages } from '../../messages.ts';
import { useWhyNot } from '../../rights.ts';
import { useStore } from '../../store.ts';

/** Takes a batch off the list, asked once more. One that was used stays, and the station says why. */
export function RemoveBatch({
  name,
  disabled,
}: {
  readonly name: string;
  readonly disabled: boolean;
}): ReactNode {
  const store = useStore();
  const [asked, setAsked] = useState(false);
  const why = useWhyNot('batches');
  const text = messages.batches.removing;
  if (!asked)
    return (
      <Button variant="default" disabled={disabled} title={why ?? ''} onClick={() => setAsked(true)}>
        {text.go}
      </Button>
    );
  const remove = async (): Promise<void> => {
    await store.ask('batch.remove', { name });
    setAsked(false);
  };
  return (
    <>
      <Button variant="default" autoFocus onClick={() => setAsked(false)}>
        {text.no}
      </Button>
      <Button color="red" disabled={disabled} onClick={() => void remove()}>
        {text.yes(name)}
      </Button>
    </>
  );
}
