import { TextInput } from '@mantine/core';
import { useRef, useState, type ReactNode } from 'react';
import type { RecordView } from '../../../src/contract.ts';
import type { ErrorReport } from '../../../src/model/job.ts';
import { ErrorPanel } from '../../components/error-panel.tsx';
import { SidePanel } from '../../components/side-panel.tsx';
import { messages } from '../../messages.ts';
import type { OpenPanel } from '../../panel.ts';
import { reportOf, type Station } from '../../station.ts';
import { useStore } from '../../store.ts';
import { RecordTable } from './record-table.tsx';
import classes from './records.module.css';

/** How many records a search shows. */
const MOST = 200;

/** What became of a unit over time, found by the beginning of any value of its identity. */
export function HistoryPanel({
  open,
  onClose,
}: {
  readonly open: OpenPanel;
  readonly onClose: () => void;
}): ReactNode {
  const { station } = useStore();
  const [text, setText] = useState('');
  const [found, setFound] = useState<readonly RecordView[] | null>(null);
  const [error, setError] = useState<ErrorReport | null>(null);
  /** The newest question: an older one's answer may come later. */
  const asked = useRef(0);
  const words = messages.history;
  const search = (value: string): void => {
    setText(value);
    asked.current += 1;
    const round = asked.current;
    const begin = value.trim();
    if (begin === '') {
      setFound(null);
      return;
    }
    recordsOf(station, begin).then(
      (records) => {
        if (asked.current !== round) return;
        setFound(records);
        setError(null);
      },
      (thrown: unknown) => {
        if (asked.current === round) setError(reportOf(thrown));
      },
    );
  };
  return (
    <SidePanel title={words.title} wide onClose={onClose}>
      <TextInput
        label={words.search}
        description={words.searchHelp}
        value={text}
        maxLength={200}
        spellCheck={false}
        data-autofocus
        onChange={(event) => search(event.currentTarget.value)}
      />
      {error === null ? null : <ErrorPanel error={error} />}
      {found === null ? null : (
        <>
          <p role="status" className={classes.count}>
            {found.length === 0
              ? words.none(text.trim())
              : found.length === MOST
                ? words.most(MOST)
                : words.found(found.length)}
          </p>
          {found.length === 0 ? null : (
            <div className={classes.found} role="group" aria-label={words.title} tabIndex={0}>
              <RecordTable records={found} open={open} />
            </div>
          )}
        </>
      )}
    </SidePanel>
  );
}

/** As it was typed, and where nothing is found so, in small letters: hardware addresses are written both ways. */
async function recordsOf(station: Station, begin: string): Promise<readonly RecordView[]> {
  const ask = (value: string): Promise<readonly RecordView[]> =>
    station.call('journal.list', { identity: { value, match: 'prefix' }, limit: MOST });
  const found = await ask(begin);
  const small = begin.toLowerCase();
  return found.length > 0 || small === begin ? found : ask(small);
}
