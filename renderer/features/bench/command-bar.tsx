import { Button, Select } from '@mantine/core';
import type { KeyboardEvent, ReactNode } from 'react';
import { isPlace, jobOf, obstacle, rightToStart, tally, toStart } from '../../bench.ts';
import { isAtWork } from '../../job-state.ts';
import { useNow } from '../../clock.ts';
import { Icon } from '../../components/icon.tsx';
import { messages } from '../../messages.ts';
import type { OpenPanel } from '../../panel.ts';
import { whyNot } from '../../rights.ts';
import { useStore, useWholeState } from '../../store.ts';
import { KEY_CHOICES, type KeyChoice } from './key-choice.ts';
import classes from './command-bar.module.css';

interface Props {
  readonly keyChoice: KeyChoice;
  readonly onKeyChoice: (choice: KeyChoice) => void;
  readonly onStart: () => void;
  readonly open: OpenPanel;
}

/** What to use and the one big button, always at the same place. */
export function CommandBar({ keyChoice, onKeyChoice, onStart, open }: Props): ReactNode {
  const state = useWholeState();
  const store = useStore();
  const now = useNow(1000);
  const text = messages.command;
  const ready = toStart(state).length;
  const counts = tally(state);
  const places = state.slots.filter((slot) => isPlace(state, slot)).length;
  const blocked = obstacle(state, now) !== null;
  const why = whyNot(state.people, 'provision');
  const lacking = rightToStart(state);
  const whyNotStart = lacking === null ? null : whyNot(state.people, lacking);
  const running = state.slots.map((slot) => jobOf(state, slot)).filter((job) => isAtWork(job));
  const ended = state.slots.filter((slot) => jobOf(state, slot)?.state === 'ended');
  const which = state.selected.length > 0 ? 'marked' : ready === places ? 'all' : 'some';
  const busy = ready === 0 && counts.running > 0;
  return (
    <section className={classes.bar} aria-label={text.label}>
      <ProfileSelect open={open} />
      <KeySelect choice={keyChoice} onChoice={onKeyChoice} open={open} />
      <Button
        className={classes.setUp ?? ''}
        variant="default"
        leftSection={<Icon name="sliders" />}
        onClick={() => open({ kind: 'set-up' })}
      >
        {text.setUp}
      </Button>
      <span className={classes.space} />
      {running.length > 0 ? (
        <Button
          className={classes.second ?? ''}
          variant="default"
          leftSection={<Icon name="stop" />}
          disabled={state.connection.state !== 'up' || why !== null}
          title={why ?? ''}
          onClick={() => {
            for (const job of running) void store.ask('job.cancel', { job: job.job });
          }}
        >
          {text.cancelAll}
        </Button>
      ) : (
        <Button
          className={classes.second ?? ''}
          variant="default"
          disabled={ended.length === 0 || state.connection.state !== 'up' || why !== null}
          title={why ?? ''}
          onClick={() => {
            for (const slot of ended) void store.ask('slot.clear', { slot: slot.slot });
          }}
        >
          {text.clear}
        </Button>
      )}
      <Button
        className={classes.start ?? ''}
        data-start="true"
        disabled={blocked || ready === 0 || state.cooling}
        title={whyNotStart ?? ''}
        onKeyDown={ignoreHeldKey}
        onClick={onStart}
      >
        <span className={classes.startText}>
          {busy ? text.running(counts.running) : text.start(ready, which)}
          <span className={classes.hint}>{text.spaceBar}</span>
        </span>
      </Button>
    </section>
  );
}

/** A key that is held would press the button again and again. */
function ignoreHeldKey(event: KeyboardEvent): void {
  if (event.repeat) event.preventDefault();
}

function ProfileSelect({ open }: { readonly open: OpenPanel }): ReactNode {
  const state = useWholeState();
  const store = useStore();
  const why = whyNot(state.people, 'provision');
  const text = messages.command;
  const helps = new Map(state.profiles.map(({ name, description }) => [name, description]));
  return (
    <Select
      className={classes.pick ?? ''}
      label={text.profile}
      placeholder={text.noProfile}
      data={state.profiles.map(({ name }) => name)}
      value={state.preferences.profile}
      disabled={state.profiles.length === 0 || state.connection.state !== 'up' || why !== null}
      title={why ?? ''}
      allowDeselect={false}
      comboboxProps={{ width: 380, position: 'top-start', withinPortal: false }}
      maxDropdownHeight={560}
      renderOption={({ option }) => <Option title={option.value} help={helps.get(option.value) ?? ''} />}
      onChange={(profile) => {
        if (profile === null) open({ kind: 'set-up' });
        else void store.ask('preferences.set', { profile });
      }}
    />
  );
}

function KeySelect({
  choice,
  onChoice,
  open,
}: {
  readonly choice: KeyChoice;
  readonly onChoice: (choice: KeyChoice) => void;
  readonly open: OpenPanel;
}): ReactNode {
  return (
    <Select
      className={classes.pick ?? ''}
      label={messages.command.key}
      data={KEY_CHOICES.map((value) => ({ value, label: messages.keys[value].label }))}
      value={choice.from}
      allowDeselect={false}
      comboboxProps={{ width: 420, position: 'top-start', withinPortal: false }}
      maxDropdownHeight={560}
      renderOption={({ option }) => {
        const known = KEY_CHOICES.find((value) => value === option.value);
        return <Option title={option.label} help={known === undefined ? '' : messages.keys[known].help} />;
      }}
      onChange={(value) => {
        const from = KEY_CHOICES.find((known) => known === value);
        if (from === undefined) return;
        onChoice({ ...choice, from });
        if (from === 'import') open({ kind: 'set-up' });
      }}
    />
  );
}

function Option({ title, help }: { readonly title: string; readonly help: string }): ReactNode {
  return (
    <div className={classes.option}>
      <span>{title}</span>
      <span className={classes.help}>{help}</span>
    </div>
  );
}
