import { Button } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { messages } from '../../messages.ts';
import { useWhyNot } from '../../rights.ts';
import { useStore } from '../../store.ts';

/** Has a batch take no more boards, asked once more: it cannot be opened again. */
export function CloseBatch({
  name,
  disabled,
}: {
  readonly name: string;
  readonly disabled: boolean;
}): ReactNode {
  const store = useStore();
  const [asked, setAsked] = useState(false);
  const why = useWhyNot('batches');
  const text = messages.batches.closing;
  if (!asked)
    return (
      <Button variant="default" disabled={disabled} title={why ?? ''} onClick={() => setAsked(true)}>
        {text.go}
      </Button>
    );
  const close = async (): Promise<void> => {
    await store.ask('batch.close', { name });
    setAsked(false);
  };
  return (
    <>
      <Button variant="default" autoFocus onClick={() => setAsked(false)}>
        {text.no}
      </Button>
      <Button color="red" disabled={disabled} title={why ?? ''} onClick={() => void close()}>
        {text.yes}
      </Button>
    </>
  );
}
