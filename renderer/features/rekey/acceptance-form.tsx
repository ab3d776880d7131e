import { Button, Select } from '@mantine/core';
import type { ReactNode } from 'react';
import { currentServer } from '../../bench.ts';
import { Choices } from '../../components/choices.tsx';
import { messages } from '../../messages.ts';
import type { OpenPanel } from '../../panel.ts';
import { useStore, useWholeState } from '../../store.ts';
import { useApprovers } from '../requests/use-approvers.ts';
import { acceptanceOf } from './acceptance.ts';
import { WaitSelect } from './wait-select.tsx';
import type { RekeyFlow } from './flow.ts';
import classes from './rekey-screen.module.css';

/** Who has the new key accepted: whoever is signed in here, or an admin at another station. */
export function AcceptanceForm({ open }: { readonly open: OpenPanel }): ReactNode {
  const state = useWholeState();
  const store = useStore();
  const { approvers } = useApprovers();
  const text = messages.requests;
  const acceptance = acceptanceOf(state);
  const session = currentServer(state)?.session ?? null;
  const wish = (part: Partial<Pick<RekeyFlow, 'by' | 'approver' | 'waitMs'>>): void =>
    store.dispatch({ type: 'rekey', action: { type: 'wish', wish: part } });
  return (
    <section className={classes.card} aria-label={text.how}>
      <Choices
        legend={text.how}
        name="by"
        choices={[
          {
            value: 'login',
            label: text.byLogin,
            help: session === null ? text.notSignedIn : text.byLoginHelp(session.account),
            disabled: session === null,
          },
          { value: 'request', label: text.byRequest, help: text.byRequestHelp },
        ]}
        value={acceptance.by}
        onChange={(by) => wish({ by })}
      />
      {acceptance.by === 'login' ? null : approvers.length === 0 ? (
        <>
          <p>{text.noApprover}</p>
          <div>
            <Button variant="default" onClick={() => open({ kind: 'approvers' })}>
              {text.addApprover}
            </Button>
          </div>
        </>
      ) : (
        <div className={classes.pair}>
          <Select
            label={text.approver}
            data={approvers.map(({ station }) => station)}
            value={acceptance.approver}
            allowDeselect={false}
            comboboxProps={{ withinPortal: false, position: 'top-start' }}
            onChange={(approver) => wish({ approver })}
          />
          <WaitSelect label={text.expires} ms={state.rekey.waitMs} onChange={(waitMs) => wish({ waitMs })} />
        </div>
      )}
    </section>
  );
}
