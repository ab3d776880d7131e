import type { ReactNode } from 'react';
import type { BatchView } from '../../../src/contract/batches.ts';
import type { ErrorReport } from '../../../src/model/job.ts';
import { SaveButton } from '../../components/save-button.tsx';
import { fileName } from '../../format.ts';
import { messages } from '../../messages.ts';
import { useWhyNot } from '../../rights.ts';
import { useStore } from '../../store.ts';
import { failedRows } from './state.ts';
import classes from './batches.module.css';

/** Its rows as a file for people; where some failed, those alone, to be mended. */
export function BatchFiles({ batch }: { readonly batch: BatchView }): ReactNode {
  const store = useStore();
  const why = useWhyNot('export');
  const text = messages.batches.files;
  const failed = failedRows(batch.counts) + batch.leftOut;
  const save = async (failedOnly: boolean): Promise<string | null> => {
    const name = fileName(failedOnly ? 'batch-failed' : 'batch', batch.name, 'csv');
    const path = await store.station.shell('shell.choose-save', { kind: 'csv', name });
    if (path === null) return null;
    // The system's own dialog has asked whether an earlier file may go.
    const call = { name: batch.name, format: 'csv', path, failed: failedOnly, force: true } as const;
    return (await store.station.call('batch.export', call)).path;
  };
  const onError = (error: ErrorReport | null): void => store.dispatch({ type: 'notice', error });
  return (
    <div className={classes.acts}>
      {failed === 0 ? null : (
        <SaveButton
          key={`failed ${batch.id} ${failed}`}
          label={text.failed}
          saved={text.saved}
          save={() => save(true)}
          why={why}
          onError={onError}
        />
      )}
      <SaveButton
        key={`rows ${batch.id}`}
        label={text.rows}
        saved={text.saved}
        save={() => save(false)}
        why={why}
        onError={onError}
      />
    </div>
  );
}
