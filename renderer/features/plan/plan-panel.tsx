import { Button, Loader } from '@mantine/core';
import { useEffect, useState, type ReactNode } from 'react';
import type { SlotView } from '../../../src/contract.ts';
import type { ErrorReport } from '../../../src/model/job.ts';
import type { Plan } from '../../../src/model/rekey.ts';
import { ErrorPanel } from '../../components/error-panel.tsx';
import { SidePanel } from '../../components/side-panel.tsx';
import { unitName } from '../../format.ts';
import { messages } from '../../messages.ts';
import { reportOf } from '../../station.ts';
import { useStore } from '../../store.ts';
import classes from './plan-panel.module.css';

type Reading =
  | { readonly state: 'reading' }
  | { readonly state: 'read'; readonly plans: readonly Plan[] }
  | { readonly state: 'failed'; readonly error: ErrorReport };

/** What a start would do to these boards and their server, from the same decisions; it changes nothing. */
export function PlanPanel({
  slots,
  keySource,
  onClose,
}: {
  readonly slots: readonly SlotView[];
  readonly keySource: string | null;
  readonly onClose: () => void;
}): ReactNode {
  const store = useStore();
  const [reading, setReading] = useState<Reading>({ state: 'reading' });
  const [round, setRound] = useState(0);
  const text = messages.plan;
  useEffect(() => {
    let open = true;
    const { server, profile } = store.getState().preferences;
    if (server === null || profile === null || slots.length === 0) return undefined;
    const ports = slots.map(({ port }) => port);
    store.station
      .call('provision.plan', { ports, server, profile, ...(keySource === null ? {} : { keySource }) })
      .then(
        (plans) => {
          if (open) setReading({ state: 'read', plans });
        },
        (thrown: unknown) => {
          if (open) setReading({ state: 'failed', error: reportOf(thrown) });
        },
      );
    return () => {
      open = false;
    };
  }, [store, slots, keySource, round]);
  const again = (): void => {
    setReading({ state: 'reading' });
    setRound(round + 1);
  };
  return (
    <SidePanel title={text.title} wide onClose={onClose}>
      {reading.state === 'reading' ? (
        <p role="status" className={classes.reading}>
          <Loader size="sm" /> {text.reading}
        </p>
      ) : (
        <>
          {reading.state === 'failed' ? (
            <ErrorPanel error={reading.error} />
          ) : (
            <Plans plans={reading.plans} slots={slots} />
          )}
          <div>
            <Button variant="default" onClick={again}>
              {text.again}
            </Button>
          </div>
        </>
      )}
    </SidePanel>
  );
}

function Plans({
  plans,
  slots,
}: {
  readonly plans: readonly Plan[];
  readonly slots: readonly SlotView[];
}): ReactNode {
  return (
    <>
      <p className={classes.intro} role="status">
        {messages.plan.intro}
      </p>
      {plans.map((plan) => (
        <PlanCard
          key={plan.port}
          plan={plan}
          label={slots.find(({ port }) => port === plan.port)?.label ?? plan.port}
        />
      ))}
    </>
  );
}

function PlanCard({ plan, label }: { readonly plan: Plan; readonly label: string }): ReactNode {
  const text = messages.plan;
  const title = `plan-${plan.slot}`;
  return (
    <article className={classes.plan} aria-labelledby={title} data-ends={plan.ends}>
      <header>
        <h3 id={title}>{label}</h3>
        <p className={classes.unit}>{plan.identity === null ? '' : unitName(plan)}</p>
        <p className={classes.ends}>{text.ends[plan.ends]}</p>
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
