import { useState, type ReactNode } from 'react';
import type { SlotView } from '../../../src/contract.ts';
import { isPlace, obstacle } from '../../bench.ts';
import type { OpenPanel } from '../../panel.ts';
import { useStore, useToStart, useWindowState, type StartOptions } from '../../store.ts';
import { Records } from '../records/records.tsx';
import { inventoryFrom, type InventoryDraft } from '../set-up/inventory-draft.ts';
import { PassphraseDialog } from '../set-up/passphrase-dialog.tsx';
import { BatchStrip } from './batch-strip.tsx';
import { BenchGrid } from './bench-grid.tsx';
import { CommandBar } from './command-bar.tsx';
import { EmptyBench, LoadingBench } from './empty-bench.tsx';
import { keySourceText, type KeyChoice } from './key-choice.ts';
import { OtherPorts } from './other-ports.tsx';
import { useSpaceBar } from './use-space-bar.ts';
import classes from './bench-screen.module.css';

/** The bench: the slots, the last records, and the one big button. */
export function BenchScreen({
  open,
  keyChoice,
  onKeyChoice,
  label,
  inventory,
  covered,
  onRekey,
}: {
  readonly open: OpenPanel;
  readonly keyChoice: KeyChoice;
  readonly onKeyChoice: (choice: KeyChoice) => void;
  /** The note for the record. */
  readonly label: string;
  /** What devices are called on the server. */
  readonly inventory: InventoryDraft;
  /** Whether a panel is open: then the space bar is not the bench's. */
  readonly covered: boolean;
  /** Goes to the re-key screen, to this slot. */
  readonly onRekey: (slot: SlotView) => void;
}): ReactNode {
  const store = useStore();
  const toStart = useToStart();
  const loaded = useWindowState((state) => state.loaded);
  const empty = useWindowState((state) => !state.slots.some((slot) => isPlace(state, slot)));
  const [asking, setAsking] = useState<readonly SlotView[] | null>(null);

  const start = (slots: readonly SlotView[], options: StartOptions = {}): void => {
    const keySource = keySourceText(keyChoice);
    if (slots.length === 0 || obstacle(store.getState(), Date.now()) !== null) return;
    const named = inventoryFrom(inventory);
    if (!keySource.finished || 'problems' in named) open({ kind: 'set-up' });
    else if (keyChoice.from === 'import' && keyChoice.encrypted && options.passphrase === undefined)
      setAsking(slots);
    else
      void store.start(
        slots,
        {
          keySource: keySource.text,
          label: label.trim() === '' ? null : label.trim(),
          inventory: named.wish,
        },
        options,
      );
  };
  const startAll = (): void => start(toStart(), { guarded: true });
  useSpaceBar(!covered && asking === null, startAll);

  return (
    <>
      <main className={classes.main}>
        <BatchStrip />
        {!loaded ? (
          <LoadingBench />
        ) : empty ? (
          <EmptyBench open={open} />
        ) : (
          <BenchGrid onStart={(slot, allow) => start([slot], { allow })} onRekey={onRekey} open={open} />
        )}
        <OtherPorts onStart={(slot) => start([slot])} open={open} />
        <Records open={open} />
      </main>
      <CommandBar keyChoice={keyChoice} onKeyChoice={onKeyChoice} onStart={startAll} open={open} />
      {asking === null ? null : (
        <PassphraseDialog
          onClose={() => setAsking(null)}
          onStart={(passphrase) => {
            setAsking(null);
            start(asking, { passphrase });
          }}
        />
      )}
    </>
  );
}
