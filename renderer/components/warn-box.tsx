import type { ReactNode } from 'react';
import classes from './warn-box.module.css';

/** Something worth knowing, set apart from what is as it should be. */
export function WarnBox({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <section className={classes.box} aria-label={title}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}
