import { Button, Select, TextInput } from '@mantine/core';
import type { SubmitEvent, ReactNode } from 'react';
import type { ShiftCheck as Report } from '../../../src/contract/servers.ts';
import { ErrorPanel } from '../../components/error-panel.tsx';
import { Findings } from '../../components/findings.tsx';
import { when } from '../../format.ts';
import { messages } from '../../messages.ts';
import { useStore, useWindowState } from '../../store.ts';
import { useBatchList } from '../batches/use-batches.ts';
import { shiftFrom } from './server-form.ts';
import { useAsked } from './use-asked.ts';
import classes from './servers.module.css';

/** Whether a shift can begin at a server: what would stop the bench in the middle of it is found before. */
export function ShiftCheck({ server }: { readonly server: string }): ReactNode {
  const { station } = useStore();
  useBatchList();
  const batches = useWindowState((state) => state.batches.list);
  const text = messages.signin;
  const check = useAsked<Report>();
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    check.ask(station.call('shift.check', shiftFrom(server, new FormData(event.currentTarget), new Date())));
  };
  return (
    <form className={classes.pin} onSubmit={submit} autoComplete="off">
      <TextInput name="hours" label={text.shiftHours} inputMode="numeric" defaultValue="8" data-autofocus />
      <TextInput name="until" type="time" label={text.shiftUntil} description={text.shiftUntilHelp} />
      {batches.length === 0 ? null : (
        <Select
          name="batch"
          label={text.shiftBatch}
          placeholder={text.shiftNoBatch}
          data={batches.map(({ name }) => name)}
          clearable
          comboboxProps={{ withinPortal: false }}
        />
      )}
      <TextInput name="units" label={text.shiftUnits} description={text.shiftUnitsHelp} inputMode="numeric" />
      <Button type="submit" loading={check.state === 'asking'}>
        {text.shiftCheck}
      </Button>
      {check.state === 'failed' ? <ErrorPanel error={check.error} /> : null}
      {check.state === 'done' ? <Outcome report={check.answer} /> : null}
    </form>
  );
}

function Outcome({ report: { until, lines } }: { readonly report: Report }): ReactNode {
  const text = messages.signin;
  const bad = lines.filter(({ state }) => state === 'bad').length;
  const end = when(until, new Date());
  return (
    <>
      <p role="status">{bad === 0 ? text.shiftGood(end) : text.shiftBad(bad, end)}</p>
      <Findings lines={lines} />
    </>
  );
}
