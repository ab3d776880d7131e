import { Button, Checkbox, Select } from '@mantine/core';
import { useEffect, useState, type ReactNode } from 'react';
import type { CallInput } from '../../../src/contract.ts';
import { currentServer } from '../../bench.ts';
import { ErrorPanel } from '../../components/error-panel.tsx';
import { SidePanel } from '../../components/side-panel.tsx';
import { messages } from '../../messages.ts';
import type { OpenPanel } from '../../panel.ts';
import { useStore, useWholeState } from '../../store.ts';
import { failedRows } from './state.ts';
import { useBatches } from './use-batches.ts';
import classes from './batches.module.css';

/** The server whose limit leaves no room for all rows of a batch. */
const NO_ROOM = 'batch/over-limit';

/** Where the rows of a batch are sent, and which of them. Closes by itself once the run has begun. */
export function PreauthorizePanel({
  name,
  open,
  onClose,
}: {
  readonly name: string;
  readonly open: OpenPanel;
  readonly onClose: () => void;
}): ReactNode {
  const state = useWholeState();
  const store = useStore();
  const { preauthorize } = useBatches();
  const [retry, setRetry] = useState(false);
  const [forceRekey, setForce] = useState(false);
  const text = messages.batches.preauthorize;
  const server = currentServer(state);
  const batch = state.batches.list.find((each) => each.name === name) ?? null;
  const asked = state.batches.runs[name] ?? null;
  const began = asked?.state === 'asked' && batch?.run?.state === 'running';
  useEffect(() => {
    if (began) onClose();
  }, [began, onClose]);
  if (batch === null || server === null) return null;
  const failed = failedRows(batch.counts);
  const call = {
    name,
    server: server.name,
    retry,
    forceRekey,
  } satisfies CallInput<'batch.preauthorize'>;
  const start = (ignoreLimit: boolean): void => {
    void preauthorize({ ...call, ignoreLimit });
  };
  return (
    <SidePanel title={text.title(name)} onClose={onClose}>
      <p className={classes.plain}>{text.toSend(batch.counts.pending + (retry ? failed : 0))}</p>
      <Select
        label={text.server}
        data={state.servers.map((each) => each.name)}
        value={server.name}
        disabled={asked?.state === 'asked'}
        allowDeselect={false}
        comboboxProps={{ withinPortal: false }}
        onChange={(chosen) => void store.ask('preferences.set', { server: chosen })}
      />
      {failed === 0 ? null : (
        <Checkbox
          label={text.retry(failed)}
          checked={retry}
          onChange={(event) => setRetry(event.currentTarget.checked)}
        />
      )}
      <Checkbox
        label={text.force}
        description={text.forceHelp}
        checked={forceRekey}
        onChange={(event) => setForce(event.currentTarget.checked)}
      />
      {asked?.state === 'refused' ? <ErrorPanel error={asked.error} /> : null}
      {server.session === null ? (
        <div className={classes.acts}>
          <p className={classes.plain}>{text.signIn}</p>
          <Button onClick={() => open({ kind: 'servers', view: { at: 'sign-in', server: server.name } })}>
            {messages.requests.approve.signInNow}
          </Button>
        </div>
      ) : (
        <div className={classes.acts}>
          <Button loading={asked?.state === 'asked'} onClick={() => start(false)}>
            {text.start}
          </Button>
          {asked?.state === 'refused' && asked.error.code === NO_ROOM ? (
            <Button variant="default" onClick={() => start(true)}>
              {text.anyway}
            </Button>
          ) : null}
        </div>
      )}
    </SidePanel>
  );
}
