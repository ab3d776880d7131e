import { Button, PasswordInput, Select } from '@mantine/core';
import { useEffect, useRef, useState, type ReactNode, type SubmitEvent } from 'react';
import type { ErrorReport } from '../../../src/model/job.ts';
import { useNow } from '../../clock.ts';
import { ErrorPanel } from '../../components/error-panel.tsx';
import { peopleMessages as text } from '../../messages/people.ts';
import { reportOf } from '../../station.ts';
import { useStore, useWindowState } from '../../store.ts';
import classes from './people.module.css';

const BY_BADGE = '';

/**
 * Who is it? A badge reader types and presses Enter: the field for it has the focus as long as no other field of the form
 * wants it, so that a badge can be scanned without a click. The code lives in the field alone and is wiped when it is sent.
 */
export function SignInForm({ onDone }: { readonly onDone?: () => void }): ReactNode {
  const { station } = useStore();
  const people = useWindowState((state) => state.people);
  const now = useNow(1000);
  const field = useRef<HTMLInputElement>(null);
  const [name, setName] = useState(BY_BADGE);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ErrorReport | null>(null);
  const chosen = people.people.find((person) => person.name === name);
  const until = chosen === undefined ? people.badgesWaitUntil : chosen.waitsUntil;
  const waits = until === null ? 0 : Math.ceil((Date.parse(until) - now) / 1000);

  useEffect(() => {
    field.current?.focus();
    const toField = (event: KeyboardEvent): void => {
      const at = document.activeElement;
      const isOurs = at instanceof HTMLElement && at.closest('form, [role="listbox"], button') !== null;
      if (!isOurs && event.key.length === 1) field.current?.focus();
    };
    window.addEventListener('keydown', toField);
    return () => window.removeEventListener('keydown', toField);
  }, []);

  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const code = field.current?.value ?? '';
    if (code === '' || busy || field.current === null) return;
    field.current.value = '';
    setBusy(true);
    setError(null);
    station
      .call('people.sign-in', name === BY_BADGE ? { code } : { name, code })
      .then(
        () => onDone?.(),
        (thrown: unknown) => setError(reportOf(thrown)),
      )
      .finally(() => {
        setBusy(false);
        field.current?.focus();
      });
  };
  return (
    <form className={classes.form} onSubmit={submit} autoComplete="off">
      <Select
        label={text.who}
        data={[
          { value: BY_BADGE, label: text.byBadge },
          ...people.people.map((person) => ({ value: person.name, label: person.name })),
        ]}
        value={name}
        allowDeselect={false}
        comboboxProps={{ withinPortal: false }}
        onChange={(value) => {
          setName(value ?? BY_BADGE);
          setError(null);
          field.current?.focus();
        }}
      />
      <PasswordInput
        ref={field}
        name="code"
        label={text.code}
        description={text.codeHelp}
        maxLength={256}
        autoComplete="off"
      />
      <Button type="submit" disabled={busy || waits > 0}>
        {busy ? text.signingIn : text.signIn}
      </Button>
      <p className={classes.soft} role="status">
        {waits > 0 ? text.waits(waits) : ''}
      </p>
      {error === null ? null : <ErrorPanel error={error} />}
    </form>
  );
}
