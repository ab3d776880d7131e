import type { ReactNode } from 'react';
import type { BatchView } from '../../../src/contract/batches.ts';
import { SaveButton } from '../../components/save-button.tsx';
import { fileName } from '../../format.ts';
import { messages } from '../../messages.ts';
import { useWhyNot } from '../../rights.ts';
import { useStore } from '../../store.ts';
import classes from './batches.module.css';

/** Every board that is through, for who gets them; and what the bench that a part is from merges. */
export function BatchCertificate({ batch }: { readonly batch: BatchView }): ReactNode {
  const store = useStore();
  const why = useWhyNot('export');
  const text = messages.batches.certificate;
  const { id, name, units, share } = batch;
  const ask = (what: string, kind: 'pdf' | 'csv' | 'json'): Promise<string | null> =>
    store.station.shell('shell.choose-save', { kind, name: fileName(what, name, kind) });
  const certificate = async (format: 'pdf' | 'csv' | 'json'): Promise<string | null> => {
    const path = await ask('certificate', format);
    if (path === null) return null;
    // The system's own dialog has asked whether an earlier file may go.
    return (await store.station.call('batch.certificate', { name, format, path, force: true })).path;
  };
  const result = async (): Promise<string | null> => {
    const path = await ask('result', 'json');
    if (path === null) return null;
    return (await store.station.call('batch.export', { name, format: 'json', path, force: true })).path;
  };
  const onError = (error: Parameters<Parameters<typeof SaveButton>[0]['onError']>[0]): void =>
    store.dispatch({ type: 'notice', error });
  if (units === 0 && share === null) return null;
  return (
    <section className={classes.saving} aria-label={text.label}>
      {units === 0 ? null : (
        <>
          <h3>{text.label}</h3>
          <div className={classes.acts}>
            {(['pdf', 'csv', 'json'] as const).map((format) => (
              <SaveButton
                key={`${format} ${id} ${units}`}
                label={text.save[format]}
                saved={messages.batches.files.saved}
                why={why}
                save={() => certificate(format)}
                onError={onError}
              />
            ))}
          </div>
        </>
      )}
      {share === null ? null : (
        <>
          <p className={classes.plain}>{text.forOrigin(share.station)}</p>
          <div className={classes.acts}>
            <SaveButton
              key={`result ${id} ${units}`}
              label={text.result}
              saved={messages.batches.files.saved}
              primary={batch.closed !== null}
              why={why}
              save={result}
              onError={onError}
            />
          </div>
        </>
      )}
    </section>
  );
}
