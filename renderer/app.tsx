import { MantineProvider, type MantineColorSchemeManager } from '@mantine/core';
import { useEffect, useState, type ReactNode } from 'react';
import { ErrorPanel } from './components/error-panel.tsx';
import { SidePanel } from './components/side-panel.tsx';
import { BenchScreen } from './features/bench/bench-screen.tsx';
import { DoctorPanel } from './features/doctor/doctor-panel.tsx';
import { IdentifyPanel } from './features/identify/identify-panel.tsx';
import { OperatorDialog } from './features/header/operator-dialog.tsx';
import { JobPanel } from './features/job/job-panel.tsx';
import { RecordPanel } from './features/records/record-panel.tsx';
import { ServersPanel } from './features/servers/servers-panel.tsx';
import { messages } from './messages.ts';
import type { OpenPanel, Panel } from './panel.ts';
import { StoreContext, useWholeState, type Store } from './store.ts';
import { theme } from './theme.ts';

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
  const [panel, setPanel] = useState<Panel | null>(null);
  const close = (): void => setPanel(null);
  useFocusReturn(panel !== null);
  return (
    <>
      <BenchScreen
        open={setPanel}
        settingUp={panel?.kind === 'set-up'}
        covered={panel !== null}
        onClose={close}
      />
      {panel === null ? null : <OpenedPanel panel={panel} open={setPanel} onClose={close} />}
    </>
  );
}

function OpenedPanel({
  panel,
  open,
  onClose,
}: {
  readonly panel: Panel;
  readonly open: OpenPanel;
  readonly onClose: () => void;
}): ReactNode {
  const state = useWholeState();
  switch (panel.kind) {
    case 'servers':
      return <ServersPanel view={panel.view} open={open} onClose={onClose} />;
    case 'operator':
      return <OperatorDialog onClose={onClose} />;
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
    case 'set-up':
      return null;
  }
}
