import { Button, Checkbox } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { RekeyRequestView } from '../../../src/contract.ts';
import { messages } from '../../messages.ts';
import classes from './requests.module.css';

/** What the admin has the server do. */
export type Going = 'approve' | 'other-key' | 'tidy';

/** The admin's word, once the station that asks was compared. What takes keys away is asked twice. */
export function Decision({
  state,
  usesOtherKey,
  busy,
  why,
  onGo,
}: {
  readonly state: RekeyRequestView['state'];
  /** The server has accepted another key than the unit had: it takes a word more. */
  readonly usesOtherKey: boolean;
  readonly busy: boolean;
  /** Why whoever is here may not decide; null where they may. */
  readonly why: string | null;
  readonly onGo: (going: Going) => void;
}): ReactNode {
  const [compared, setCompared] = useState(false);
  const [isLost, setLost] = useState(false);
  const [tidying, setTidying] = useState(false);
  const text = messages.requests.approve;
  return (
    <section className={classes.section} aria-label={text.title}>
      <p>{text.states[state]}</p>
      <Checkbox
        label={text.compared}
        checked={compared}
        onChange={(event) => setCompared(event.currentTarget.checked)}
      />
      {usesOtherKey ? (
        <Checkbox
          label={text.otherKey}
          checked={isLost}
          onChange={(event) => setLost(event.currentTarget.checked)}
        />
      ) : null}
      <div className={classes.row}>
        <Button
          variant={state === 'new' ? 'filled' : 'default'}
          disabled={why !== null || !compared || busy || (usesOtherKey && !isLost)}
          title={why ?? ''}
          loading={busy && !tidying}
          onClick={() => onGo(usesOtherKey ? 'other-key' : 'approve')}
        >
          {state === 'new' ? text.go : text.again}
        </Button>
        {state === 'accepted' ? (
          <Button
            disabled={why !== null || !compared || busy || tidying}
            title={why ?? ''}
            onClick={() => setTidying(true)}
          >
            {text.tidy}
          </Button>
        ) : null}
      </div>
      {tidying ? (
        <div className={classes.sure} role="alertdialog" aria-label={text.tidy}>
          <p>{text.tidySure}</p>
          <div className={classes.row}>
            <Button variant="default" autoFocus onClick={() => setTidying(false)}>
              {text.tidyNo}
            </Button>
            <Button
              color="red"
              loading={busy}
              disabled={why !== null}
              title={why ?? ''}
              onClick={() => onGo('tidy')}
            >
              {text.tidyYes}
            </Button>
          </div>
        </div>
      ) : null}
    </section>
  );
}
