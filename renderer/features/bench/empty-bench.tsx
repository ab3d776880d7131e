import { Button, Loader, SegmentedControl } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { Icon } from '../../components/icon.tsx';
import { messages } from '../../messages.ts';
import type { ServerView } from '../../../src/contract.ts';
import type { OpenPanel } from '../../panel.ts';
import { useWhyNot } from '../../rights.ts';
import { useStore, useWindowState } from '../../store.ts';
import { startRehearsal } from './guidance-strip.tsx';
import classes from './empty-bench.module.css';

/** The bench while the station has not said yet what is on it. */
export function LoadingBench(): ReactNode {
  return (
    <div className={classes.loading} role="status">
      <Loader size="lg" />
      <p>{messages.empty.loading}</p>
    </div>
  );
}

/** The bench without any port: the first run invites to the rehearsal, later ones say what usually is in the way. */
export function EmptyBench({ open }: { readonly open: OpenPanel }): ReactNode {
  const offer = useWindowState((state) => state.rehearsal.offer);
  return offer ? <FirstRun open={open} /> : <NoPorts open={open} />;
}

function FirstRun({ open }: { readonly open: OpenPanel }): ReactNode {
  const text = messages.empty;
  const [kind, setKind] = useState<ServerView['kind']>('mender');
  const whyNotAdd = useWhyNot('servers');
  return (
    <div className={classes.two}>
      <section className={classes.hero}>
        <div className={classes.boards} aria-hidden="true">
          {[0, 1, 2, 3].map((at) => (
            <Icon key={at} name="board" size={64} />
          ))}
        </div>
        <h2>{text.rehearsalTitle}</h2>
        <p>{kind === 'mic' ? messages.mic.rehearsalText : text.rehearsalText}</p>
        <RehearsalKind kind={kind} onKind={setKind} />
        <RehearsalButton big kind={kind} />
      </section>
      <section className={classes.side}>
        <h2>{text.realTitle}</h2>
        <ol>
          {text.realSteps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
        <Button
          variant="default"
          leftSection={<Icon name="server" />}
          disabled={whyNotAdd !== null}
          title={whyNotAdd ?? ''}
          onClick={() => open({ kind: 'servers', view: { at: 'add' } })}
        >
          {text.addServer}
        </Button>
        <Button variant="subtle" onClick={() => open({ kind: 'doctor' })}>
          {text.check}
        </Button>
      </section>
    </div>
  );
}

function NoPorts({ open }: { readonly open: OpenPanel }): ReactNode {
  const store = useStore();
  const [kind, setKind] = useState<ServerView['kind']>('mender');
  const text = messages.empty;
  return (
    <section className={classes.ports}>
      <div className={classes.portsHead}>
        <span className={classes.plug}>
          <Icon name="plug" size={56} />
        </span>
        <div>
          <h2>{text.noPortsTitle}</h2>
          <p>{text.noPortsText}</p>
        </div>
      </div>
      <ul className={classes.causes}>
        {text.causes.map((cause) => (
          <li key={cause.title}>
            <h3>{cause.title}</h3>
            <p>{cause.text}</p>
          </li>
        ))}
      </ul>
      <div className={classes.buttons}>
        <Button leftSection={<Icon name="refresh" />} onClick={() => void store.ask('port.refresh', {})}>
          {messages.common.refresh}
        </Button>
        <Button variant="default" onClick={() => open({ kind: 'doctor' })}>
          {text.check}
        </Button>
        <span className={classes.rehearsal}>
          <RehearsalKind kind={kind} onKind={setKind} />
          <RehearsalButton big={false} kind={kind} />
        </span>
      </div>
    </section>
  );
}

/** What kind of server the rehearsal has. */
function RehearsalKind({
  kind,
  onKind,
}: {
  readonly kind: ServerView['kind'];
  readonly onKind: (kind: ServerView['kind']) => void;
}): ReactNode {
  const text = messages.mic;
  return (
    <div role="group" aria-label={text.rehearsalKind} className={classes.kind}>
      <SegmentedControl
        value={kind}
        onChange={(value) => onKind(value === 'mic' ? value : 'mender')}
        data={[
          { value: 'mender', label: text.kinds.mender },
          { value: 'mic', label: text.kinds.mic },
        ]}
      />
    </div>
  );
}

function RehearsalButton({
  big,
  kind,
}: {
  readonly big: boolean;
  readonly kind: ServerView['kind'];
}): ReactNode {
  const store = useStore();
  const why = useWhyNot('rehearse');
  const [starting, setStarting] = useState(false);
  const text = messages.empty;
  return (
    <Button
      variant={big ? 'filled' : 'subtle'}
      size={big ? 'xl' : 'lg'}
      loading={starting}
      disabled={why !== null}
      title={why ?? ''}
      className={big ? (classes.heroButton ?? '') : ''}
      onClick={() => {
        setStarting(true);
        void startRehearsal(store, kind).finally(() => setStarting(false));
      }}
    >
      {big ? text.rehearsalStart : text.tryRehearsal}
    </Button>
  );
}
