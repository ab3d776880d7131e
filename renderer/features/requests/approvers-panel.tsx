import { Button } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { ApproverView } from '../../../src/contract.ts';
import type { ErrorReport } from '../../../src/model/job.ts';
import { Copyable } from '../../components/copyable.tsx';
import { ErrorPanel } from '../../components/error-panel.tsx';
import { SaveButton } from '../../components/save-button.tsx';
import { SidePanel } from '../../components/side-panel.tsx';
import { fileName, grouped, when } from '../../format.ts';
import { messages } from '../../messages.ts';
import { useWhyNot } from '../../rights.ts';
import { reportOf } from '../../station.ts';
import { useStore } from '../../store.ts';
import { openStationFile, saveStationFile } from './station-file.ts';
import { useApprovers } from './use-approvers.ts';
import classes from './requests.module.css';

/** Whose admin may approve requests of this station, and the file by which this one may approve those of others. */
export function ApproversPanel({ onClose }: { readonly onClose: () => void }): ReactNode {
  const { station } = useStore();
  const { approvers, look } = useApprovers();
  const [own, setOwn] = useState<ApproverView | null>(null);
  const [added, setAdded] = useState<ApproverView | null>(null);
  const [error, setError] = useState<ErrorReport | null>(null);
  const whyNotAdd = useWhyNot('settings');
  const whyNotExport = useWhyNot('approve');
  const text = messages.requests.known;
  const save = async (): Promise<string | null> => {
    const { file, view } = await station.call('approver.export', {});
    setOwn(view);
    return saveStationFile(station, fileName('station-approver', view.station, 'json'), file);
  };
  const add = async (): Promise<void> => {
    setError(null);
    const file = await openStationFile(station);
    if (file === null) return;
    setAdded(await station.call('approver.add', { file }));
    await look();
  };
  return (
    <SidePanel title={text.title} onClose={onClose}>
      {error === null ? null : <ErrorPanel error={error} />}
      <section className={classes.section} aria-label={text.others}>
        <h3>{text.others}</h3>
        {approvers.length === 0 ? <p className={classes.soft}>{text.none}</p> : null}
        {added === null ? null : (
          <p className={classes.warn} role="status">
            {text.added(added.station)}
          </p>
        )}
        {approvers.map(({ station: name, key, at }) => (
          <Copyable
            key={name}
            name={name}
            text={key}
            shown={grouped(key)}
            help={text.since(when(at, new Date()))}
          />
        ))}
        <div>
          <Button
            variant={approvers.length === 0 ? 'filled' : 'default'}
            disabled={whyNotAdd !== null}
            title={whyNotAdd ?? ''}
            onClick={() => void add().catch((thrown: unknown) => setError(reportOf(thrown)))}
          >
            {text.add}
          </Button>
        </div>
      </section>
      <section className={classes.section} aria-label={text.own}>
        <h3>{text.own}</h3>
        <p className={classes.soft}>{text.ownText}</p>
        {own === null ? null : (
          <Copyable name={text.key} text={own.key} shown={grouped(own.key)} help={text.keyHelp} />
        )}
        <div>
          <SaveButton
            label={text.export}
            saved={text.exported}
            save={save}
            why={whyNotExport}
            onError={setError}
          />
        </div>
      </section>
    </SidePanel>
  );
}
