import type { ReactNode } from 'react';
import type { ErrorReport } from '../../../src/model/job.ts';
import { SaveButton } from '../../components/save-button.tsx';
import { fileName } from '../../format.ts';
import { messages } from '../../messages.ts';
import { useWhyNot } from '../../rights.ts';
import { useStore } from '../../store.ts';

/** Saves the sheet of an ended job as a PDF where the person says; the button then says that it is there. */
export function SaveSheet({
  job,
  identity,
  label,
  className = '',
  onError,
}: {
  readonly job: string;
  /** What the file is named after. */
  readonly identity: string | null;
  readonly label: string;
  readonly className?: string;
  readonly onError: (error: ErrorReport | null) => void;
}): ReactNode {
  const { station } = useStore();
  const why = useWhyNot('export');
  const save = async (): Promise<string | null> => {
    const path = await station.shell('shell.choose-save', {
      kind: 'pdf',
      name: fileName('station', identity ?? job, 'pdf'),
    });
    if (path === null) return null;
    // The system's own dialog has asked whether an earlier file may go.
    const { path: written } = await station.call('rekey.sheet', { job, path, force: true });
    return written;
  };
  return (
    <SaveButton
      className={className}
      label={label}
      saved={messages.sheet.saved}
      save={save}
      why={why}
      onError={onError}
    />
  );
}
