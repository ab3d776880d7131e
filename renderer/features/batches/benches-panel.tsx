import { Button, Checkbox, NumberInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { BatchMergeReport, BatchShareReport, MergedFile } from '../../../src/contract/batch-shares.ts';
import type { BatchView } from '../../../src/contract/batches.ts';
import type { ErrorReport } from '../../../src/model/job.ts';
import { ErrorPanel } from '../../components/error-panel.tsx';
import { SidePanel } from '../../components/side-panel.tsx';
import { messages } from '../../messages.ts';
import { reportOf } from '../../station.ts';
import { useStore, useWindowState } from '../../store.ts';
import classes from './batches.module.css';

const MOST_BENCHES = 99;

/** One batch over several benches: which parts others have, parts for more of them, and what came back. */
export function BenchesPanel({
  name,
  onClose,
}: {
  readonly name: string;
  readonly onClose: () => void;
}): ReactNode {
  const batch = useWindowState(({ batches }) => batches.list.find((each) => each.name === name) ?? null);
  const text = messages.batches.benches;
  return (
    <SidePanel title={text.title(name)} onClose={onClose}>
      <p className={classes.plain}>{text.intro}</p>
      {batch === null ? null : (
        <>
          <Parts batch={batch} />
          {batch.closed === null ? <Give name={name} /> : null}
          {batch.shares.length === 0 ? null : <Merge name={name} />}
        </>
      )}
    </SidePanel>
  );
}

function Parts({ batch }: { readonly batch: BatchView }): ReactNode {
  const store = useStore();
  const [asked, setAsked] = useState<number | null>(null);
  const text = messages.batches.benches;
  if (batch.shares.length === 0) return <p className={classes.soft}>{text.none}</p>;
  const takeBack = async (part: number): Promise<void> => {
    await store.ask('batch.return-share', { name: batch.name, part });
    setAsked(null);
  };
  return (
    <section className={classes.saving} aria-label={text.parts}>
      <h3>{text.parts}</h3>
      <ul className={classes.shares}>
        {batch.shares.map(({ part, parts, rows, units, returnedAt }) => (
          <li key={part}>
            <span>{text.part(part, parts, units, rows, returnedAt !== null)}</span>
            {returnedAt === null && asked !== part ? (
              <Button variant="default" aria-label={text.backOf(part)} onClick={() => setAsked(part)}>
                {text.back}
              </Button>
            ) : null}
            {asked === part ? (
              <div className={classes.sure} role="alertdialog" aria-label={text.backOf(part)}>
                <p>{text.sure}</p>
                <div className={classes.acts}>
                  <Button variant="default" autoFocus onClick={() => setAsked(null)}>
                    {text.no}
                  </Button>
                  <Button color="red" onClick={() => void takeBack(part)}>
                    {text.yes}
                  </Button>
                </div>
              </div>
            ) : null}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Writes the parts into a folder that a person chooses. */
function Give({ name }: { readonly name: string }): ReactNode {
  const { station } = useStore();
  const [benches, setBenches] = useState<number | string>(2);
  const [keep, setKeep] = useState(true);
  const [busy, setBusy] = useState(false);
  const [given, setGiven] = useState<BatchShareReport | null>(null);
  const [error, setError] = useState<ErrorReport | null>(null);
  const text = messages.batches.benches;
  const isNumber = typeof benches === 'number' && benches >= (keep ? 2 : 1) && benches <= MOST_BENCHES;
  const give = async (): Promise<void> => {
    setError(null);
    setBusy(true);
    try {
      const folder = await station.shell('shell.choose-folder', {});
      if (folder !== null && isNumber)
        setGiven(await station.call('batch.share', { name, benches, keep, folder }));
    } catch (thrown) {
      setError(reportOf(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <section className={classes.saving} aria-label={text.give}>
      <h3>{text.give}</h3>
      <NumberInput
        label={text.count}
        min={1}
        max={MOST_BENCHES}
        allowDecimal={false}
        hideControls
        value={benches}
        onChange={setBenches}
      />
      <Checkbox label={text.keep} checked={keep} onChange={(event) => setKeep(event.currentTarget.checked)} />
      <div>
        <Button disabled={busy || !isNumber} onClick={() => void give()}>
          {text.write}
        </Button>
      </div>
      {error === null ? null : <ErrorPanel error={error} />}
      {given === null ? null : (
        <div role="status" className={classes.plain}>
          {text.written}
          <ul>
            {given.files.map(({ path, rows }) => (
              <li key={path}>{text.file(path.replace(/^.*[\\/]/, ''), rows)}</li>
            ))}
          </ul>
          {text.key} <span className="mono">{given.key}</span>
        </div>
      )}
    </section>
  );
}

type Merging =
  | { readonly state: 'none' | 'merging' }
  | { readonly state: 'merged'; readonly report: BatchMergeReport }
  | { readonly state: 'unknown'; readonly file: MergedFile }
  | { readonly state: 'failed'; readonly error: ErrorReport };

/** Counts what another bench did; a key that is not known is shown first, to be compared. */
function Merge({ name }: { readonly name: string }): ReactNode {
  const { station } = useStore();
  const [merging, setMerging] = useState<Merging>({ state: 'none' });
  const text = messages.batches.benches;
  const during = (act: () => Promise<Merging>): void => {
    setMerging({ state: 'merging' });
    act().then(setMerging, (thrown: unknown) => setMerging({ state: 'failed', error: reportOf(thrown) }));
  };
  const merge = async (path: string, trust: readonly string[]): Promise<Merging> => ({
    state: 'merged',
    report: await station.call('batch.merge', { name, files: [path], trust: [...trust] }),
  });
  const choose = async (): Promise<Merging> => {
    const path = await station.shell('shell.choose-path', { kind: 'json' });
    if (path === null) return { state: 'none' };
    const { files } = await station.call('batch.merge', { name, files: [path], dryRun: true });
    const file = files.find(({ known }) => !known);
    return file === undefined ? await merge(path, []) : { state: 'unknown', file };
  };
  return (
    <section className={classes.saving} aria-label={text.merge}>
      <h3>{text.merge}</h3>
      <p className={classes.plain}>{text.mergeText}</p>
      <div>
        <Button variant="default" disabled={merging.state === 'merging'} onClick={() => during(choose)}>
          {text.choose}
        </Button>
      </div>
      {merging.state === 'failed' ? <ErrorPanel error={merging.error} /> : null}
      {merging.state === 'unknown' ? (
        <UnknownBench
          station={merging.file.station}
          fingerprint={merging.file.key}
          onTrust={() => during(() => merge(merging.file.path, [merging.file.key]))}
          onLeave={() => setMerging({ state: 'none' })}
        />
      ) : null}
      {merging.state === 'merged' ? (
        <ul role="status" className={classes.plain}>
          {merging.report.files.map(({ path, station: from, added, units, returned }) => (
            <li key={path}>{text.merged(from, added, units, returned)}</li>
          ))}
        </ul>
      ) : null}
    </section>
  );
}

/** A key that nobody here has seen: a person compares it, or leaves it. */
export function UnknownBench({
  station,
  fingerprint,
  onTrust,
  onLeave,
}: {
  readonly station: string;
  readonly fingerprint: string;
  readonly onTrust: () => void;
  readonly onLeave: () => void;
}): ReactNode {
  const text = messages.batches.benches;
  return (
    <div className={classes.sure} role="alertdialog" aria-label={text.unknown(station)}>
      <p>{text.compare(station)}</p>
      <p className="mono">{fingerprint}</p>
      <div className={classes.acts}>
        <Button variant="default" autoFocus onClick={onLeave}>
          {text.leave}
        </Button>
        <Button onClick={onTrust}>{text.trust}</Button>
      </div>
    </div>
  );
}
