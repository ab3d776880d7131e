import { useState, type ReactNode } from 'react';
import type { ErrorReport } from '../../../src/model/job.ts';
import type { RecordView } from '../../../src/contract.ts';
import { KEY_TYPES } from '../../../src/model/key.ts';
import { ErrorPanel } from '../../components/error-panel.tsx';
import { Facts } from '../../components/facts.tsx';
import { SidePanel } from '../../components/side-panel.tsx';
import { duration, grouped, when } from '../../format.ts';
import { messages } from '../../messages.ts';
import { InventoryFailure, inventoryWords } from '../inventory/inventory-state.tsx';
import { useWindowState } from '../../store.ts';
import { SaveSheet } from '../job/save-sheet.tsx';
import { VerdictLine } from '../job/verdict-line.tsx';
import { proofWords } from './record-table.tsx';

/** One record as the journal has it. */
export function RecordPanel({
  record: shown,
  onClose,
}: {
  readonly record: RecordView;
  readonly onClose: () => void;
}): ReactNode {
  // What goes on after a verdict shows while the panel is open.
  const record =
    useWindowState((state) => state.records.find(({ seq }) => seq === shown.seq) ?? null) ?? shown;
  const text = messages.job;
  const [error, setError] = useState<ErrorReport | null>(null);
  const type = KEY_TYPES.find((known) => known === record.keyType);
  return (
    <SidePanel title={`${messages.records.title1} ${record.seq}`} onClose={onClose}>
      <VerdictLine verdict={record.verdict} text={messages.verdicts[record.verdict].meaning} />
      {record.error === null ? null : <ErrorPanel error={record.error} />}
      <Facts
        facts={[
          { name: text.identity, value: record.identity, mono: true },
          { name: text.label, value: record.label },
          { name: text.key, value: type === undefined ? record.keyType : messages.keys.types[type] },
          {
            name: text.fingerprint,
            value: record.keyFingerprint === null ? null : grouped(record.keyFingerprint),
            mono: true,
          },
          { name: text.proof, value: proofWords(record.proof) },
          { name: text.server, value: record.server },
          { name: text.deviceId, value: record.deviceId, mono: true },
          {
            name: messages.inventory.title,
            value: record.inventory === null ? null : inventoryWords(record.inventory),
          },
          { name: text.port, value: record.port, mono: true },
          { name: text.started, value: when(record.at, new Date()) },
          { name: text.took, value: duration(record.ms) },
          { name: text.jobId, value: record.job, mono: true },
        ]}
      />
      <InventoryFailure record={record} />
      <div>
        <SaveSheet job={record.job} identity={record.identity} label={messages.sheet.of} onError={setError} />
      </div>
      {error === null ? null : <ErrorPanel error={error} />}
    </SidePanel>
  );
}
