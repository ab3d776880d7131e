import { ActionIcon, Button, useComputedColorScheme } from '@mantine/core';
import type { ReactNode } from 'react';
import type { ServerView } from '../../../src/contract.ts';
import { currentServer, sessionLeft, unfinished, waitingJobs } from '../../bench.ts';
import { useNow } from '../../clock.ts';
import { Icon } from '../../components/icon.tsx';
import { timeLeft } from '../../format.ts';
import { SESSION_SOON_MS } from '../../guidance.ts';
import { messages } from '../../messages.ts';
import type { OpenPanel, Screen } from '../../panel.ts';
import { whyNot } from '../../rights.ts';
import { useStore, useWholeState, useWindowState } from '../../store.ts';
import classes from './header.module.css';

/** Which station this is, who works, and in whose name boards are accepted and for how long. */
export function Header({
  open,
  screen,
  onScreen,
  onSignIn,
}: {
  readonly open: OpenPanel;
  readonly screen: Screen;
  readonly onScreen: (screen: Screen) => void;
  /** Back to the lock, from looking at a locked bench. */
  readonly onSignIn: () => void;
}): ReactNode {
  const state = useWholeState();
  const text = messages.header;
  const server = currentServer(state);
  const whyNotAdd = state.servers.length === 0 ? whyNot(state.people, 'servers') : null;
  const mayLogIn = whyNot(state.people, 'server-login') === null;
  const operator = state.people.defined ? state.people.person : state.preferences.operator;
  return (
    <header className={classes.header} aria-label={text.label}>
      <div className={classes.brand}>
        <span className={classes.logo}>
          <Icon name="board" size={30} />
        </span>
        <div>
          <h1>{messages.product}</h1>
          <p title={state.station === null ? '' : text.version(state.station.version)}>
            {state.station?.id ?? ' '}
          </p>
        </div>
      </div>
      <Screens screen={screen} onScreen={onScreen} />
      <Rehearsal />
      <span className={classes.space} />
      <Unfinished open={open} />
      <Button
        className={classes.operator ?? ''}
        variant="subtle"
        color="gray"
        leftSection={<Icon name={state.people.locked ? 'lock' : 'person'} />}
        onClick={state.people.locked ? onSignIn : () => open({ kind: 'operator' })}
      >
        {state.people.locked ? messages.people.back : (operator ?? text.noOperator)}
      </Button>
      <Button
        className={classes.server ?? ''}
        variant="default"
        leftSection={<Icon name="server" />}
        disabled={whyNotAdd !== null}
        title={whyNotAdd ?? ''}
        onClick={() =>
          open({
            kind: 'servers',
            view:
              state.servers.length === 0
                ? { at: 'add' }
                : server?.session === null && mayLogIn
                  ? { at: 'sign-in', server: server.name }
                  : { at: 'list' },
          })
        }
      >
        {server === null ? text.noServer : <ServerWords server={server} />}
      </Button>
      <ColorScheme />
    </header>
  );
}

const SCREENS: readonly Screen[] = ['bench', 'rekey', 'batches'];

/** Goes from one screen to another; what runs on the other goes on. */
function Screens({
  screen,
  onScreen,
}: {
  readonly screen: Screen;
  readonly onScreen: (screen: Screen) => void;
}): ReactNode {
  const text = messages.screens;
  return (
    <nav className={classes.screens} aria-label={text.label}>
      {SCREENS.map((each) => (
        <button
          key={each}
          type="button"
          {...(each === screen ? { 'aria-current': 'page' as const } : {})}
          onClick={() => onScreen(each)}
        >
          {text[each]}
        </button>
      ))}
    </nav>
  );
}

/** How many jobs are left to be finished; not there when none is. */
function Unfinished({ open }: { readonly open: OpenPanel }): ReactNode {
  const count = useWindowState((state) => unfinished(state).length + waitingJobs(state).length);
  if (count === 0) return null;
  return (
    <Button
      className={classes.unfinished ?? ''}
      variant="default"
      leftSection={<Icon name="warning" />}
      onClick={() => open({ kind: 'resume' })}
    >
      {messages.resume.badge(count)}
    </Button>
  );
}

function ServerWords({ server }: { readonly server: ServerView }): ReactNode {
  const now = useNow(1000);
  const text = messages.header;
  const left = sessionLeft(server, now);
  const tone =
    server.session === null || (left !== null && left <= 0)
      ? 'out'
      : left !== null && left < SESSION_SOON_MS
        ? 'soon'
        : 'in';
  return (
    <span className={classes.session} data-tone={tone}>
      <span className={classes.who}>{server.session === null ? text.signedOut : server.session.account}</span>
      <span className={classes.where}>
        <span className={classes.name}>{server.name}</span>
        {server.session === null ? null : (
          <span className={classes.left}>
            {server.session.refreshed === true
              ? messages.signin.refreshed
              : left === null
                ? text.noEnd
                : left <= 0
                  ? text.expired
                  : text.timeLeft(timeLeft(left))}
          </span>
        )}
      </span>
    </span>
  );
}

function Rehearsal(): ReactNode {
  const state = useWholeState();
  const store = useStore();
  const text = messages.header;
  if (!state.rehearsal.running) return null;
  return (
    <div className={classes.rehearsal}>
      <span title={text.rehearsalHint}>{text.rehearsal}</span>
      <Button
        size="compact-md"
        variant="subtle"
        onClick={() => {
          void store.ask('rehearsal.stop', {}).then((snapshot) => {
            if (snapshot !== null) store.dispatch({ type: 'snapshot', snapshot });
          });
        }}
      >
        {text.leaveRehearsal}
      </Button>
    </div>
  );
}

function ColorScheme(): ReactNode {
  const { station } = useStore();
  const dark = useComputedColorScheme('light') === 'dark';
  const text = messages.header;
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-label={dark ? text.toLight : text.toDark}
      onClick={() => void station.shell('shell.theme', { theme: dark ? 'light' : 'dark' })}
    >
      <Icon name={dark ? 'sun' : 'moon'} />
    </ActionIcon>
  );
}
