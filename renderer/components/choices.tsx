import type { ReactNode } from 'react';
import classes from './choices.module.css';

export interface Choice<V extends string> {
  readonly value: V;
  readonly label: string;
  /** What stands beside it in small letters. */
  readonly help?: string;
  readonly disabled?: boolean;
}

/** One of a few, each as large as a finger; arrow keys move between them. */
export function Choices<V extends string>({
  legend,
  name,
  choices,
  value,
  onChange,
  columns = 1,
}: {
  readonly legend: string;
  readonly name: string;
  readonly choices: readonly Choice<V>[];
  readonly value: V | null;
  readonly onChange: (value: V) => void;
  /** How many stand side by side where there is room. */
  readonly columns?: 1 | 2 | 3 | 4;
}): ReactNode {
  return (
    <fieldset className={classes.choices} data-columns={columns}>
      <legend>{legend}</legend>
      <div className={classes.grid}>
        {choices.map((choice) => (
          <label key={choice.value} data-disabled={choice.disabled === true}>
            <input
              type="radio"
              name={name}
              value={choice.value}
              checked={choice.value === value}
              disabled={choice.disabled === true}
              onChange={() => onChange(choice.value)}
            />
            <span className={classes.label}>{choice.label}</span>
            {choice.help === undefined ? null : <span className={classes.help}>{choice.help}</span>}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
