import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { useNow } from '../../clock.ts';
import { Icon, type IconName } from '../../components/icon.tsx';
import { guidance, type GuidanceAction, type Tone } from '../../guidance.ts';
import { messages } from '../../messages.ts';
import { useStore, useWholeState } from '../../store.ts';
import type { OpenPanel } from '../../panel.ts';
import classes from './guidance-strip.module.css';

const ICONS: Record<Tone, IconName> = {
  calm: 'info',
  busy: 'busy',
  good: 'check',
  warn: 'warning',
  bad: 'warning',
};

/** The line under the header that is always there: what is going on, what is in the way, what to do next. */
export function GuidanceStrip({ open }: { readonly open: OpenPanel }): ReactNode {
  const state = useWholeState();
  const store = useStore();
  const now = useNow(1000);
  const { tone, title, text, actions, error } = guidance(state, now);
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
  };
  const words: Record<GuidanceAction, string> = {
    'start-rehearsal': messages.guidance.actions.startRehearsal,
    'add-server': messages.guidance.actions.addServer,
    'sign-in': messages.guidance.actions.signIn,
    'set-up': messages.guidance.actions.setUp,
    restart: messages.guidance.actions.restart,
    details: messages.guidance.actions.details,
    dismiss: messages.common.dismiss,
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
        {actions.map((action) => (
          <Button
            key={action}
            size="md"
            variant={action === 'details' || action === 'dismiss' ? 'default' : 'filled'}
            onClick={act[action]}
          >
            {words[action]}
          </Button>
        ))}
      </div>
    </section>
  );
}

/** Starts the rehearsal bench; the station has set server and profile when this resolves. */
export async function startRehearsal(store: ReturnType<typeof useStore>): Promise<void> {
  const snapshot = await store.ask('rehearsal.start', {});
  if (snapshot !== null) store.dispatch({ type: 'snapshot', snapshot });
}
