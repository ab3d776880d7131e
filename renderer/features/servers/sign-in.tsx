import { Button, Checkbox, PasswordInput, SegmentedControl, TextInput } from '@mantine/core';
import { useRef, useState, type SubmitEvent, type ReactNode } from 'react';
import type { ErrorReport } from '../../../src/model/job.ts';
import { ErrorPanel } from '../../components/error-panel.tsx';
import { messages } from '../../messages.ts';
import { reportOf } from '../../station.ts';
import { useStore } from '../../store.ts';
import { loginFrom } from './server-form.ts';
import classes from './servers.module.css';

/** Signs in. Password, code and token live in the form's fields alone and are wiped there as soon as they are sent. */
export function SignIn({
  server,
  onDone,
  onCancel,
}: {
  readonly server: string;
  readonly onDone: () => void;
  readonly onCancel: () => void;
}): ReactNode {
  const store = useStore();
  const text = messages.servers;
  const form = useRef<HTMLFormElement>(null);
  const [by, setBy] = useState<'password' | 'token'>('password');
  const [sending, setSending] = useState(false);
  const [missing, setMissing] = useState(false);
  const [error, setError] = useState<ErrorReport | null>(null);
  const otpNeeded = error?.code === 'server/otp-needed';

  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const fields = event.currentTarget;
    const params = loginFrom(server, by, new FormData(fields));
    setMissing(params === null);
    if (params === null) return;
    setSending(true);
    setError(null);
    const answered = store.station.call('server.login', params);
    wipeSecrets(fields);
    answered
      .then(
        async (view) => {
          store.dispatch({ type: 'event', event: { type: 'server', server: view } });
          await store.ask('preferences.set', { server });
          onDone();
        },
        (thrown: unknown) => setError(reportOf(thrown)),
      )
      .finally(() => setSending(false));
  };

  return (
    <form ref={form} className={classes.form} onSubmit={submit} autoComplete="off">
      <SegmentedControl
        fullWidth
        value={by}
        onChange={(value) => setBy(value === 'token' ? 'token' : 'password')}
        data={[
          { value: 'password', label: text.byPassword },
          { value: 'token', label: text.byToken },
        ]}
      />
      {by === 'password' ? (
        <>
          <TextInput name="user" label={text.user} inputMode="email" spellCheck={false} data-autofocus />
          <PasswordInput name="password" label={text.password} autoComplete="off" />
          <TextInput
            name="otp"
            label={text.otp}
            description={text.otpHelp}
            inputMode="numeric"
            autoComplete="one-time-code"
            hidden={!otpNeeded}
            wrapperProps={{ hidden: !otpNeeded }}
          />
        </>
      ) : (
        <PasswordInput
          name="token"
          label={text.token}
          description={text.tokenHelp}
          autoComplete="off"
          data-autofocus
        />
      )}
      <Checkbox name="keep" label={text.keep} description={text.keepHelp} />
      {missing ? (
        <p className={classes.problem} role="alert">
          {by === 'password'
            ? `${text.user}, ${text.password}: ${text.required}`
            : `${text.token}: ${text.required}`}
        </p>
      ) : null}
      <div className={classes.buttons}>
        <Button type="submit" loading={sending}>
          {text.signIn}
        </Button>
        <Button variant="default" onClick={onCancel}>
          {messages.common.cancel}
        </Button>
      </div>
      {error === null ? null : <ErrorPanel error={error} />}
    </form>
  );
}

/** Empties the fields that held something secret. */
function wipeSecrets(form: HTMLFormElement): void {
  for (const name of ['password', 'otp', 'token']) {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLInputElement) field.value = '';
  }
}
