import type { ReactNode } from 'react';
import { ErrorPanel } from '../../components/error-panel.tsx';
import { messages } from '../../messages.ts';
import type { OpenPanel } from '../../panel.ts';
import { useWindowState } from '../../store.ts';
import { AcceptanceForm } from './acceptance-form.tsx';
import { acceptanceOf } from './acceptance.ts';
import { ChooseUnit } from './choose-unit.tsx';
import { isGood, stageOf, type RekeyFlow, type Stage } from './flow.ts';
import { Progress } from './progress.tsx';
import { ReasonForm } from './reason-form.tsx';
import { RekeyBar } from './rekey-bar.tsx';
import { RekeyRequested } from './rekey-requested.tsx';
import { RekeyRunning, RekeyWaiting } from './rekey-running.tsx';
import { RekeyVerdict } from './rekey-verdict.tsx';
import { UnitFound } from './unit-found.tsx';
import { WhoItIs } from './who-it-is.tsx';
import classes from './rekey-screen.module.css';

/** A returned unit gets a new key: read it, say why, watch it, hand it over. One unit at a time, one decision at a time. */
export function RekeyScreen({ open }: { readonly open: OpenPanel }): ReactNode {
  const stage = useWindowState((state) => stageOf(state.rekey));
  const place = useWindowState((state) => placeOf(state.rekey));
  return (
    <>
      <main key={stage} className={classes.main} aria-label={messages.rekey.label} tabIndex={0}>
        <Progress at={place} />
        <Content stage={stage} open={open} />
      </main>
      <RekeyBar open={open} />
    </>
  );
}

/** The step of the four that a stage belongs to. */
const PLACES: Record<Stage, number> = {
  choose: 0,
  reading: 0,
  read: 1,
  starting: 2,
  running: 2,
  waiting: 2,
  requested: 2,
  lost: 2,
  ended: 3,
};

/** A unit that did not get its key is not to be handed over. */
function placeOf(flow: RekeyFlow): number {
  const stage = stageOf(flow);
  const failed = stage === 'ended' && flow.job.state === 'seen' && !isGood(flow.job.view.result);
  return failed ? PLACES.running : PLACES[stage];
}

function Content({ stage, open }: { readonly stage: Stage; readonly open: OpenPanel }): ReactNode {
  const byLogin = useWindowState((state) => acceptanceOf(state).by === 'login');
  const flow = useWindowState((state) => state.rekey);
  switch (stage) {
    case 'choose':
    case 'reading':
      return (
        <>
          {flow.unit.state === 'failed' ? <ErrorPanel error={flow.unit.error} /> : null}
          {flow.refusal === null ? null : <ErrorPanel error={flow.refusal} />}
          <ChooseUnit reading={stage === 'reading'} open={open} />
        </>
      );
    case 'read':
      return flow.unit.state === 'read' ? (
        <div className={classes.columns}>
          <WhoItIs report={flow.unit.report} />
          <div className={classes.column}>
            {flow.refusal === null ? null : <ErrorPanel error={flow.refusal} />}
            <UnitFound flow={flow} report={flow.unit.report} />
            {flow.unit.report.obstacle === null ? (
              <>
                <ReasonForm flow={flow} offline={flow.unit.report.offline !== null} byLogin={byLogin} />
                <AcceptanceForm open={open} />
              </>
            ) : null}
          </div>
        </div>
      ) : null;
    case 'starting':
      return <RekeyRunning job={null} />;
    case 'running':
    case 'lost':
      return flow.job.state === 'seen' || flow.job.state === 'lost' ? (
        <RekeyRunning job={flow.job.view} lost={flow.job.state === 'lost'} />
      ) : null;
    case 'waiting':
      return flow.job.state === 'seen' ? <RekeyWaiting job={flow.job.view} /> : null;
    case 'requested':
      return flow.request.state === 'made' ? <RekeyRequested report={flow.request.report} /> : null;
    case 'ended':
      return flow.job.state === 'seen' ? <RekeyVerdict flow={flow} job={flow.job.view} /> : null;
  }
}
