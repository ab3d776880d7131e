import { Button } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { ErrorReport } from '../../../src/model/job.ts';
import { Icon } from '../../components/icon.tsx';
import { messages } from '../../messages.ts';
import { reportOf } from '../../station.ts';
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
  const [saved, setSaved] = useState<string | null>(null);
  const [saving, setSaving] = useState(false);
  const save = async (): Promise<void> => {
    const path = await station.shell('shell.choose-save', { kind: 'pdf', name: sheetName(identity ?? job) });
    if (path === null) return;
    setSaving(true);
    // The system's own dialog has asked whether an earlier file may go.
    const { path: written } = await station.call('rekey.sheet', { job, path, force: true });
    setSaved(written);
  };
  return (
    <Button
      className={className}
      variant="default"
      loading={saving}
      leftSection={<Icon name={saved === null ? 'sheet' : 'check'} />}
      title={saved ?? ''}
      onClick={() => {
        onError(null);
        save()
          .catch((thrown: unknown) => onError(reportOf(thrown)))
          .finally(() => setSaving(false));
      }}
    >
      <span aria-live="polite">{saved === null ? label : messages.sheet.saved}</span>
    </Button>
  );
}

/** A name that every file system takes. */
export function sheetName(identity: string): string {
  const name = identity.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '');
  return `station-${name.slice(0, 80)}.pdf`;
}
