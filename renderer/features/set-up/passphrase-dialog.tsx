import { Button, PasswordInput } from '@mantine/core';
import type { SubmitEvent, ReactNode } from 'react';
import { SmallDialog } from '../../components/small-dialog.tsx';
import { messages } from '../../messages.ts';
import classes from './set-up.module.css';

/** Asks for the passphrase of imported keys, for one start. */
export function PassphraseDialog({
  onStart,
  onClose,
}: {
  readonly onStart: (passphrase: string) => void;
  readonly onClose: () => void;
}): ReactNode {
  const text = messages.setUp;
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const field = event.currentTarget.elements.namedItem('passphrase');
    if (!(field instanceof HTMLInputElement) || field.value === '') return;
    const passphrase = field.value;
    field.value = '';
    onStart(passphrase);
  };
  return (
    <SmallDialog title={text.passphraseTitle} onClose={onClose}>
      <form className={classes.section} onSubmit={submit} autoComplete="off">
        <PasswordInput
          name="passphrase"
          label={text.passphrase}
          description={text.passphraseText}
          autoComplete="off"
          data-autofocus
        />
        <Button type="submit">{text.start}</Button>
      </form>
    </SmallDialog>
  );
}
