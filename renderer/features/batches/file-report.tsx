import type { ReactNode } from 'react';
import type { BatchProblem, BatchReport } from '../../../src/contract/batches.ts';
import { Facts } from '../../components/facts.tsx';
import { VirtualTable } from '../../components/virtual-table.tsx';
import { shortFingerprint } from '../../format.ts';
import { messages } from '../../messages.ts';
import classes from './batches.module.css';

/** What was found in a file: how it was read, every bad row, and what the server will see of the good ones. */
export function FileReport({ report }: { readonly report: BatchReport }): ReactNode {
  const text = messages.batches.importing;
  const { benches } = messages.batches;
  const { share, delimiter, encoding, good, bad, problems, problemCount, notes, noteCount } = report;
  return (
    <>
      <Facts
        facts={[
          { name: text.file, value: report.file, mono: true },
          ...(share === null
            ? [
                { name: text.read, value: text.readAs(encoding, text.delimiters[delimiter] ?? delimiter) },
                {
                  name: text.columns,
                  value: report.columns.map(({ name, use }) => `${name}: ${use}`).join(', '),
                },
              ]
            : [
                {
                  name: benches.shareFile,
                  value: benches.shareOf(share.batch, share.part, share.parts, share.rows, share.station),
                },
                { name: benches.signedBy, value: share.key, mono: true },
              ]),
          { name: text.rows, value: text.counted(good, bad) },
          { name: messages.batches.facts.server, value: report.server },
        ]}
      />
      {problemCount === 0 ? (
        <p className={classes.good}>{text.none}</p>
      ) : (
        <section className={classes.found} aria-label={text.problems} data-bad="true">
          <h3>{text.bad(bad)}</h3>
          <Problems problems={problems} total={problemCount} />
        </section>
      )}
      {noteCount === 0 ? null : (
        <section className={classes.found} aria-label={text.notes(noteCount)}>
          <h3>{text.notes(noteCount)}</h3>
          <Problems problems={notes} total={noteCount} />
        </section>
      )}
      {report.preview.length === 0 ? null : (
        <section className={classes.preview} aria-label={text.preview}>
          <h3>{text.preview}</h3>
          <ol>
            {report.preview.map(({ line, identityData, fingerprint, tier, group, tags }) => (
              <li key={line}>
                <span className="mono">{identityData}</span>
                <span className={classes.soft}>
                  {[
                    fingerprint === null ? null : shortFingerprint(fingerprint),
                    tier,
                    group,
                    ...Object.entries(tags).map(([name, value]) => `${name}=${value}`),
                  ]
                    .filter((part) => part !== null)
                    .join(' · ')}
                </span>
              </li>
            ))}
          </ol>
        </section>
      )}
    </>
  );
}

function Problems({
  problems,
  total,
}: {
  readonly problems: readonly BatchProblem[];
  readonly total: number;
}): ReactNode {
  const text = messages.batches.importing;
  return (
    <div className={classes.problems} data-many={problems.length > 4}>
      <VirtualTable
        label={text.problems}
        columns={text.problemColumns}
        template="80px minmax(90px, 1fr) 4fr"
        rows={problems}
        rowKey={({ line, column, code }) => `${line} ${column ?? ''} ${code}`}
        total={total}
        cells={problemCells}
        empty={text.none}
      />
    </div>
  );
}

function problemCells({ line, column, reason }: BatchProblem): readonly ReactNode[] {
  return [line, column ?? messages.batches.importing.wholeRow, <span title={reason}>{reason}</span>];
}
