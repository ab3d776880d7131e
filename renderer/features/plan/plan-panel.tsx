import { useCallback, type ReactNode } from 'react';
import type { CallInput } from '../../../src/contract.ts';
import type { Plan } from '../../../src/model/rekey.ts';
import { ErrorPanel } from '../../components/error-panel.tsx';
import { AllWell, ReadingPanel } from '../../components/reading-panel.tsx';
import { unitName } from '../../format.ts';
import { messages } from '../../messages.ts';
import type { Station } from '../../station.ts';
import { useStore, useWindowState } from '../../store.ts';
import classes from './plan-panel.module.css';

/** What is to be planned: provisioning these ports, or a re-key as it was asked for. */
export type Planned =
  | { readonly flow: 'provision'; readonly call: CallInput<'provision.plan'> }
  | { readonly flow: 'rekey'; readonly call: CallInput<'rekey'> };

/** What a start would do to these boards and their server, from the same decisions; it changes nothing. */
export function PlanPanel({
  planned,
  onClose,
}: {
  readonly planned: Planned;
  readonly onClose: () => void;
}): ReactNode {
  const { station } = useStore();
  const text = messages.plan;
  const load = useCallback(() => plansOf(station, planned), [station, planned]);
  return (
    <ReadingPanel
      title={text.title}
      wide
      reading={text.reading}
      again={text.again}
      load={load}
      onClose={onClose}
    >
      {(plans) => <Plans plans={plans} flow={planned.flow} />}
    </ReadingPanel>
  );
}

async function plansOf(station: Station, planned: Planned): Promise<readonly Plan[]> {
  if (planned.flow === 'provision') return station.call('provision.plan', planned.call);
  const { plan } = await station.call('rekey', { ...planned.call, dryRun: true });
  return plan === undefined ? [] : [plan];
}

function Plans({
  plans,
  flow,
}: {
  readonly plans: readonly Plan[];
  readonly flow: Planned['flow'];
}): ReactNode {
  const slots = useWindowState((state) => state.slots);
  return (
    <>
      <AllWell text={messages.plan.intro} />
      {plans.map((plan) => (
        <PlanCard
          key={plan.port}
          plan={plan}
          flow={flow}
          label={slots.find(({ port }) => port === plan.port)?.label ?? plan.port}
        />
      ))}
    </>
  );
}

function PlanCard({
  plan,
  flow,
  label,
}: {
  readonly plan: Plan;
  readonly flow: Planned['flow'];
  readonly label: string;
}): ReactNode {
  const text = messages.plan;
  const title = `plan-${plan.slot}`;
  return (
    <article className={classes.plan} aria-labelledby={title} data-ends={plan.ends}>
      <header>
        <h3 id={title}>{label}</h3>
        <p className={classes.unit}>{plan.identity === null ? '' : unitName(plan)}</p>
        <p className={classes.ends}>
          {plan.ends === 'pass' && flow === 'rekey' ? text.rekeyed : text.ends[plan.ends]}
        </p>
      </header>
      {plan.error === null ? null : <ErrorPanel error={plan.error} quiet />}
      {plan.actions.length === 0 ? (
        plan.error === null ? (
          <p>{text.noActions}</p>
        ) : null
      ) : (
        <ol className={classes.actions}>
          {plan.actions.map((action, at) => (
            <li key={`${at} ${action.action}`}>
              <span className={classes.on} data-on={action.on}>
                {text.on[action.on]}
              </span>
              <span>{action.says}</span>
            </li>
          ))}
        </ol>
      )}
      {plan.notes.map((note) => (
        <p key={note} className={classes.note}>
          {note}
        </p>
      ))}
    </article>
  );
}
