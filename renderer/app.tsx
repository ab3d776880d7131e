import { MantineProvider, type MantineColorSchemeManager } from '@mantine/core';
import { useEffect, useState, type ReactNode } from 'react';
import { jobOf, toStart } from './bench.ts';
import { ErrorPanel } from './components/error-panel.tsx';
import { SidePanel } from './components/side-panel.tsx';
import { batchesLine } from './features/batches/batches-line.ts';
import { BatchesScreen } from './features/batches/batches-screen.tsx';
import { ImportPanel } from './features/batches/import-panel.tsx';
import { PreauthorizePanel } from './features/batches/preauthorize-panel.tsx';
import { ReconcilePanel } from './features/batches/reconcile-panel.tsx';
import { BenchesPanel } from './features/batches/benches-panel.tsx';
import { TakeBackPanel } from './features/batches/take-back-panel.tsx';
import { BenchScreen } from './features/bench/bench-screen.tsx';
import { GuidanceStrip } from './features/bench/guidance-strip.tsx';
import { AS_PROFILE, keySourceText, type KeyChoice } from './features/bench/key-choice.ts';
import { LiveVerdicts } from './features/bench/live-verdicts.tsx';
import { VerdictSound } from './features/bench/verdict-sound.ts';
import { DoctorPanel } from './features/doctor/doctor-panel.tsx';
import { IdentifyPanel } from './features/identify/identify-panel.tsx';
import { Header } from './features/header/header.tsx';
import { OperatorDialog } from './features/header/operator-dialog.tsx';
import { JournalPanel } from './features/journal/journal-panel.tsx';
import { JobPanel } from './features/job/job-panel.tsx';
import { HistoryPanel } from './features/records/history-panel.tsx';
import { LockScreen } from './features/people/lock-screen.tsx';
import { PeoplePanel } from './features/people/people-panel.tsx';
import { PersonDialog } from './features/people/person-dialog.tsx';
import { useActivity } from './features/people/use-activity.ts';
import { PlanPanel } from './features/plan/plan-panel.tsx';
import { RecordPanel } from './features/records/record-panel.tsx';
import { rekeyLine } from './features/rekey/rekey-line.ts';
import { RekeyScreen } from './features/rekey/rekey-screen.tsx';
import { rekeyOrder } from './features/rekey/use-rekey.ts';
import { ApprovePanel } from './features/requests/approve-panel.tsx';
import { ApproversPanel } from './features/requests/approvers-panel.tsx';
import { ResumePanel } from './features/resume/resume-panel.tsx';
import { ServersPanel } from './features/servers/servers-panel.tsx';
import { NO_INVENTORY } from './features/set-up/inventory-draft.ts';
import { SetUpPanel } from './features/set-up/set-up-panel.tsx';
import { guidance } from './guidance.ts';
import { messages } from './messages.ts';
import type { OpenPanel, Panel, Screen } from './panel.ts';
import { mayMend } from './rights.ts';
import { StoreContext, useStore, useWholeState, useWindowState, type Store } from './store.ts';
import { theme } from './theme.ts';
import classes from './app.module.css';

/**
 * The window. Mantine's variables and classes come from files (`theme.css`): the page's policy allows no style elements.
 */
export function App({ store }: { readonly store: Store }): ReactNode {
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      colorSchemeManager={COLOUR_SCHEME}
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <StoreContext value={store}>
        <Window />
      </StoreContext>
    </MantineProvider>
  );
}

/**
 * Gives the focus back to what opened a panel by the keyboard, when the last panel has gone. After a mouse it goes to the
 * bench, so that the space bar starts and does not open the panel again.
 */
function useFocusReturn(covered: boolean): void {
  useEffect(() => {
    if (!covered) return undefined;
    const opener = document.activeElement;
    const byKeyboard = opener?.matches(':focus-visible') === true;
    return () => {
      if (byKeyboard && opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, [covered]);
}

/** The window follows its theme in every case: main sets that, and keeps it in the window's file. */
const COLOUR_SCHEME: MantineColorSchemeManager = {
  get: () => 'auto',
  set: () => undefined,
  subscribe: () => undefined,
  unsubscribe: () => undefined,
  clear: () => undefined,
};

function Window(): ReactNode {
  const store = useStore();
  const [screen, setScreen] = useState<Screen>('bench');
  const [opened, setOpened] = useState<Panel | null>(null);
  const [keyChoice, setKeyChoice] = useState<KeyChoice>(AS_PROFILE);
  const [label, setLabel] = useState('');
  const [inventory, setInventory] = useState(NO_INVENTORY);
  const offered = useWindowState((state) => state.resumeOffered);
  const locked = useWindowState((state) => state.people.locked);
  const blind = useWindowState((state) => state.people.blind);
  const [looking, setLooking] = useState(false);
  // Where the station was given up there is nobody to sign in at.
  const given = useWindowState((state) => state.connection.state === 'down');
  const shut = locked && !given && (blind || !looking);
  const [wasLocked, setWasLocked] = useState(locked);
  if (locked !== wasLocked) {
    setWasLocked(locked);
    setLooking(false);
    if (locked) setOpened(null);
  }
  // What was typed into a panel is gone with it: whoever signs in may be another one.
  const panel: Panel | null = shut ? null : (opened ?? (offered ? RESUME : null));
  useActivity();
  useFocusReturn(panel !== null);

  const close = (): void => {
    if (panel?.kind === 'resume') store.dispatch({ type: 'resume-seen' });
    setOpened(null);
  };
  const plan = (): void => {
    const state = store.getState();
    const keySource = keySourceText(keyChoice);
    const rekey = screen === 'rekey' ? rekeyOrder(state) : null;
    const { server, profile } = state.preferences;
    if (rekey !== null) setOpened({ kind: 'plan', planned: { flow: 'rekey', call: rekey } });
    else if (!keySource.finished) setOpened({ kind: 'set-up' });
    else if (server !== null && profile !== null) {
      const ports = toStart(state).map(({ port }) => port);
      const from = keySource.text === null ? {} : { keySource: keySource.text };
      const counted = state.batches.bench === null ? {} : { batch: state.batches.bench };
      setOpened({
        kind: 'plan',
        planned: { flow: 'provision', call: { ports, server, profile, ...from, ...counted } },
      });
    }
  };
  return (
    <>
      <div className={classes.window} inert={shut}>
        <Header open={setOpened} screen={screen} onScreen={setScreen} onSignIn={() => setLooking(false)} />
        <GuidanceStrip line={LINES[screen]} open={setOpened} onPlan={plan} />
        {screen === 'bench' ? (
          <BenchScreen
            open={setOpened}
            keyChoice={keyChoice}
            onKeyChoice={setKeyChoice}
            label={label}
            inventory={inventory}
            covered={panel !== null || shut}
            onRekey={(slot) => {
              const job = jobOf(store.getState(), slot);
              if (job !== null) store.dispatch({ type: 'rekey', action: { type: 'show', job } });
              setScreen('rekey');
            }}
          />
        ) : screen === 'rekey' ? (
          <RekeyScreen open={setOpened} />
        ) : (
          <BatchesScreen open={setOpened} onBench={() => setScreen('bench')} />
        )}
        <LiveVerdicts />
        <VerdictSound />
        {panel === null ? null : panel.kind === 'set-up' ? (
          <SetUpPanel
            keyChoice={keyChoice}
            onKeyChoice={setKeyChoice}
            label={label}
            onLabel={setLabel}
            inventory={inventory}
            onInventory={setInventory}
            onClose={close}
          />
        ) : (
          <OpenedPanel
            panel={panel}
            open={setOpened}
            onClose={close}
            onRekey={() => {
              close();
              setScreen('rekey');
            }}
          />
        )}
      </div>
      {shut ? <LockScreen onLook={() => setLooking(true)} /> : null}
    </>
  );
}

/** What each screen says on top. */
const LINES = { bench: guidance, rekey: rekeyLine, batches: batchesLine } satisfies Record<Screen, unknown>;
const RESUME: Panel = { kind: 'resume' };

function OpenedPanel({
  panel,
  open,
  onClose,
  onRekey,
}: {
  readonly panel: Exclude<Panel, { readonly kind: 'set-up' }>;
  readonly open: OpenPanel;
  readonly onClose: () => void;
  /** Closes it and goes to the re-key screen. */
  readonly onRekey: () => void;
}): ReactNode {
  const state = useWholeState();
  switch (panel.kind) {
    case 'servers':
      return <ServersPanel view={panel.view} open={open} onClose={onClose} />;
    case 'operator': {
      const onPeople = (): void => open({ kind: 'people' });
      return state.people.defined ? (
        <PersonDialog onClose={onClose} onPeople={onPeople} />
      ) : (
        <OperatorDialog onClose={onClose} onPeople={onPeople} />
      );
    }
    case 'people':
      return <PeoplePanel onClose={onClose} />;
    case 'doctor':
      return <DoctorPanel onClose={onClose} />;
    case 'error':
      return (
        <SidePanel title={messages.common.details} onClose={onClose}>
          <ErrorPanel error={panel.error} />
        </SidePanel>
      );
    case 'job': {
      // A job that has left the bench stays readable as it was last seen.
      const job = state.jobs[panel.job.job] ?? panel.job;
      const slot = state.slots.find((each) => each.slot === job.slot);
      return <JobPanel job={job} title={slot?.label ?? job.port} onClose={onClose} />;
    }
    case 'identify':
      return <IdentifyPanel slot={panel.slot} onClose={onClose} />;
    case 'record':
      return <RecordPanel record={panel.record} onClose={onClose} />;
    case 'resume':
      return <ResumePanel onClose={onClose} onRekey={onRekey} />;
    case 'history':
      return <HistoryPanel open={open} onClose={onClose} />;
    case 'journal':
      return <JournalPanel onClose={onClose} />;
    case 'plan':
      return <PlanPanel planned={panel.planned} onClose={onClose} />;
    case 'approve':
      return <ApprovePanel open={open} onClose={onClose} />;
    case 'approvers':
      return <ApproversPanel onClose={onClose} />;
    case 'import-batch':
      return <ImportPanel onClose={onClose} />;
    case 'preauthorize':
      return <PreauthorizePanel name={panel.batch} open={open} onClose={onClose} />;
    case 'reconcile':
      return (
        <ReconcilePanel
          name={panel.batch}
          server={panel.server}
          may={(fix) => mayMend(state.people, fix)}
          onClose={onClose}
        />
      );
    case 'benches':
      return <BenchesPanel name={panel.batch} onClose={onClose} />;
    case 'take-back':
      return <TakeBackPanel name={panel.batch} server={panel.server} onClose={onClose} />;
  }
}
