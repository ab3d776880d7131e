import { Button } from '@mantine/core';
import { useCallback, useRef, useState, type ReactNode } from 'react';
import type { ReconcileFinding, ReconcileFix, ReconcileReport } from '../../../src/contract/preauthorize.ts';
import { Facts } from '../../components/facts.tsx';
import { AllWell, ReadingPanel } from '../../components/reading-panel.tsx';
import { VirtualTable } from '../../components/virtual-table.tsx';
import { identityText } from '../../format.ts';
import { messages } from '../../messages.ts';
import { useStore } from '../../store.ts';
import { useBatches } from './use-batches.ts';
import classes from './batches.module.css';

const FIXES: readonly ReconcileFix[] = ['missing', 'dead', 'stray-pending', 'pending'];
/** Of no batch: what is to be sent again is a row of one. */
const FIXES_OF_RECORD: readonly ReconcileFix[] = ['stray-pending', 'pending'];

/** A batch, or all of the record, held against its server: what differs, and what of it can be mended. Looking changes nothing. */
export function ReconcilePanel({
  name,
  server,
  may,
  onClose,
}: {
  /** Of the batch; null: all that the record has of the server. */
  readonly name: string | null;
  readonly server: string;
  /** Whether whoever is at the window may mend this kind. */
  readonly may: (fix: ReconcileFix) => boolean;
  readonly onClose: () => void;
}): ReactNode {
  const { station } = useStore();
  const { look } = useBatches();
  const [round, setRound] = useState(0);
  /** What is mended by the next look, once: looking again mends nothing. */
  const next = useRef<ReconcileFix | null>(null);
  const text = messages.batches.reconcile;
  const load = useCallback(() => {
    const fix = next.current;
    next.current = null;
    const asked = station.call('batch.reconcile', {
      server,
      ...(name === null ? {} : { batch: name }),
      ...(fix === null ? {} : { fix }),
    });
    // Rows that are to be sent again are pending now.
    return fix === null ? asked : asked.finally(() => void look());
  }, [station, server, name, look]);
  return (
    <ReadingPanel
      key={round}
      title={name === null ? text.titleOfRecord(server) : text.title(name)}
      wide
      reading={round === 0 ? text.reading : text.mending}
      again={text.again}
      load={load}
      onClose={onClose}
    >
      {(report) => (
        <Found
          report={report}
          may={may}
          onFix={(fix) => {
            next.current = fix;
            setRound(round + 1);
          }}
        />
      )}
    </ReadingPanel>
  );
}

function Found({
  report,
  may,
  onFix,
}: {
  readonly report: ReconcileReport;
  readonly may: (fix: ReconcileFix) => boolean;
  readonly onFix: (fix: ReconcileFix) => void;
}): ReactNode {
  const text = messages.batches.reconcile;
  const { findings, counts, devices, matching, batch } = report;
  const fixes = batch === null ? FIXES_OF_RECORD : FIXES;
  const ofBatches = batch === null && counts.missing + counts.dead > 0;
  return (
    <>
      <Facts
        facts={[
          { name: text.devices, value: devices.toLocaleString('en') },
          { name: text.matching, value: matching.toLocaleString('en') },
        ]}
      />
      {findings.length === 0 ? (
        <AllWell text={text.same} />
      ) : (
        <section className={classes.found} aria-label={text.differs(findings.length)}>
          <h3>{text.differs(findings.length)}</h3>
          <div className={classes.problems} data-many={findings.length > 4}>
            <VirtualTable
              label={text.findings}
              columns={text.columns}
              template="150px minmax(130px, 1fr) 2fr 90px"
              rows={findings}
              rowKey={({ kind, identity, deviceId }) => `${kind} ${identityText(identity)} ${deviceId ?? ''}`}
              total={findings.length}
              cells={cells}
              empty={text.same}
            />
          </div>
        </section>
      )}
      {ofBatches ? <p className={classes.plain}>{text.byBatch}</p> : null}
      {fixes
        .filter((fix) => counts[fix] > 0 && may(fix))
        .map((fix) => (
          <Fix key={fix} fix={fix} count={counts[fix]} onFix={() => onFix(fix)} />
        ))}
    </>
  );
}

function cells({ kind, identity, found, fixed, error }: ReconcileFinding): readonly ReactNode[] {
  const text = messages.batches.reconcile;
  const why = error?.message ?? found;
  return [
    text.kinds[kind],
    <span className="mono">{identityText(identity)}</span>,
    <span title={why}>{why}</span>,
    fixed === null ? '' : fixed ? text.mended : text.notMended,
  ];
}

/** Mends one kind of difference, asked twice. */
function Fix({
  fix,
  count,
  onFix,
}: {
  readonly fix: ReconcileFix;
  readonly count: number;
  readonly onFix: () => void;
}): ReactNode {
  const [asked, setAsked] = useState(false);
  const text = messages.batches.reconcile;
  return (
    <div className={classes.acts}>
      <Button variant="default" disabled={asked} onClick={() => setAsked(true)}>
        {text.fixes[fix](count)}
      </Button>
      {asked ? (
        <>
          <Button variant="default" autoFocus onClick={() => setAsked(false)}>
            {text.no}
          </Button>
          <Button color="red" onClick={onFix}>
            {text.yes}
          </Button>
        </>
      ) : null}
    </div>
  );
}
