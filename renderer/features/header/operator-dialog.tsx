import { Button, TextInput } from '@mantine/core';
import type { SubmitEvent, ReactNode } from 'react';
import { SmallDialog } from '../../components/small-dialog.tsx';
import { messages } from '../../messages.ts';
import { useStore, useWindowState } from '../../store.ts';
import classes from './operator-dialog.module.css';

/** Asks who is working; the name stands in the record of each board. */
export function OperatorDialog({
  onClose,
  onPeople,
}: {
  readonly onClose: () => void;
  readonly onPeople: () => void;
}): ReactNode {
  const store = useStore();
  const operator = useWindowState((state) => state.preferences.operator);
  const text = messages.operator;
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const value = new FormData(event.currentTarget).get('operator');
    const name = typeof value === 'string' ? value.trim() : '';
    void store.ask('preferences.set', { operator: name === '' ? null : name });
    onClose();
  };
  return (
    <SmallDialog title={text.title} onClose={onClose}>
      <form className={classes.form} onSubmit={submit} autoComplete="off">
        <TextInput
          name="operator"
          label={text.name}
          description={text.help}
          defaultValue={operator ?? ''}
          maxLength={100}
          data-autofocus
        />
        <Button type="submit">{messages.common.save}</Button>
        <p className={classes.soft}>{messages.people.nobodyYet}</p>
        <Button variant="default" onClick={onPeople}>
          {messages.people.open}
        </Button>
      </form>
    </SmallDialog>
  );
}
