import type { ReactNode } from 'react';
import type { RecordView } from '../../../src/contract.ts';
import { useNow } from '../../clock.ts';
import { duration, shortFingerprint, when } from '../../format.ts';
import { messages } from '../../messages.ts';
import type { OpenPanel } from '../../panel.ts';
import { VerdictTag } from '../job/verdict-line.tsx';
import classes from './records.module.css';

/** Records, one to a row, in the order in which they come. */
export function RecordTable({
  records,
  open,
}: {
  readonly records: readonly RecordView[];
  readonly open: OpenPanel;
}): ReactNode {
  const now = useNow(60_000);
  const text = messages.records;
  return (
    <table className={classes.table}>
      <thead>
        <tr>
          <th scope="col">{text.columns.at}</th>
          <th scope="col">{text.columns.verdict}</th>
          <th scope="col">{text.columns.identity}</th>
          <th scope="col">{text.columns.key}</th>
          <th scope="col" className={classes.wideOnly}>
            {text.columns.proof}
          </th>
          <th scope="col" className={classes.wideOnly}>
            {text.columns.server}
          </th>
          <th scope="col" className={classes.wideOnly}>
            {text.columns.slot}
          </th>
          <th scope="col" className={classes.number}>
            {text.columns.ms}
          </th>
          <th scope="col">{text.columns.error}</th>
        </tr>
      </thead>
      <tbody>
        {records.map((record) => (
          <Row key={record.seq} record={record} today={new Date(now)} open={open} />
        ))}
      </tbody>
    </table>
  );
}

function Row({
  record,
  today,
  open,
}: {
  readonly record: RecordView;
  readonly today: Date;
  readonly open: OpenPanel;
}): ReactNode {
  const text = messages.records;
  const name = record.identity ?? messages.common.none;
  return (
    <tr>
      <td>{when(record.at, today)}</td>
      <td>
        <VerdictTag verdict={record.verdict} />
      </td>
      <td>
        <button
          type="button"
          className={classes.open}
          aria-label={text.open(name)}
          onClick={() => open({ kind: 'record', record })}
        >
          {name}
        </button>
      </td>
      <td className="mono">
        {record.keyFingerprint === null ? messages.common.none : shortFingerprint(record.keyFingerprint)}
      </td>
      <td className={classes.wideOnly}>{proofWords(record.proof)}</td>
      <td className={classes.wideOnly}>{record.server}</td>
      <td className={classes.wideOnly}>{record.port.replace(/^\/dev\//, '')}</td>
      <td className={classes.number}>{duration(record.ms)}</td>
      <td className={classes.why} title={record.error?.message ?? ''}>
        {record.error?.message ?? messages.common.none}
      </td>
    </tr>
  );
}

/** The proof's short name; the contract has it as text, since a record may come from another version. */
export function proofWords(proof: string | null): string {
  switch (proof) {
    case 'station':
    case 'board-key':
    case 'board-client':
      return messages.proofs[proof].short;
    case null:
      return messages.common.none;
    default:
      return proof;
  }
}
