import { Button, Loader } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { DoctorLine, ServerView } from '../../../src/contract.ts';
import type { ErrorReport } from '../../../src/model/job.ts';
import { sessionLeft } from '../../bench.ts';
import { useNow } from '../../clock.ts';
import { ErrorPanel } from '../../components/error-panel.tsx';
import { Findings } from '../../components/findings.tsx';
import { timeLeft } from '../../format.ts';
import { messages } from '../../messages.ts';
import type { OpenPanel, ServersView } from '../../panel.ts';
import { useWhyNot } from '../../rights.ts';
import { reportOf } from '../../station.ts';
import { useStore, useWindowState } from '../../store.ts';
import { ServerMore } from './server-more.tsx';
import classes from './servers.module.css';

export function ServerList({
  show,
  open,
}: {
  readonly show: (view: ServersView) => void;
  readonly open: OpenPanel;
}): ReactNode {
  const servers = useWindowState((state) => state.servers);
  const used = useWindowState((state) => state.preferences.server);
  const text = messages.servers;
  const why = useWhyNot('servers');
  return (
    <>
      {servers.length === 0 ? <p>{text.none}</p> : null}
      <ul className={classes.list}>
        {servers.map((server) => (
          <ServerItem key={server.name} server={server} used={server.name === used} show={show} open={open} />
        ))}
      </ul>
      <Button variant="default" disabled={why !== null} title={why ?? ''} onClick={() => show({ at: 'add' })}>
        {text.add}
      </Button>
    </>
  );
}

/** As long as the longest jobs may take: the station says the same of such logins. */
const SHORT_LOGIN_MS = 600_000;

type Test =
  | { readonly state: 'none' | 'running' }
  | { readonly state: 'done'; readonly lines: readonly DoctorLine[]; readonly empty: boolean }
  | { readonly state: 'failed'; readonly error: ErrorReport };

function ServerItem({
  server,
  used,
  show,
  open,
}: {
  readonly server: ServerView;
  readonly used: boolean;
  readonly show: (view: ServersView) => void;
  readonly open: OpenPanel;
}): ReactNode {
  const store = useStore();
  const text = messages.servers;
  const [test, setTest] = useState<Test>({ state: 'none' });
  const [removing, setRemoving] = useState(false);
  const whyNotLogin = useWhyNot('server-login');
  const whyNotRemove = useWhyNot('servers');
  const whyNotTest = useWhyNot('test');
  const whyNotUse = useWhyNot('provision');
  const run = (): void => {
    setTest({ state: 'running' });
    store.station.call('server.test', { name: server.name }).then(
      ({ lines, empty }) => setTest({ state: 'done', lines, empty }),
      (thrown: unknown) => setTest({ state: 'failed', error: reportOf(thrown) }),
    );
  };
  return (
    <li className={classes.item} data-used={used}>
      <div className={classes.itemHead}>
        <h3>{server.name}</h3>
        {server.simulated ? <span className={classes.tag}>{text.simulated}</span> : null}
        {used ? <span className={classes.used}>{text.inUse}</span> : null}
      </div>
      <p className={classes.url}>{server.url}</p>
      <p className={classes.soft}>{text.trust[server.trust.by]}</p>
      <Session server={server} />
      <div className={classes.buttons}>
        {used ? null : (
          <Button
            disabled={whyNotUse !== null}
            title={whyNotUse ?? ''}
            onClick={() => void store.ask('preferences.set', { server: server.name })}
          >
            {text.use}
          </Button>
        )}
        {server.session === null ? (
          <Button
            variant={used ? 'filled' : 'default'}
            disabled={whyNotLogin !== null}
            title={whyNotLogin ?? ''}
            onClick={() => show({ at: 'sign-in', server: server.name })}
          >
            {text.signIn}
          </Button>
        ) : (
          <Button
            variant="default"
            disabled={whyNotLogin !== null}
            title={whyNotLogin ?? ''}
            onClick={() => void store.ask('server.logout', { name: server.name })}
          >
            {text.signOut}
          </Button>
        )}
        <Button
          variant="default"
          disabled={test.state === 'running' || whyNotTest !== null}
          title={whyNotTest ?? ''}
          onClick={run}
        >
          {text.test}
        </Button>
        <Button
          variant="subtle"
          className={classes.danger ?? ''}
          disabled={whyNotRemove !== null}
          title={whyNotRemove ?? ''}
          onClick={() => setRemoving(true)}
        >
          {text.remove}
        </Button>
      </div>
      {removing ? (
        <div className={classes.sure} role="alertdialog" aria-label={text.removeSure(server.name)}>
          <p>{text.removeSure(server.name)}</p>
          <Button
            className={classes.dangerFilled ?? ''}
            onClick={() => void store.ask('server.remove', { name: server.name })}
          >
            {text.remove}
          </Button>
          <Button variant="default" autoFocus onClick={() => setRemoving(false)}>
            {messages.common.cancel}
          </Button>
        </div>
      ) : null}
      <ServerMore server={server} empty={test.state === 'done' && test.empty} open={open} />
      {test.state === 'running' ? <Loader size="sm" /> : null}
      {test.state === 'done' ? <Findings lines={test.lines} /> : null}
      {test.state === 'failed' ? <ErrorPanel error={test.error} /> : null}
    </li>
  );
}

function Session({ server }: { readonly server: ServerView }): ReactNode {
  const now = useNow(1000);
  const text = messages.servers;
  if (server.session === null) return <p className={classes.soft}>{messages.header.signedOut}</p>;
  const { account, kept, refreshed, lastsMs } = server.session;
  const left = sessionLeft(server, now);
  const ends =
    refreshed === true
      ? messages.signin.refreshed
      : left === null
        ? messages.header.noEnd
        : left <= 0
          ? messages.header.expired
          : text.ends(timeLeft(left));
  return (
    <>
      <p title={refreshed === true ? messages.signin.refreshedHelp : undefined}>
        {text.account(account)},{' '}
        <span className={classes.soft}>
          {ends}, {kept ? text.kept : text.notKept}
        </span>
      </p>
      {lastsMs !== undefined && lastsMs < SHORT_LOGIN_MS ? (
        <p className={classes.soft}>{messages.signin.short(Math.round(lastsMs / 60_000))}</p>
      ) : null}
    </>
  );
}
