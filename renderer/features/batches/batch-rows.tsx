import { useCallback, useEffect, useRef, useState, type ReactNode } from 'react';
import type { CallInput } from '../../../src/contract.ts';
import type { BatchRowView, BatchView } from '../../../src/contract/batches.ts';
import type { ErrorReport } from '../../../src/model/job.ts';
import { ErrorPanel } from '../../components/error-panel.tsx';
import { VirtualTable } from '../../components/virtual-table.tsx';
import { shortFingerprint, when } from '../../format.ts';
import { messages } from '../../messages.ts';
import { reportOf } from '../../station.ts';
import { useStore } from '../../store.ts';
import { OutcomeTag } from './progress-bar.tsx';
import { failedRows } from './state.ts';

export type RowFilter = NonNullable<CallInput<'batch.rows'>['outcome']> | null;

/** Rows that are asked for at once. */
const PAGE = 200;

/** The rows of a batch, page by page as somebody scrolls to them: the window never asks for all of them. */
export function BatchRows({
  batch,
  filter,
}: {
  readonly batch: BatchView;
  readonly filter: RowFilter;
}): ReactNode {
  const { rows, loading, error, more, onView } = useRows(batch, filter);
  const text = messages.batches;
  if (error !== null) return <ErrorPanel error={error} />;
  const empty = loading ? text.loading : text.noRows;
  const total = Math.max(rows.length, totalOf(batch, filter));
  return batch.kind === 'keys' ? (
    <VirtualTable
      label={text.rows}
      columns={Object.values(text.columns)}
      template="64px minmax(140px, 1.1fr) minmax(164px, 1fr) 136px minmax(130px, 2fr)"
      rows={rows}
      rowKey={({ line }) => line}
      total={total}
      cells={keyCells}
      onEnd={more}
      onView={onView}
      empty={empty}
    />
  ) : (
    <VirtualTable
      label={text.rows}
      columns={Object.values(text.unitColumns)}
      template="72px minmax(150px, 1.5fr) 110px minmax(150px, 1fr) minmax(110px, 1fr)"
      rows={rows}
      rowKey={({ line }) => line}
      total={total}
      cells={unitCells}
      onEnd={more}
      onView={onView}
      empty={empty}
    />
  );
}

function keyCells(row: BatchRowView): readonly ReactNode[] {
  return [
    row.line,
    row.label,
    row.fingerprint === null ? '' : <span className="mono">{shortFingerprint(row.fingerprint)}</span>,
    row.inFlight ? messages.batches.sent : <OutcomeTag outcome={row.outcome} />,
    row.error === null ? (
      <span className="mono">{row.deviceId ?? ''}</span>
    ) : (
      <span title={`${row.error.message} ${row.error.remedy}`}>{row.error.message}</span>
    ),
  ];
}

function unitCells({ line, label, unit }: BatchRowView): readonly ReactNode[] {
  const text = messages.batches;
  return [
    line,
    label,
    unit === null ? text.expected : <OutcomeTag outcome="created" word={text.through} />,
    unit === null ? '' : when(unit.at, new Date()),
    unit?.station ?? '',
  ];
}

function totalOf({ counts, rows }: BatchView, filter: RowFilter): number {
  if (filter === null) return rows;
  if (filter === 'failed') return failedRows(counts);
  return filter === 'sent' ? 0 : counts[filter];
}

interface Pages {
  readonly of: string;
  readonly rows: readonly BatchRowView[];
  readonly isWhole: boolean;
  readonly error: ErrorReport | null;
}

/**
 * The rows so far. What becomes of rows is read anew for the page that is in sight; a list of one outcome, whose rows come
 * and go, begins anew at its top.
 */
function useRows(batch: BatchView, filter: RowFilter) {
  const { station } = useStore();
  const key = `${batch.name}\n${filter ?? ''}`;
  const [pages, setPages] = useState<Pages>({ of: '', rows: [], isWhole: false, error: null });
  const asking = useRef(false);
  const current = pages.of === key ? pages : null;
  const stamp = `${key}\n${JSON.stringify(batch.counts)}\n${batch.units}`;

  const latest = useRef<readonly BatchRowView[]>(NONE);
  const seen = useRef(0);
  const onView = useCallback((first: number) => {
    seen.current = first;
  }, []);
  const read = useCallback(
    async (after: number): Promise<readonly BatchRowView[]> =>
      station.call('batch.rows', {
        name: batch.name,
        ...(filter === null ? {} : { outcome: filter }),
        after,
        limit: PAGE,
      }),
    [station, batch.name, filter],
  );
  useEffect(() => {
    let open = true;
    // A run tells of itself several times a second; the table follows more slowly.
    const timer = setTimeout(() => {
      const start = filter === null ? Math.floor(seen.current / PAGE) * PAGE : 0;
      read(latest.current[start - 1]?.line ?? 0).then(
        (page) => {
          if (!open) return;
          setPages((before) => {
            const old = before.of === key && filter === null ? before.rows : NONE;
            const rows = [...old.slice(0, start), ...page, ...old.slice(start + page.length)];
            return {
              of: key,
              rows,
              isWhole: page.length < PAGE && rows.length === start + page.length,
              error: null,
            };
          });
        },
        (thrown: unknown) => {
          if (open) setPages({ of: key, rows: [], isWhole: true, error: reportOf(thrown) });
        },
      );
    }, REFRESH_MS);
    return () => {
      open = false;
      clearTimeout(timer);
    };
  }, [read, key, filter, stamp]);

  const rows = current?.rows ?? NONE;
  useEffect(() => {
    latest.current = rows;
    if (rows.length === 0) seen.current = 0;
  }, [rows]);
  const isWhole = current?.isWhole ?? true;
  const more = useCallback(() => {
    const last = rows.at(-1);
    if (asking.current || isWhole || last === undefined) return;
    asking.current = true;
    read(last.line)
      .then(
        (next) =>
          setPages((before) =>
            before.of === key && before.rows.at(-1)?.line === last.line
              ? { ...before, rows: [...before.rows, ...next], isWhole: next.length < PAGE }
              : before,
          ),
        (thrown: unknown) => setPages({ of: key, rows: [], isWhole: true, error: reportOf(thrown) }),
      )
      .finally(() => {
        asking.current = false;
      });
  }, [read, rows, isWhole, key]);
  return { rows, loading: current === null, error: current?.error ?? null, more, onView };
}

const NONE: readonly BatchRowView[] = [];
/** Milliseconds. */
const REFRESH_MS = 250;
