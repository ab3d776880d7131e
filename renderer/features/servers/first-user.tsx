import { Button, Checkbox, PasswordInput, TextInput } from '@mantine/core';
import { useState, type SubmitEvent, type ReactNode } from 'react';
import type { ServerView } from '../../../src/contract.ts';
import { ErrorPanel } from '../../components/error-panel.tsx';
import { messages } from '../../messages.ts';
import { useStore, useWindowState } from '../../store.ts';
import { firstUserFrom } from './server-form.ts';
import { wipeSecrets } from './wipe-secrets.ts';
import { useAsked } from './use-asked.ts';
import classes from './servers.module.css';

/** Makes the first user of a server that has none, and signs in with it. */
export function FirstUser({ server }: { readonly server: string }): ReactNode {
  const { station } = useStore();
  const notKept = useWindowState((state) => state.station?.loginsNotKept ?? null);
  const text = messages.signin;
  const [problem, setProblem] = useState<string | null>(null);
  const made = useAsked<ServerView>();
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const fields = event.currentTarget;
    const params = firstUserFrom(server, new FormData(fields));
    setProblem('problem' in params ? params.problem : null);
    if ('problem' in params) return;
    made.ask(station.call('server.first-user', params));
    wipeSecrets(fields);
  };
  return (
    <form className={classes.pin} onSubmit={submit} autoComplete="off">
      <TextInput
        name="user"
        label={messages.servers.user}
        inputMode="email"
        spellCheck={false}
        data-autofocus
      />
      <PasswordInput name="password" label={text.password} autoComplete="off" />
      <PasswordInput name="again" label={text.again} autoComplete="off" />
      <Checkbox
        name="keep"
        label={messages.servers.keep}
        description={notKept === null ? messages.servers.keepHelp : text.notKept(notKept)}
        disabled={notKept !== null}
      />
      {problem === null ? null : (
        <p className={classes.problem} role="alert">
          {problem}
        </p>
      )}
      <Button type="submit" loading={made.state === 'asking'}>
        {text.firstUser}
      </Button>
      {made.state === 'failed' ? <ErrorPanel error={made.error} /> : null}
    </form>
  );
}
