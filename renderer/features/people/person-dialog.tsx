import { Button, PasswordInput } from '@mantine/core';
import { useState, type ReactNode, type SubmitEvent } from 'react';
import type { ErrorReport } from '../../../src/model/job.ts';
import { ErrorPanel } from '../../components/error-panel.tsx';
import { SmallDialog } from '../../components/small-dialog.tsx';
import { messages } from '../../messages.ts';
import { peopleMessages as text } from '../../messages/people.ts';
import { reportOf } from '../../station.ts';
import { useStore, useWindowState } from '../../store.ts';
import { SignInForm } from './sign-in-form.tsx';
import classes from './people.module.css';

/** Who is at the bench: somebody else takes over, it is locked, one's own PIN is changed. */
export function PersonDialog({
  onClose,
  onPeople,
}: {
  readonly onClose: () => void;
  readonly onPeople: () => void;
}): ReactNode {
  const store = useStore();
  const people = useWindowState((state) => state.people);
  const [ownPin, setOwnPin] = useState(false);
  const person = people.people.find(({ name }) => name === people.person);
  return (
    <SmallDialog title={text.personTitle} onClose={onClose}>
      <div className={classes.form}>
        {person === undefined ? null : <p>{text.is(person.name, text.roles[person.role])}</p>}
        <div className={classes.buttons}>
          <Button onClick={() => void store.ask('people.lock', {}).then(onClose)}>{text.lockNow}</Button>
          <Button variant="default" onClick={() => void store.ask('people.sign-out', {}).then(onClose)}>
            {text.signOut}
          </Button>
          <Button variant="default" onClick={() => setOwnPin(!ownPin)} aria-expanded={ownPin}>
            {text.ownPin}
          </Button>
          <Button variant="default" onClick={onPeople}>
            {text.open}
          </Button>
        </div>
        {ownPin ? (
          <OwnPin />
        ) : (
          <section className={classes.section} aria-label={text.change}>
            <h3>{text.change}</h3>
            <p className={classes.soft}>{text.changeHelp}</p>
            <SignInForm onDone={onClose} />
          </section>
        )}
      </div>
    </SmallDialog>
  );
}

function OwnPin(): ReactNode {
  const { station } = useStore();
  const [done, setDone] = useState(false);
  const [error, setError] = useState<ErrorReport | null>(null);
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = event.currentTarget;
    const given = new FormData(form);
    form.reset();
    setDone(false);
    setError(null);
    station.call('people.set-pin', { code: textOf(given, 'code'), pin: textOf(given, 'pin') }).then(
      () => setDone(true),
      (thrown: unknown) => setError(reportOf(thrown)),
    );
  };
  return (
    <form className={classes.form} onSubmit={submit} autoComplete="off">
      <PasswordInput name="code" label={text.codeNow} required autoComplete="off" />
      <PasswordInput name="pin" label={text.newPin} required inputMode="numeric" autoComplete="off" />
      <Button type="submit">{messages.common.save}</Button>
      <p className={classes.soft} role="status">
        {done ? text.pinSet : ''}
      </p>
      {error === null ? null : <ErrorPanel error={error} />}
    </form>
  );
}

function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value : '';
}
