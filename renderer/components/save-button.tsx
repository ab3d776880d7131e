import { Button } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { ErrorReport } from '../../src/model/job.ts';
import { reportOf } from '../station.ts';
import { Icon } from './icon.tsx';

/** Saves a file where the person says; the button then says that it is there. */
export function SaveButton({
  label,
  saved: savedLabel,
  save,
  className = '',
  primary = false,
  disabled = false,
  why = null,
  onSaved,
  onError,
}: {
  readonly label: string;
  /** What it says once the file is there. */
  readonly saved: string;
  /** Asks where, and writes: the path, or null where the person thought better of it. */
  readonly save: () => Promise<string | null>;
  readonly className?: string;
  /** The one thing to do now, until it is done. */
  readonly primary?: boolean;
  readonly disabled?: boolean;
  /** Why whoever is here may not save it; null where they may. */
  readonly why?: string | null;
  readonly onSaved?: (path: string) => void;
  readonly onError: (error: ErrorReport | null) => void;
}): ReactNode {
  const [path, setPath] = useState<string | null>(null);
  const [saving, setSaving] = useState(false);
  const act = async (): Promise<void> => {
    onError(null);
    setSaving(true);
    try {
      const written = await save();
      if (written === null) return;
      setPath(written);
      onSaved?.(written);
    } catch (thrown) {
      onError(reportOf(thrown));
    } finally {
      setSaving(false);
    }
  };
  return (
    <Button
      className={className}
      variant={primary && path === null ? 'filled' : 'default'}
      loading={saving}
      disabled={disabled || why !== null}
      leftSection={<Icon name={path === null ? 'sheet' : 'check'} />}
      title={why ?? path ?? ''}
      onClick={() => void act()}
    >
      <span aria-live="polite">{path === null ? label : savedLabel}</span>
    </Button>
  );
}
