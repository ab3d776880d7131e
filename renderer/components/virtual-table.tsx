import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from 'react';
import classes from './virtual-table.module.css';

/** Rows that are drawn above and below what is seen, so that a quick turn of the wheel shows no gap. */
const BEYOND = 12;

/**
 * A table of very many rows of one height: only those in sight are in the document. Rows come in the order of the table, as
 * many as there are so far; `onEnd` is asked for more when the last of them come near.
 */
export function VirtualTable<Row>({
  label,
  columns,
  template,
  rows,
  rowKey,
  rowHeight = 48,
  total,
  cells,
  onEnd,
  onView,
  empty,
}: {
  readonly label: string;
  readonly columns: readonly string[];
  /** The widths of the columns, as `grid-template-columns`. */
  readonly template: string;
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string | number;
  /** In pixels. */
  readonly rowHeight?: number;
  /** How many there are in all. */
  readonly total: number;
  readonly cells: (row: Row) => readonly ReactNode[];
  readonly onEnd?: () => void;
  /** Told which row is the first in sight. */
  readonly onView?: (first: number) => void;
  /** What is said where there is no row. */
  readonly empty: string;
}): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const look = (): void => setView({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const first = Math.max(0, Math.floor(view.top / rowHeight) - BEYOND);
  const last = Math.min(rows.length, Math.ceil((view.top + view.height) / rowHeight) + BEYOND);
  const isNearEnd = last >= rows.length && rows.length < total;
  useEffect(() => {
    if (isNearEnd) onEnd?.();
  }, [isNearEnd, rows.length, onEnd]);
  const top = Math.floor(view.top / rowHeight);
  useEffect(() => onView?.(top), [onView, top]);
  const grid = { gridTemplateColumns: template };
  return (
    <div className={classes.table} role="table" aria-label={label} aria-rowcount={total + 1}>
      <div role="rowgroup" className={classes.head}>
        <div role="row" className={classes.row} style={grid} aria-rowindex={1}>
          {columns.map((column) => (
            <span key={column} role="columnheader">
              {column}
            </span>
          ))}
        </div>
      </div>
      <div
        ref={box}
        role="rowgroup"
        aria-label={label}
        tabIndex={0}
        className={classes.body}
        onScroll={({ currentTarget }) =>
          setView({ top: currentTarget.scrollTop, height: currentTarget.clientHeight })
        }
      >
        {rows.length === 0 ? (
          <p className={classes.empty}>{empty}</p>
        ) : (
          <div role="presentation" className={classes.all} style={{ height: rows.length * rowHeight }}>
            <div
              role="presentation"
              className={classes.shown}
              style={{ transform: `translateY(${first * rowHeight}px)` }}
            >
              {rows.slice(first, last).map((row, at) => (
                <div
                  key={rowKey(row)}
                  role="row"
                  className={classes.row}
                  style={{ ...grid, height: rowHeight }}
                  aria-rowindex={first + at + 2}
                >
                  {cells(row).map((cell, place) => (
                    <span key={columns[place]} role="cell">
                      {cell}
                    </span>
                  ))}
                </div>
              ))}
            </div>
          </div>
        )}
      </div>
    </div>
  );
}
