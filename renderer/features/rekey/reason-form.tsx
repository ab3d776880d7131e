import { Select, Textarea, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { REKEY_REASONS } from '../../../src/model/rekey.ts';
import { Choices } from '../../components/choices.tsx';
import { messages } from '../../messages.ts';
import { useStore } from '../../store.ts';
import type { FlowAction, RekeyFlow } from './flow.ts';
import { WaitSelect } from './wait-select.tsx';
import classes from './rekey-screen.module.css';

type Wish = Extract<FlowAction, { readonly type: 'wish' }>['wish'];

/** Why the unit gets a new key, where that comes from, and how long it may wait where the server is not there. */
export function ReasonForm({
  flow,
  offline,
  byLogin,
}: {
  readonly flow: RekeyFlow;
  readonly offline: boolean;
  /** Whether it is accepted in the name of who is signed in here. */
  readonly byLogin: boolean;
}): ReactNode {
  const store = useStore();
  const text = messages.rekey;
  const wish = (part: Wish): void => store.dispatch({ type: 'rekey', action: { type: 'wish', wish: part } });
  return (
    <section className={classes.card} aria-label={text.why}>
      <Choices
        legend={text.why}
        name="reason"
        columns={2}
        choices={REKEY_REASONS.map((value) => ({ value, label: text.reasons[value] }))}
        value={flow.reason}
        onChange={(reason) => wish({ reason })}
      />
      <Textarea
        label={text.words}
        description={flow.reason === 'other' ? `${text.wordsNeeded} ${text.wordsHelp}` : text.wordsHelp}
        rows={2}
        maxLength={2000}
        value={flow.words}
        required={flow.reason === 'other'}
        onChange={(event) => wish({ words: event.currentTarget.value })}
      />
      <TextInput
        label={text.order}
        description={text.orderHelp}
        maxLength={200}
        value={flow.label}
        onChange={(event) => wish({ label: event.currentTarget.value })}
      />
      <div className={classes.pair}>
        <Select
          label={text.newKey}
          data={(['profile', 'board', 'generate'] as const).map((value) => ({
            value,
            label: text.newKeys[value],
          }))}
          value={flow.newKey ?? 'profile'}
          allowDeselect={false}
          comboboxProps={{ withinPortal: false, position: 'top-start' }}
          onChange={(value) => wish({ newKey: value === 'board' || value === 'generate' ? value : null })}
        />
        {offline && byLogin ? (
          <WaitSelect label={text.wait} ms={flow.waitMs} onChange={(waitMs) => wish({ waitMs })} />
        ) : null}
      </div>
    </section>
  );
}
