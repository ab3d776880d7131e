import type { ReactNode } from 'react';
import type { DoctorLine } from '../../src/contract.ts';
import { messages } from '../messages.ts';
import { Icon, type IconName } from './icon.tsx';
import classes from './findings.module.css';

const ICONS: Record<DoctorLine['state'], IconName> = { ok: 'check', note: 'info', bad: 'warning' };

/** Findings of a check, each with how to mend it. */
export function Findings({ lines }: { readonly lines: readonly DoctorLine[] }): ReactNode {
  if (lines.length === 0) return <p>{messages.doctor.empty}</p>;
  return (
    <ul className={classes.list}>
      {lines.map((line) => (
        <li key={`${line.check} ${line.text}`} data-state={line.state}>
          <span className={classes.sign}>
            <Icon name={ICONS[line.state]} />
          </span>
          <div>
            <p className={classes.check}>
              {line.check} <span className={classes.state}>{messages.doctor[line.state]}</span>
            </p>
            <p>{line.text}</p>
            {line.remedy === null ? null : <p className={classes.remedy}>{line.remedy}</p>}
          </div>
        </li>
      ))}
    </ul>
  );
}
