import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import type { ServerView } from '../../../src/contract.ts';
import { useNow } from '../../clock.ts';
import { Icon, type IconName } from '../../components/icon.tsx';
import type { Guidance, GuidanceAction, Tone } from '../../guidance.ts';
import { messages } from '../../messages.ts';
import type { Right } from '../../../src/model/rights.ts';
import type { OpenPanel } from '../../panel.ts';
import { whyNot } from '../../rights.ts';
import type { WindowState } from '../../state.ts';
import { useStore, useWholeState } from '../../store.ts';
import classes from './guidance-strip.module.css';

const ICONS: Record<Tone, IconName> = {
  calm: 'info',
  busy: 'busy',
  good: 'check',
  warn: 'warning',
  bad: 'warning',
};

/** What is offered and not urged. */
const QUIET: readonly GuidanceAction[] = ['details', 'dismiss', 'unfinished', 'plan'];

/** What an action takes, where the screen that it leads to would be of no use without. */
const TAKES: Partial<Record<GuidanceAction, Right>> = {
  'start-rehearsal': 'rehearse',
  'add-server': 'servers',
  'sign-in': 'server-login',
  finish: 'provision',
};

/** The line under the header that is always there: what is going on, what is in the way, what to do next. */
export function GuidanceStrip({
  line,
  open,
  onPlan,
}: {
  /** What the screen has to say. */
  readonly line: (state: WindowState, now: number) => Guidance;
  readonly open: OpenPanel;
  /** Shows what the big button would do. */
  readonly onPlan: () => void;
}): ReactNode {
  const state = useWholeState();
  const store = useStore();
  const now = useNow(1000);
  const { tone, title, text, actions, error } = line(state, now);
  const server = state.preferences.server;
  const act: Record<GuidanceAction, () => void> = {
    'start-rehearsal': () => void startRehearsal(store),
    'add-server': () => open({ kind: 'servers', view: { at: 'add' } }),
    'sign-in': () =>
      open({
        kind: 'servers',
        view: server === null ? { at: 'list' } : { at: 'sign-in', server },
      }),
    'set-up': () => open({ kind: 'set-up' }),
    restart: () => void store.station.shell('shell.restart', {}),
    details: () => {
      if (error !== null) open({ kind: 'error', error });
    },
    dismiss: () => store.dispatch({ type: 'notice', error: null }),
    finish: () => {
      void store.finish().then((refusal) => {
        if (refusal !== null) store.dispatch({ type: 'notice', error: refusal });
      });
    },
    unfinished: () => open({ kind: 'resume' }),
    plan: onPlan,
  };
  const words: Record<GuidanceAction, string> = {
    'start-rehearsal': messages.guidance.actions.startRehearsal,
    'add-server': messages.guidance.actions.addServer,
    'sign-in': messages.guidance.actions.signIn,
    'set-up': messages.guidance.actions.setUp,
    restart: messages.guidance.actions.restart,
    details: messages.guidance.actions.details,
    dismiss: messages.common.dismiss,
    finish: messages.guidance.actions.finish,
    unfinished: messages.guidance.actions.unfinished,
    plan: messages.guidance.actions.plan,
  };
  return (
    <section className={classes.strip} data-tone={tone} aria-label={messages.guidance.label}>
      <span className={classes.icon}>
        <Icon name={ICONS[tone]} size={28} />
      </span>
      <div className={classes.words} role={tone === 'bad' ? 'alert' : 'status'}>
        <p className={classes.title}>{title}</p>
        <p className={classes.text}>{text}</p>
      </div>
      <div className={classes.actions}>
        {actions.map((action) => {
          const right = TAKES[action];
          const why = right === undefined ? null : whyNot(state.people, right);
          return (
            <Button
              key={action}
              size="md"
              variant={QUIET.includes(action) ? 'default' : 'filled'}
              disabled={why !== null}
              title={why ?? ''}
              onClick={act[action]}
            >
              {words[action]}
            </Button>
          );
        })}
      </div>
    </section>
  );
}

/** Starts the rehearsal bench; the station has set server and profile when this resolves. `kind`: of its server. */
export async function startRehearsal(
  store: ReturnType<typeof useStore>,
  kind: ServerView['kind'] = 'mender',
): Promise<void> {
  const snapshot = await store.ask('rehearsal.start', { kind });
  if (snapshot !== null) store.dispatch({ type: 'snapshot', snapshot });
}
