import { Button } from '@mantine/core';
import { useState, type ReactNode } from 'react';

/** A button whose press is asked for once more, since nothing takes it back: the way out stands first, and has the focus. */
export function AskedTwice({
  text,
  disabled,
  why,
  act,
}: {
  readonly text: { readonly go: string; readonly yes: string; readonly no: string };
  readonly disabled: boolean;
  /** Why whoever is here may not press it; null where they may. */
  readonly why: string | null;
  /** Resolves also where it was refused: whoever asks the station tells that. */
  readonly act: () => Promise<unknown>;
}): ReactNode {
  const [asked, setAsked] = useState(false);
  const hindered = { disabled, title: why ?? '' };
  if (!asked)
    return (
      <Button variant="default" {...hindered} onClick={() => setAsked(true)}>
        {text.go}
      </Button>
    );
  return (
    <>
      <Button variant="default" autoFocus onClick={() => setAsked(false)}>
        {text.no}
      </Button>
      <Button color="red" {...hindered} onClick={() => void act().then(() => setAsked(false))}>
        {text.yes}
      </Button>
    </>
  );
}
