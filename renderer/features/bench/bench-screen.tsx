import { useState, type ReactNode } from 'react';
import type { SlotView } from '../../../src/contract.ts';
import { isPlace, obstacle } from '../../bench.ts';
import type { OpenPanel } from '../../panel.ts';
import { useStore, useToStart, useWindowState, type StartOptions } from '../../store.ts';
import { Header } from '../header/header.tsx';
import { Records } from '../records/records.tsx';
import { PassphraseDialog } from '../set-up/passphrase-dialog.tsx';
import { SetUpPanel } from '../set-up/set-up-panel.tsx';
import { BenchGrid } from './bench-grid.tsx';
import { CommandBar } from './command-bar.tsx';
import { EmptyBench, LoadingBench } from './empty-bench.tsx';
import { GuidanceStrip } from './guidance-strip.tsx';
import { AS_PROFILE, keySourceText, type KeyChoice } from './key-choice.ts';
import { LiveVerdicts } from './live-verdicts.tsx';
import { OtherPorts } from './other-ports.tsx';
import { useSpaceBar } from './use-space-bar.ts';
import classes from './bench-screen.module.css';

/** The bench: header, what to do next, the slots, the last records, and the one big button. */
export function BenchScreen({
  open,
  settingUp,
  covered,
  onClose,
}: {
  readonly open: OpenPanel;
  readonly settingUp: boolean;
  /** Whether a panel is open: then the space bar is not the bench's. */
  readonly covered: boolean;
  readonly onClose: () => void;
}): ReactNode {
  const store = useStore();
  const toStart = useToStart();
  const loaded = useWindowState((state) => state.loaded);
  const empty = useWindowState((state) => !state.slots.some((slot) => isPlace(state, slot)));
  const [keyChoice, setKeyChoice] = useState<KeyChoice>(AS_PROFILE);
  const [label, setLabel] = useState('');
  const [asking, setAsking] = useState<readonly SlotView[] | null>(null);

  const start = (slots: readonly SlotView[], options: StartOptions = {}): void => {
    const keySource = keySourceText(keyChoice);
    if (slots.length === 0 || obstacle(store.getState(), Date.now()) !== null) return;
    if (!keySource.finished) open({ kind: 'set-up' });
    else if (keyChoice.from === 'import' && keyChoice.encrypted && options.passphrase === undefined)
      setAsking(slots);
    else
      void store.start(
        slots,
        { keySource: keySource.text, label: label.trim() === '' ? null : label.trim() },
        options,
      );
  };
  const startAll = (): void => start(toStart(), { guarded: true });
  useSpaceBar(!covered && asking === null, startAll);

  return (
    <div className={classes.screen}>
      <Header open={open} />
      <GuidanceStrip open={open} />
      <main className={classes.main}>
        {!loaded ? (
          <LoadingBench />
        ) : empty ? (
          <EmptyBench open={open} />
        ) : (
          <BenchGrid onStart={(slot) => start([slot])} open={open} />
        )}
        <OtherPorts onStart={(slot) => start([slot])} open={open} />
        <Records open={open} />
      </main>
      <CommandBar keyChoice={keyChoice} onKeyChoice={setKeyChoice} onStart={startAll} open={open} />
      <LiveVerdicts />
      {settingUp ? (
        <SetUpPanel
          keyChoice={keyChoice}
          onKeyChoice={setKeyChoice}
          label={label}
          onLabel={setLabel}
          onClose={onClose}
        />
      ) : null}
      {asking === null ? null : (
        <PassphraseDialog
          onClose={() => setAsking(null)}
          onStart={(passphrase) => {
            setAsking(null);
            start(asking, { passphrase });
          }}
        />
      )}
    </div>
  );
}
