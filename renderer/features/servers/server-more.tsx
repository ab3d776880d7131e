import { Button } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { ServerView } from '../../../src/contract.ts';
import { messages } from '../../messages.ts';
import type { OpenPanel } from '../../panel.ts';
import { useWhyNot } from '../../rights.ts';
import { useStore } from '../../store.ts';
import { SecretField } from '../set-up/secret-field.tsx';
import { FirstUser } from './first-user.tsx';
import { ServerKey } from './server-key.tsx';
import { ShiftCheck } from './shift-check.tsx';
import { useAsked } from './use-asked.ts';
import { ErrorPanel } from '../../components/error-panel.tsx';
import classes from './servers.module.css';

type Opened = 'shift' | 'key' | 'api-key' | 'first-user' | null;

/** What a server is asked less often: before a shift, when its key has changed, for its organization, for its first user, beside the record. */
export function ServerMore({
  server,
  empty,
  open,
}: {
  readonly server: ServerView;
  /** Whether its last test found it without a user. */
  readonly empty: boolean;
  readonly open: OpenPanel;
}): ReactNode {
  const { station } = useStore();
  const text = messages.signin;
  const whyNotTest = useWhyNot('test');
  const why = useWhyNot('servers');
  const whyNotCompare = whyNotTest ?? (server.session === null ? text.notSignedIn : null);
  const [opened, setOpened] = useState<Opened>(null);
  const organization = useAsked<ServerView>();
  const toggle = (which: Exclude<Opened, null>): void => setOpened((now) => (now === which ? null : which));
  return (
    <>
      {empty && server.session === null ? <p>{text.empty}</p> : null}
      <div className={classes.buttons}>
        <Button
          variant="default"
          disabled={whyNotTest !== null}
          title={whyNotTest ?? ''}
          aria-expanded={opened === 'shift'}
          onClick={() => toggle('shift')}
        >
          {text.shift}
        </Button>
        {server.simulated || !server.url.startsWith('https:') ? null : (
          <Button
            variant="default"
            disabled={why !== null}
            title={why ?? ''}
            aria-expanded={opened === 'key'}
            onClick={() => toggle('key')}
          >
            {text.key}
          </Button>
        )}
        {server.kind !== 'mender' || server.simulated ? null : (
          <Button
            variant="default"
            disabled={whyNotCompare !== null}
            title={whyNotCompare ?? ''}
            onClick={() => open({ kind: 'reconcile', batch: null, server: server.name })}
          >
            {messages.batches.reconcile.goRecord}
          </Button>
        )}
        {server.session === null || server.simulated ? null : (
          <Button
            variant="default"
            loading={organization.state === 'asking'}
            disabled={why !== null}
            title={why ?? ''}
            onClick={() => organization.ask(station.call('server.read-tenant-token', { name: server.name }))}
          >
            {text.organization}
          </Button>
        )}
        {server.kind === 'mic' && !server.simulated ? (
          <Button
            variant="default"
            disabled={why !== null}
            title={why ?? ''}
            aria-expanded={opened === 'api-key'}
            onClick={() => toggle('api-key')}
          >
            {messages.mic.storeKey}
          </Button>
        ) : null}
        {empty && server.session === null ? (
          <Button
            disabled={why !== null}
            title={why ?? ''}
            aria-expanded={opened === 'first-user'}
            onClick={() => toggle('first-user')}
          >
            {text.firstUser}
          </Button>
        ) : null}
      </div>
      {organization.state === 'failed' ? <ErrorPanel error={organization.error} /> : null}
      {organization.state === 'done' ? <p role="status">{text.organizationRead}</p> : null}
      {opened === 'shift' ? <ShiftCheck server={server.name} /> : null}
      {opened === 'key' ? <ServerKey server={server.name} /> : null}
      {opened === 'api-key' ? (
        <div className={classes.pin}>
          <p className={classes.soft}>{messages.mic.storeKeyHelp}</p>
          <SecretField
            label={messages.mic.apiKey}
            why={why}
            send={(key) => station.call('server.api-key', { name: server.name, key: key?.trim() ?? null })}
          />
        </div>
      ) : null}
      {opened === 'first-user' && server.session === null ? <FirstUser server={server.name} /> : null}
    </>
  );
}
