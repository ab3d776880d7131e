import type { ReactNode } from 'react';
import { SidePanel } from '../../components/side-panel.tsx';
import { messages } from '../../messages.ts';
import type { OpenPanel, ServersView } from '../../panel.ts';
import { useWindowState } from '../../store.ts';
import { AddServer } from './add-server.tsx';
import { ServerList } from './server-list.tsx';
import { SignIn } from './sign-in.tsx';

/** The servers that the station knows: which is used, who is signed in and for how long. */
export function ServersPanel({
  view,
  open,
  onClose,
}: {
  readonly view: ServersView;
  readonly open: OpenPanel;
  readonly onClose: () => void;
}): ReactNode {
  const servers = useWindowState((state) => state.servers);
  const text = messages.servers;
  const show = (next: ServersView): void => open({ kind: 'servers', view: next });
  switch (view.at) {
    case 'add':
      return (
        <SidePanel title={text.addTitle} onClose={onClose}>
          <AddServer
            onAdded={(server) => show({ at: 'sign-in', server })}
            onCancel={() => (servers.length === 0 ? onClose() : show({ at: 'list' }))}
          />
        </SidePanel>
      );
    case 'sign-in':
      return (
        <SidePanel title={text.signInTitle(view.server)} onClose={onClose}>
          <SignIn
            key={view.server}
            server={view.server}
            onDone={onClose}
            onCancel={() => show({ at: 'list' })}
          />
        </SidePanel>
      );
    case 'list':
      return (
        <SidePanel title={text.title} onClose={onClose}>
          <ServerList show={show} open={open} />
        </SidePanel>
      );
  }
}
