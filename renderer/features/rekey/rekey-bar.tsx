import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { mayIdentify } from '../../bench.ts';
import { Icon } from '../../components/icon.tsx';
import { messages } from '../../messages.ts';
import type { OpenPanel } from '../../panel.ts';
import { whyNot } from '../../rights.ts';
import { useStore, useWholeState } from '../../store.ts';
import { SaveSheet } from '../job/save-sheet.tsx';
import bar from '../bench/command-bar.module.css';
import { acceptanceOf } from './acceptance.ts';
import { isGood, missing, stageOf } from './flow.ts';
import { isUsable, pickedSlot } from './picked-slot.ts';
import { useRekey } from './use-rekey.ts';
import classes from './rekey-bar.module.css';

/** What can be done now. The one big button stands where the bench has its own. */
export function RekeyBar({ open }: { readonly open: OpenPanel }): ReactNode {
  const state = useWholeState();
  const store = useStore();
  const acts = useRekey();
  const text = messages.rekey;
  const { rekey: flow } = state;
  const stage = stageOf(flow);
  const slot = pickedSlot(state);
  const up = state.loaded && state.connection.state === 'up' && state.readOnly === null;
  const view = flow.job.state === 'seen' || flow.job.state === 'lost' ? flow.job.view : null;
  const acceptance = acceptanceOf(state);
  const lacks = missing(flow, acceptance);
  const why = whyNot(state.people, 'rekey');
  const byLogin = acceptance.by === 'login';
  const readable =
    why === null &&
    slot !== null &&
    isUsable(state, slot) &&
    mayIdentify(state) &&
    state.preferences.server !== null;

  const big = (
    label: string,
    onClick: () => void,
    { disabled = false, hint = '' }: { readonly disabled?: boolean; readonly hint?: string } = {},
  ): ReactNode => (
    <Button
      key="big"
      className={bar.start ?? ''}
      data-start="true"
      disabled={disabled}
      onKeyDown={(event) => {
        if (event.repeat) event.preventDefault();
      }}
      onClick={onClick}
    >
      <span className={bar.startText}>
        {label}
        <span className={bar.hint}>{hint}</span>
      </span>
    </Button>
  );
  const small = (label: string, onClick: () => void, disabled = false): ReactNode => (
    <Button
      key={label}
      className={classes.small ?? ''}
      variant="default"
      disabled={disabled}
      onClick={onClick}
    >
      {label}
    </Button>
  );

  const buttons = (): readonly ReactNode[] => {
    switch (stage) {
      case 'choose':
        return [big(text.read, acts.read, { disabled: !readable })];
      case 'reading':
        return [small(text.another, acts.another), big(text.reading, acts.read, { disabled: true })];
      case 'read':
        return [
          small(text.another, acts.another),
          small(text.readAgain, acts.read, !readable),
          big(byLogin ? text.start : messages.requests.start, acts.start, {
            disabled: why !== null || lacks !== null || !up || slot === null,
            hint: lacks !== null ? text.missing[lacks] : byLogin ? text.mayStart : messages.requests.mayStart,
          }),
        ];
      case 'starting':
        return [big(text.starting, acts.another, { disabled: true })];
      case 'running':
        return [
          small(text.cancel, () => acts.cancel(view), !up || view?.state === 'cancelling'),
          big(text.running, acts.another, { disabled: true }),
        ];
      case 'waiting':
        return [small(text.cancel, () => acts.cancel(view), !up), big(text.another, acts.another)];
      case 'requested':
        return [big(text.next, acts.next)];
      case 'lost':
        return [
          small(text.another, acts.another),
          big(text.toUnfinished, () => open({ kind: 'resume' }), {
            disabled: state.interrupted.length === 0,
          }),
        ];
      case 'ended':
        return [
          view?.result ? (
            <SaveSheet
              key={`sheet ${view.job}`}
              className={classes.small ?? ''}
              job={view.job}
              identity={view.identity}
              label={messages.sheet.handOver}
              onError={(error) => store.dispatch({ type: 'notice', error })}
            />
          ) : null,
          view === null ? null : small(text.details, () => open({ kind: 'job', job: view })),
          isGood(view?.result ?? null) ? null : small(text.readAgain, acts.read, !readable),
          big(text.next, acts.next),
        ];
    }
  };
  return (
    <section className={bar.bar} aria-label={messages.command.label}>
      {stage === 'choose' || stage === 'read' ? (
        <Button
          className={bar.setUp ?? ''}
          variant="default"
          leftSection={<Icon name="sliders" />}
          onClick={() => open({ kind: 'set-up' })}
        >
          {messages.command.setUp}
        </Button>
      ) : null}
      <span className={bar.space} />
      {buttons()}
    </section>
  );
}
