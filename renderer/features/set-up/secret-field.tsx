import { Button, PasswordInput } from '@mantine/core';
import { useState, type SubmitEvent, type ReactNode } from 'react';
import type { ErrorReport } from '../../../src/model/job.ts';
import { ErrorPanel } from '../../components/error-panel.tsx';
import { messages } from '../../messages.ts';
import { reportOf } from '../../station.ts';
import classes from './set-up.module.css';

/**
 * A secret on its way into the station's key store. It lives in the field alone and is wiped there as soon as it is sent;
 * nothing ever fills the field from outside.
 */
export function SecretField({
  label,
  state = null,
  why = null,
  send,
}: {
  readonly label: string;
  /** Whether one is stored, where the station says so. */
  readonly state?: string | null;
  /** Why it cannot be stored by who is at the bench; null where it can. */
  readonly why?: string | null;
  readonly send: (secret: string | null) => Promise<unknown>;
}): ReactNode {
  const text = messages.setUp;
  const [said, setSaid] = useState<string | null>(null);
  const [error, setError] = useState<ErrorReport | null>(null);
  const deliver = (secret: string | null): void => {
    setSaid(null);
    setError(null);
    send(secret).then(
      () => setSaid(secret === null ? text.forgotten : text.stored),
      (thrown: unknown) => setError(reportOf(thrown)),
    );
  };
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const field = event.currentTarget.elements.namedItem('secret');
    if (!(field instanceof HTMLInputElement) || field.value === '') return;
    deliver(field.value);
    field.value = '';
  };
  return (
    <form className={classes.secret} onSubmit={submit} autoComplete="off">
      <PasswordInput
        name="secret"
        className={classes.secretInput ?? ''}
        label={label}
        placeholder={text.credentialPlaceholder}
        autoComplete="off"
        disabled={why !== null}
      />
      <Button type="submit" variant="default" disabled={why !== null}>
        {text.store}
      </Button>
      <Button variant="subtle" color="gray" disabled={why !== null} onClick={() => deliver(null)}>
        {text.forget}
      </Button>
      <p className={classes.said} role="status">
        {[said, state, why].filter((each) => each !== null).join(' ')}
      </p>
      {error === null ? null : <ErrorPanel error={error} />}
    </form>
  );
}
