import type { ReactNode } from 'react';
import { shortFingerprint } from '../../format.ts';
import { messages } from '../../messages.ts';
import type { OpenPanel } from '../../panel.ts';
import { useWindowState } from '../../store.ts';
import { RecordTable } from './record-table.tsx';
import classes from './records.module.css';

/** The last records, newest on top. The journal keeps them all. */
export function Records({ open }: { readonly open: OpenPanel }): ReactNode {
  const records = useWindowState((state) => state.records);
  const text = messages.records;
  return (
    <section className={classes.records} aria-labelledby="records-title">
      <div className={classes.top}>
        <h2 id="records-title" className={classes.title}>
          {text.title}
        </h2>
        <span className={classes.links}>
          <button type="button" className={classes.journal} onClick={() => open({ kind: 'history' })}>
            {messages.history.open}
          </button>
          <JournalButton open={open} />
        </span>
      </div>
      {records.length === 0 ? (
        <p className={classes.empty}>{text.empty}</p>
      ) : (
        <div className={classes.scroll} role="group" aria-labelledby="records-title" tabIndex={0}>
          <RecordTable records={records} open={open} />
        </div>
      )}
    </section>
  );
}

/** The journal's head, short: that it grows is seen, and that it was cut shows to who kept one. */
function JournalButton({ open }: { readonly open: OpenPanel }): ReactNode {
  const head = useWindowState((state) => state.journal.head);
  const text = messages.journal;
  return (
    <button type="button" className={classes.journal} onClick={() => open({ kind: 'journal' })}>
      {head === null ? text.openEmpty : text.open(shortFingerprint(head.hash))}
    </button>
  );
}
