import { Button, Loader } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { CallResults } from '../../../src/contract.ts';
import type { ErrorReport } from '../../../src/model/job.ts';
import { Copyable } from '../../components/copyable.tsx';
import { ErrorPanel } from '../../components/error-panel.tsx';
import { Icon } from '../../components/icon.tsx';
import { intoView } from '../../components/into-view.ts';
import { SidePanel } from '../../components/side-panel.tsx';
import { grouped } from '../../format.ts';
import { messages } from '../../messages.ts';
import { useWhyNot } from '../../rights.ts';
import { reportOf } from '../../station.ts';
import { useStore, useWindowState } from '../../store.ts';
import classes from './journal-panel.module.css';

type Verification = CallResults['journal.verify'];
type Check =
  | { readonly state: 'none' | 'running' }
  | { readonly state: 'done'; readonly found: Verification }
  | { readonly state: 'failed'; readonly error: ErrorReport };

/** Evidence that can be verified by itself, a table for people, and the whole record to be restored from. */
const FILES = ['json', 'csv', 'db'] as const;

/** What a person notes down of the record to be able to tell later that it is whole, and the check that tells it now. */
export function JournalPanel({ onClose }: { readonly onClose: () => void }): ReactNode {
  const store = useStore();
  const head = useWindowState((state) => state.journal.head);
  const [check, setCheck] = useState<Check>({ state: 'none' });
  const [saving, setSaving] = useState(false);
  const [saved, setSaved] = useState('');
  const [refusal, setRefusal] = useState<ErrorReport | null>(null);
  const why = useWhyNot('export');
  const text = messages.journal;
  const verify = (): void => {
    setCheck({ state: 'running' });
    store.station.call('journal.verify', {}).then(
      (found) => setCheck({ state: 'done', found }),
      (thrown: unknown) => setCheck({ state: 'failed', error: reportOf(thrown) }),
    );
  };
  const save = async (format: (typeof FILES)[number]): Promise<void> => {
    const name = `station-journal-${new Date().toISOString().slice(0, 10)}.${format}`;
    const path = await store.station.shell('shell.choose-save', { kind: format, name });
    if (path === null) return;
    setSaving(true);
    setSaved('');
    setRefusal(null);
    try {
      if (format === 'db') {
        const copy = await store.station.call('journal.backup', { path });
        setSaved(text.backedUp(copy.path));
      } else {
        // The system's own dialog has asked whether an earlier file may go.
        const report = await store.station.call('journal.export', { format, path, force: true });
        setSaved(text.saved(report.rows, report.path));
      }
    } catch (thrown) {
      setRefusal(reportOf(thrown));
    } finally {
      setSaving(false);
    }
  };
  return (
    <SidePanel title={text.title} onClose={onClose}>
      {head === null ? (
        <p>{text.empty}</p>
      ) : (
        <>
          <Copyable
            name={text.head(head.seq)}
            text={`${head.seq}:${head.hash}`}
            shown={grouped(head.hash)}
            help={text.headHelp}
          />
          {head.key === null ? null : (
            <Copyable name={text.key} text={head.key} shown={grouped(head.key)} help={text.keyHelp} />
          )}
        </>
      )}
      <div className={classes.acts}>
        <Button disabled={check.state === 'running'} onClick={verify}>
          {text.verify}
        </Button>
        {FILES.map((format) => (
          <Button
            key={format}
            variant="default"
            disabled={head === null || saving || why !== null}
            title={why ?? ''}
            onClick={() => void save(format)}
          >
            {text.exports[format]}
          </Button>
        ))}
      </div>
      <p role="status" className={classes.saved}>
        {saved}
      </p>
      {refusal === null ? null : <ErrorPanel error={refusal} />}
      {check.state === 'running' ? (
        <p role="status" className={classes.running}>
          <Loader size="sm" /> {text.verifying}
        </p>
      ) : check.state === 'failed' ? (
        <ErrorPanel error={check.error} />
      ) : check.state === 'done' ? (
        <Found found={check.found} />
      ) : null}
    </SidePanel>
  );
}

function Found({ found }: { readonly found: Verification }): ReactNode {
  const text = messages.journal;
  const { ok, rows, problem, signed, notes } = found;
  return (
    <section className={classes.found} data-ok={ok} role={ok ? 'status' : 'alert'} ref={intoView}>
      <p className={classes.word}>
        <Icon name={ok ? 'check' : 'warning'} size={32} />
        {ok ? text.whole(rows) : text.damaged}
      </p>
      {problem === null ? null : <p>{problem.text}</p>}
      {signed === null ? null : <p>{text.signed(signed)}</p>}
      {notes.map((note) => (
        <p key={note}>{note}</p>
      ))}
    </section>
  );
}
