import { Loader, Select } from '@mantine/core';
import type { ReactNode } from 'react';
import type { SlotView } from '../../../src/contract.ts';
import { jobOf } from '../../bench.ts';
import { Choices } from '../../components/choices.tsx';
import { isAtWork } from '../../job-state.ts';
import { messages } from '../../messages.ts';
import type { OpenPanel } from '../../panel.ts';
import type { WindowState } from '../../state.ts';
import { useStore, useWholeState } from '../../store.ts';
import { isUsable, pickedSlot } from './picked-slot.ts';
import { RequestFiles } from './request-files.tsx';
import { WaitingJobs } from './waiting-jobs.tsx';
import classes from './rekey-screen.module.css';

/** Which port the unit is on, and which server it shall belong to. */
export function ChooseUnit({
  reading,
  open,
}: {
  readonly reading: boolean;
  readonly open: OpenPanel;
}): ReactNode {
  const state = useWholeState();
  const store = useStore();
  const text = messages.rekey;
  return (
    <div className={classes.columns}>
      <div className={classes.column}>
        <section className={classes.card} aria-busy={reading}>
          {state.slots.length === 0 ? (
            <p>{text.noPorts}</p>
          ) : (
            <Choices
              legend={text.port}
              name="port"
              choices={state.slots.map((slot) => ({
                value: slot.slot,
                label: `${slot.label} · ${slot.port.replace(/^\/dev\//, '')}`,
                help: presence(state, slot),
                disabled: reading || !isUsable(state, slot),
              }))}
              value={pickedSlot(state)?.slot ?? null}
              onChange={(slot) => store.dispatch({ type: 'rekey', action: { type: 'pick', slot } })}
            />
          )}
        </section>
        {reading ? null : <RequestFiles open={open} />}
      </div>
      <div className={classes.column}>
        <section className={classes.card} aria-label={text.with}>
          <Select
            label={text.server}
            placeholder={text.noServer}
            data={state.servers.map(({ name }) => name)}
            value={state.preferences.server}
            disabled={reading || state.servers.length === 0}
            allowDeselect={false}
            comboboxProps={{ withinPortal: false }}
            onChange={(server) => void store.ask('preferences.set', { server })}
          />
          <Select
            label={text.profile}
            placeholder={messages.command.noProfile}
            data={state.profiles.map(({ name }) => name)}
            value={state.preferences.profile}
            disabled={reading || state.profiles.length === 0}
            allowDeselect={false}
            comboboxProps={{ withinPortal: false }}
            onChange={(profile) => void store.ask('preferences.set', { profile })}
          />
          <p className={classes.reading} role="status">
            {reading ? (
              <>
                <Loader size="sm" /> {messages.rekey.lines.reading.title}
              </>
            ) : null}
          </p>
        </section>
        <WaitingJobs onShow={(job) => store.dispatch({ type: 'rekey', action: { type: 'show', job } })} />
      </div>
    </div>
  );
}

function presence(state: WindowState, slot: SlotView): string {
  if (slot.presence === 'in-job' || isAtWork(jobOf(state, slot))) return messages.rekey.portBusy;
  return slot.error?.message ?? messages.slot.presence[slot.presence].word;
}
