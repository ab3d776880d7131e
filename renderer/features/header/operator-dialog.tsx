import { Button, Modal, TextInput } from '@mantine/core';
import type { FormEvent, ReactNode } from 'react';
import { messages } from '../../messages.ts';
import { useStore, useWindowState } from '../../store.ts';
import classes from './operator-dialog.module.css';

/** Asks who is working; the name stands in the record of each board. */
export function OperatorDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const store = useStore();
  const operator = useWindowState((state) => state.preferences.operator);
  const text = messages.operator;
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const value = new FormData(event.currentTarget).get('operator');
    const name = typeof value === 'string' ? value.trim() : '';
    void store.ask('preferences.set', { operator: name === '' ? null : name });
    onClose();
  };
  return (
    <Modal
      opened
      centered
      title={text.title}
      onClose={onClose}
      transitionProps={{ duration: 0 }}
      closeButtonProps={{ 'aria-label': messages.common.close }}
    >
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
      </form>
    </Modal>
  );
}
