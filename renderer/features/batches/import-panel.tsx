import { Button, Checkbox, Loader, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { BatchReport } from '../../../src/contract/batches.ts';
import type { ErrorReport } from '../../../src/model/job.ts';
import { ErrorPanel } from '../../components/error-panel.tsx';
import { SidePanel } from '../../components/side-panel.tsx';
import { messages } from '../../messages.ts';
import { reportOf } from '../../station.ts';
import { useStore, useWindowState } from '../../store.ts';
import { UnknownBench } from './benches-panel.tsx';
import { AS_FOUND, paramsOf, type FileChoices } from './file-choices.ts';
import { FileChoicesForm } from './file-choices-form.tsx';
import { FileReport } from './file-report.tsx';
import { useBatches } from './use-batches.ts';
import classes from './batches.module.css';

/** Bad rows that are asked for: more than anybody mends by hand. */
const MOST_PROBLEMS = 10_000;
const NAME = /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/;

/** A file becomes a batch: chosen, looked at, named, stored. */
export function ImportPanel({ onClose }: { readonly onClose: () => void }): ReactNode {
  const store = useStore();
  const { station } = store;
  const { open, look } = useBatches();
  const progress = useWindowState((state) => state.batches.progress);
  const [path, setPath] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [report, setReport] = useState<BatchReport | null>(null);
  const [error, setError] = useState<ErrorReport | null>(null);
  /** The columns of the file as the station found them by itself. */
  const [found, setFound] = useState<BatchReport['columns']>([]);
  const [choices, setChoices] = useState<FileChoices>(AS_FOUND);
  /** What the report is of: the file is stored as it was looked at, never otherwise. */
  const [looked, setLooked] = useState<FileChoices>(AS_FOUND);
  const [trusted, setTrusted] = useState(false);
  const [name, setName] = useState('');
  const [acceptGoodRows, setAccept] = useState(false);
  const text = messages.batches.importing;

  const during = (act: () => Promise<void>): void => {
    setBusy(true);
    setError(null);
    act()
      .catch((thrown: unknown) => setError(reportOf(thrown)))
      .finally(() => {
        setBusy(false);
        store.dispatch({ type: 'batches', action: { type: 'progress', progress: null } });
      });
  };
  const check = async (file: string, said: FileChoices): Promise<void> => {
    setPath(file);
    setReport(null);
    setAccept(false);
    setTrusted(false);
    setChoices(said);
    if (said === AS_FOUND) setFound([]);
    const seen = await station.call('batch.check', {
      path: file,
      limit: MOST_PROBLEMS,
      ...paramsOf(said, found),
    });
    if (seen.share !== null) setName(seen.share.batch);
    if (said === AS_FOUND) setFound(seen.columns);
    setLooked(said);
    setReport(seen);
  };
  const choose = (): void =>
    during(async () => {
      const file = await station.shell('shell.choose-path', { kind: 'csv' });
      if (file === null) return;
      if (name.trim() === '') setName(nameOf(file));
      await check(file, AS_FOUND);
    });
  const keep = (): void =>
    during(async () => {
      if (path === null) return;
      const stored = await station.call('batch.import', {
        path,
        name: name.trim(),
        acceptGoodRows,
        limit: MOST_PROBLEMS,
        ...paramsOf(looked, found),
        ...(report?.share == null ? {} : { trust: report.share.key }),
      });
      setReport(stored);
      if (stored.batch === null) return;
      await look();
      open(stored.batch.name);
      onClose();
    });
  const isKnown = report?.share?.known !== false || trusted;
  const stale = choices !== looked;
  const usable =
    isKnown && !stale && report !== null && report.good > 0 && (report.bad === 0 || acceptGoodRows);
  return (
    <SidePanel title={text.title} wide onClose={onClose}>
      {report === null ? <p className={classes.plain}>{text.intro}</p> : null}
      <div className={classes.acts}>
        <Button variant={report === null ? 'filled' : 'default'} disabled={busy} onClick={choose}>
          {path === null ? text.choose : text.another}
        </Button>
        {path === null ? null : (
          <Button variant="default" disabled={busy} onClick={() => during(() => check(path, choices))}>
            {text.again}
          </Button>
        )}
      </div>
      {busy ? (
        <p role="status" className={classes.reading}>
          <Loader size="sm" />{' '}
          {progress === null ? text.looking : text.reading[progress.phase](progress.rows)}
        </p>
      ) : null}
      {error === null ? null : <ErrorPanel error={error} />}
      {report === null ? null : <FileReport report={report} />}
      {found.length === 0 ? null : (
        <FileChoicesForm found={found} choices={choices} disabled={busy} onChoices={setChoices} />
      )}
      {stale && path !== null ? (
        <div className={classes.acts}>
          <p className={classes.plain}>{text.stale}</p>
          <Button disabled={busy} onClick={() => during(() => check(path, choices))}>
            {text.lookSo}
          </Button>
        </div>
      ) : null}
      {report === null ? null : (
        <>
          {isKnown ? null : (
            <UnknownBench
              station={report.share.station}
              fingerprint={report.share.key}
              onTrust={() => setTrusted(true)}
              onLeave={onClose}
            />
          )}
          {report.bad > 0 && report.good > 0 ? (
            <Checkbox
              label={text.acceptGood(report.good, report.bad)}
              description={text.acceptHelp}
              checked={acceptGoodRows}
              onChange={(event) => setAccept(event.currentTarget.checked)}
            />
          ) : null}
          {report.good > 0 ? (
            <TextInput
              label={text.name}
              description={text.nameHelp}
              value={name}
              maxLength={64}
              error={name.trim() !== '' && !NAME.test(name.trim())}
              onChange={(event) => setName(event.currentTarget.value)}
            />
          ) : null}
          <div>
            <Button
              disabled={!usable || busy || !NAME.test(name.trim())}
              title={stale ? text.stale : ''}
              onClick={keep}
            >
              {text.store(report.good)}
            </Button>
          </div>
        </>
      )}
    </SidePanel>
  );
}

/** What a batch is called at first: as its file. */
export function nameOf(path: string): string {
  const file = path.split(/[\\/]/).at(-1) ?? '';
  const name = file.replace(/\.[^.]*$/, '').replace(/[^A-Za-z0-9 ._-]+/g, '-');
  return name.replace(/^[^A-Za-z0-9]+/, '').slice(0, 64);
}
