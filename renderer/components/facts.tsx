import type { ReactNode } from 'react';
import classes from './facts.module.css';

export interface Fact {
  readonly name: string;
  /** Null or empty: the row is left out. */
  readonly value: ReactNode;
  readonly mono?: boolean;
}

/** Names and values, one to a row; the values can be selected and copied. */
export function Facts({ facts }: { readonly facts: readonly Fact[] }): ReactNode {
  return (
    <dl className={classes.facts}>
      {facts
        .filter(({ value }) => value !== null && value !== '')
        .map(({ name, value, mono }) => (
          <div key={name} className={classes.row}>
            <dt>{name}</dt>
            <dd className={mono === true ? 'mono' : ''}>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
