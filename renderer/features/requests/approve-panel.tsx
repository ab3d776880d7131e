import { Button, Loader, Select } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { RekeyApprovalReport, RekeyRequestView } from '../../../src/contract.ts';
import type { ErrorReport } from '../../../src/model/job.ts';
import { currentServer } from '../../bench.ts';
import { ErrorPanel } from '../../components/error-panel.tsx';
import { SidePanel } from '../../components/side-panel.tsx';
import { messages } from '../../messages.ts';
import type { OpenPanel } from '../../panel.ts';
import { whyNot } from '../../rights.ts';
import { reportOf } from '../../station.ts';
import { useStore, useWholeState } from '../../store.ts';
import { Approved } from './approved.tsx';
import { Decision, type Going } from './decision.tsx';
import { RequestRead } from './request-read.tsx';
import { openStationFile } from './station-file.ts';
import classes from './requests.module.css';

/** How far the admin is with a file. What it says is asked of the server that is chosen. */
interface Opened {
  readonly file: string;
  readonly otherAddress: boolean;
  readonly view: RekeyRequestView | null;
  readonly error: ErrorReport | null;
  readonly done: RekeyApprovalReport | null;
}

/** An admin's look at a request that a laptop has written, and the approval by which the laptop goes on. */
export function ApprovePanel({
  open,
  onClose,
}: {
  readonly open: OpenPanel;
  readonly onClose: () => void;
}): ReactNode {
  const state = useWholeState();
  const store = useStore();
  const [opened, setOpened] = useState<Opened | null>(null);
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<ErrorReport | null>(null);
  const text = messages.requests.approve;
  const server = currentServer(state);
  const why = whyNot(state.people, 'approve');

  /** One thing at a time; what is refused is said in its place. */
  const during = async (act: () => Promise<void>): Promise<void> => {
    setBusy(true);
    setRefusal(null);
    try {
      await act();
    } catch (thrown) {
      setRefusal(reportOf(thrown));
    } finally {
      setBusy(false);
    }
  };
  const read = async (file: string, otherAddress: boolean): Promise<void> => {
    if (server === null) return;
    const fresh = { file, otherAddress, done: null };
    setOpened({ ...fresh, view: null, error: null });
    await store.station.call('rekey.read-request', { file, server: server.name, otherAddress }).then(
      (view) => setOpened({ ...fresh, view, error: null }),
      (thrown: unknown) => setOpened({ ...fresh, view: null, error: reportOf(thrown) }),
    );
  };
  const choose = (): void =>
    void during(async () => {
      const file = await openStationFile(store.station).catch((thrown: unknown) => {
        // What was open before is not what was chosen.
        setOpened(null);
        throw thrown;
      });
      if (file !== null) await read(file, false);
    });
  const approve = (going: Going): void =>
    void during(async () => {
      if (opened === null || server === null) return;
      const { file, otherAddress } = opened;
      const done = await store.station.call('rekey.approve', {
        file,
        server: server.name,
        otherAddress,
        otherKey: going === 'other-key',
        tidy: going === 'tidy',
      });
      setOpened({ ...opened, done });
    });

  return (
    <SidePanel title={text.title} wide onClose={onClose}>
      <section className={classes.section} aria-label={text.server}>
        {opened === null ? <p>{text.intro}</p> : null}
        <div className={classes.row}>
          <Select
            label={text.server}
            placeholder={text.noServer}
            data={state.servers.map(({ name }) => name)}
            value={server?.name ?? null}
            disabled={busy || opened !== null || state.servers.length === 0}
            allowDeselect={false}
            comboboxProps={{ withinPortal: false }}
            onChange={(name) => void store.ask('preferences.set', { server: name })}
          />
        </div>
        {server?.session === null ? (
          <div className={classes.row}>
            <p>{text.signIn}</p>
            <Button onClick={() => open({ kind: 'servers', view: { at: 'sign-in', server: server.name } })}>
              {text.signInNow}
            </Button>
          </div>
        ) : (
          <div>
            <Button
              variant={opened === null ? 'filled' : 'default'}
              disabled={busy || server === null || why !== null}
              title={why ?? ''}
              onClick={choose}
            >
              {opened === null ? text.choose : text.another}
            </Button>
          </div>
        )}
      </section>
      {opened !== null && opened.view === null && opened.error === null ? (
        <p role="status" className={classes.reading}>
          <Loader size="sm" /> {text.reading}
        </p>
      ) : null}
      {refusal === null ? null : <ErrorPanel error={refusal} />}
      {opened?.error ? <ErrorPanel error={opened.error} /> : null}
      {opened?.error?.code === 'request/other-server' ? (
        <div>
          <Button
            variant="default"
            disabled={busy}
            onClick={() => void during(() => read(opened.file, true))}
          >
            {text.otherAddress}
          </Button>
        </div>
      ) : null}
      {opened?.view ? <RequestRead view={opened.view} server={server?.name ?? ''} /> : null}
      {opened?.view && opened.done === null ? (
        <Decision
          state={opened.view.state}
          usesOtherKey={refusal?.code === 'request/other-key'}
          busy={busy}
          why={why}
          onGo={approve}
        />
      ) : null}
      {opened?.view && opened.done !== null ? (
        <Approved view={opened.view} done={opened.done} onError={setRefusal} />
      ) : null}
    </SidePanel>
  );
}
