import { Button, Checkbox, PasswordInput, SegmentedControl, TextInput } from '@mantine/core';
import { useRef, useState, type SubmitEvent, type ReactNode } from 'react';
import type { ErrorReport } from '../../../src/model/job.ts';
import { ErrorPanel } from '../../components/error-panel.tsx';
import { messages } from '../../messages.ts';
import { useWhyNot } from '../../rights.ts';
import { reportOf } from '../../station.ts';
import { useStore, useWindowState } from '../../store.ts';
import { loginFrom } from './server-form.ts';
import { wipeSecrets } from './wipe-secrets.ts';
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
  const [by, setBy] = useState<By>('password');
  const [sending, setSending] = useState(false);
  const [missing, setMissing] = useState(false);
  const [error, setError] = useState<ErrorReport | null>(null);
  /** The password was right, and only the code is missing. */
  const [codeWanted, setCodeWanted] = useState(false);
  const why = useWhyNot('server-login');
  const isMic = useWindowState((state) =>
    state.servers.some(({ name, kind }) => name === server && kind === 'mic'),
  );
  const notKept = useWindowState((state) => state.station?.loginsNotKept ?? null);

  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const fields = event.currentTarget;
    const params = loginFrom(server, codeWanted ? 'code' : by, new FormData(fields));
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
        (thrown: unknown) => {
          const report = reportOf(thrown);
          setError(report);
          setCodeWanted(report.code === 'server/otp-needed');
          if (report.code === 'server/single-sign-on') setBy('token');
        },
      )
      .finally(() => setSending(false));
  };

  return (
    <form ref={form} className={classes.form} onSubmit={submit} autoComplete="off">
      {codeWanted ? (
        <>
          <h3>{messages.signin.codeTitle(server)}</h3>
          <TextInput
            name="otp"
            label={text.otp}
            description={`${text.otpHelp} ${messages.signin.codeHelp}`}
            inputMode="numeric"
            autoComplete="one-time-code"
            autoFocus
          />
        </>
      ) : (
        <Account by={by} onBy={setBy} isMic={isMic} />
      )}
      <Checkbox
        name="keep"
        label={text.keep}
        description={notKept === null ? text.keepHelp : messages.signin.notKept(notKept)}
        disabled={notKept !== null}
      />
      {missing ? (
        <p className={classes.problem} role="alert">
          {codeWanted
            ? `${text.otp}: ${text.required}`
            : by === 'password'
              ? `${isMic ? messages.mic.userName : text.user}, ${text.password}: ${text.required}`
              : `${text.token}: ${text.required}`}
        </p>
      ) : null}
      <div className={classes.buttons}>
        <Button type="submit" loading={sending} disabled={why !== null} title={why ?? ''}>
          {text.signIn}
        </Button>
        <Button variant="default" onClick={codeWanted ? () => setCodeWanted(false) : onCancel}>
          {codeWanted ? messages.signin.codeBack : messages.common.cancel}
        </Button>
      </div>
      {error === null ? null : <ErrorPanel error={error} />}
    </form>
  );
}

type By = 'password' | 'token';

/** E-mail and password, or a personal access token: equal ways in. A stack of MIC has user names, and no tokens. */
function Account({
  by,
  onBy,
  isMic,
}: {
  readonly by: By;
  readonly onBy: (by: By) => void;
  readonly isMic: boolean;
}): ReactNode {
  const text = messages.servers;
  if (isMic)
    return (
      <>
        <TextInput name="user" label={messages.mic.userName} spellCheck={false} data-autofocus />
        <PasswordInput name="password" label={text.password} autoComplete="off" />
      </>
    );
  return (
    <>
      <SegmentedControl
        fullWidth
        value={by}
        onChange={(value) => onBy(value === 'token' ? 'token' : 'password')}
        data={[
          { value: 'password', label: text.byPassword },
          { value: 'token', label: text.byToken },
        ]}
      />
      {by === 'password' ? (
        <>
          <TextInput name="user" label={text.user} inputMode="email" spellCheck={false} data-autofocus />
          <PasswordInput name="password" label={text.password} autoComplete="off" />
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
    </>
  );
}
