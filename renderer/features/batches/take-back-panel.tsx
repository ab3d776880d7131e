import { Button, Loader } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { TakeBackReport } from '../../../src/contract/preauthorize.ts';
import type { ErrorReport } from '../../../src/model/job.ts';
import { ErrorPanel } from '../../components/error-panel.tsx';
import { Facts } from '../../components/facts.tsx';
import { SidePanel } from '../../components/side-panel.tsx';
import { messages } from '../../messages.ts';
import { reportOf } from '../../station.ts';
import { useStore } from '../../store.ts';
import classes from './batches.module.css';

type Taking =
  | { readonly state: 'none' }
  | { readonly state: 'looking' | 'taking' }
  | { readonly state: 'seen' | 'done'; readonly report: TakeBackReport }
  | { readonly state: 'failed'; readonly error: ErrorReport };

/** Takes back what a batch created at a server: first what would go, then, asked once more, the deed. */
export function TakeBackPanel({
  name,
  server,
  onClose,
}: {
  readonly name: string;
  readonly server: string;
  readonly onClose: () => void;
}): ReactNode {
  const { station } = useStore();
  const [taking, setTaking] = useState<Taking>({ state: 'none' });
  const text = messages.batches.takeBack;
  const act = (dryRun: boolean): void => {
    setTaking({ state: dryRun ? 'looking' : 'taking' });
    station.call('batch.take-back', { name, server, dryRun }).then(
      (report) => setTaking({ state: dryRun ? 'seen' : 'done', report }),
      (thrown: unknown) => setTaking({ state: 'failed', error: reportOf(thrown) }),
    );
  };
  const busy = taking.state === 'looking' || taking.state === 'taking';
  return (
    <SidePanel title={text.title(name)} onClose={onClose}>
      <p className={classes.plain}>{text.text}</p>
      {busy ? (
        <p role="status" className={classes.reading}>
          <Loader size="sm" /> {text.looking}
        </p>
      ) : (
        <div>
          <Button variant={taking.state === 'none' ? 'filled' : 'default'} onClick={() => act(true)}>
            {text.look}
          </Button>
        </div>
      )}
      {taking.state === 'failed' ? <ErrorPanel error={taking.error} /> : null}
      {taking.state === 'seen' || taking.state === 'done' ? <Counts report={taking.report} /> : null}
      {taking.state === 'seen' && taking.report.counts.removed > 0 ? (
        <div className={classes.sure} role="alertdialog" aria-label={text.go}>
          <p>{text.sure(taking.report.counts.removed, server)}</p>
          <div className={classes.acts}>
            <Button variant="default" autoFocus onClick={() => setTaking({ state: 'none' })}>
              {text.no}
            </Button>
            <Button color="red" onClick={() => act(false)}>
              {text.yes}
            </Button>
          </div>
        </div>
      ) : null}
    </SidePanel>
  );
}

function Counts({ report }: { readonly report: TakeBackReport }): ReactNode {
  const text = messages.batches.takeBack;
  const { counts, dryRun, state, reason, inFlight } = report;
  const words = { ...text.outcomes, ...(dryRun ? { removed: text.would } : {}) };
  const all = Object.values(counts).reduce((sum, each) => sum + each, 0);
  return (
    <>
      {dryRun ? null : (
        <p role="status" className={classes.ended}>
          {state === 'ended' ? text.done : text.stopped}
        </p>
      )}
      {all === 0 ? <p className={classes.plain}>{text.nothing}</p> : null}
      <Facts
        facts={[
          ...(['removed', 'gone', 'used', 'failed'] as const).map((outcome) => ({
            name: words[outcome],
            rows: counts[outcome],
          })),
          { name: text.inFlight, rows: inFlight },
        ]
          .filter(({ rows }) => rows > 0)
          .map(({ name, rows }) => ({ name, value: rows.toLocaleString('en') }))}
      />
      {reason === null ? null : <ErrorPanel error={reason} />}
    </>
  );
}
