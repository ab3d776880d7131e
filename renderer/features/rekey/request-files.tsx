import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { messages } from '../../messages.ts';
import type { OpenPanel } from '../../panel.ts';
import { useWhyNot } from '../../rights.ts';
import { reportOf } from '../../station.ts';
import { useStore, useWindowState } from '../../store.ts';
import { openStationFile } from '../requests/station-file.ts';
import { useRekey } from './use-rekey.ts';
import classes from './rekey-screen.module.css';

/** What goes between a laptop without a login and the station of its admin. */
export function RequestFiles({ open }: { readonly open: OpenPanel }): ReactNode {
  const up = useWindowState(
    ({ loaded, connection, readOnly }) => loaded && connection.state === 'up' && readOnly === null,
  );
  const finish = useFinish();
  const whyNotApprove = useWhyNot('approve');
  const whyNotFinish = useWhyNot('rekey');
  const text = messages.requests;
  return (
    <section className={classes.card} aria-label={text.label}>
      <h2>{text.label}</h2>
      <p>{text.intro}</p>
      <div className={classes.row}>
        <Button
          variant="default"
          disabled={!up || whyNotApprove !== null}
          title={whyNotApprove ?? ''}
          onClick={() => open({ kind: 'approve' })}
        >
          {text.openRequest}
        </Button>
        <Button
          variant="default"
          disabled={!up || whyNotFinish !== null}
          title={whyNotFinish ?? ''}
          onClick={finish}
        >
          {text.finish}
        </Button>
        <Button variant="default" disabled={!up} onClick={() => open({ kind: 'approvers' })}>
          {text.approvers}
        </Button>
      </div>
    </section>
  );
}

/** Asks for the file of an approval and finishes with it; what it comes to is shown by the re-key screen. */
export function useFinish(onChosen: () => void = () => undefined): () => void {
  const store = useStore();
  const { finish } = useRekey();
  return () => {
    openStationFile(store.station).then(
      (file) => {
        if (file === null) return;
        onChosen();
        finish(file);
      },
      (thrown: unknown) => store.dispatch({ type: 'notice', error: reportOf(thrown) }),
    );
  };
}
