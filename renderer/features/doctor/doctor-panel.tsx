import { Loader } from '@mantine/core';
import { useEffect, useState, type ReactNode } from 'react';
import type { DoctorLine } from '../../../src/contract.ts';
import type { ErrorReport } from '../../../src/model/job.ts';
import { ErrorPanel } from '../../components/error-panel.tsx';
import { Findings } from '../../components/findings.tsx';
import { SidePanel } from '../../components/side-panel.tsx';
import { messages } from '../../messages.ts';
import { reportOf } from '../../station.ts';
import { useStore } from '../../store.ts';

/** What stands in the way on this machine, and how to mend it. */
export function DoctorPanel({ onClose }: { readonly onClose: () => void }): ReactNode {
  const { station } = useStore();
  const [lines, setLines] = useState<readonly DoctorLine[] | null>(null);
  const [error, setError] = useState<ErrorReport | null>(null);
  useEffect(() => {
    let open = true;
    station.call('doctor', {}).then(
      (found) => {
        if (open) setLines(found);
      },
      (thrown: unknown) => {
        if (open) setError(reportOf(thrown));
      },
    );
    return () => {
      open = false;
    };
  }, [station]);
  return (
    <SidePanel title={messages.doctor.title} onClose={onClose}>
      {error !== null ? (
        <ErrorPanel error={error} />
      ) : lines === null ? (
        <p role="status">
          <Loader size="sm" /> {messages.doctor.running}
        </p>
      ) : (
        <Findings lines={lines} />
      )}
    </SidePanel>
  );
}
