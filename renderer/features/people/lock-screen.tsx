import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { tally } from '../../bench.ts';
import { Icon } from '../../components/icon.tsx';
import { peopleMessages as text } from '../../messages/people.ts';
import { useWindowState } from '../../store.ts';
import { SignInForm } from './sign-in-form.tsx';
import classes from './people.module.css';

/**
 * Stands before everything while the bench is locked. It hides nothing that the station would show: what a locked bench may
 * not do is refused there.
 */
export function LockScreen({ onLook }: { readonly onLook: () => void }): ReactNode {
  const people = useWindowState((state) => state.people);
  const running = useWindowState((state) => tally(state).running);
  return (
    <main className={classes.lock} aria-labelledby="lock-title">
      <div className={classes.lockCard}>
        <h1 id="lock-title">
          <Icon name="lock" size={30} /> {text.lockTitle}
        </h1>
        <p className={classes.soft}>
          {people.person === null ? text.lockNobody : text.lockLast(people.person)} {text.lockJobs(running)}
        </p>
        <SignInForm />
        {people.blind ? null : (
          <Button variant="default" onClick={onLook}>
            {text.look}
          </Button>
        )}
      </div>
    </main>
  );
}
