import { Button, Checkbox } from '@mantine/core';
import { useEffect, useState, type ReactNode } from 'react';
import type { ServerView } from '../../../src/contract.ts';
import type { KnownCertificate } from '../../../src/contract/servers.ts';
import type { ErrorReport } from '../../../src/model/job.ts';
import { ErrorPanel } from '../../components/error-panel.tsx';
import { Facts } from '../../components/facts.tsx';
import { grouped } from '../../format.ts';
import { messages } from '../../messages.ts';
import { reportOf } from '../../station.ts';
import { useStore } from '../../store.ts';
import { useAsked } from './use-asked.ts';
import classes from './servers.module.css';

/** The key that a known server shows now, beside the one that is pinned; a person compares and may pin it. */
export function ServerKey({ server }: { readonly server: string }): ReactNode {
  const { station } = useStore();
  const [known, setKnown] = useState<KnownCertificate | null>(null);
  const [error, setError] = useState<ErrorReport | null>(null);
  useEffect(() => {
    let open = true;
    station.call('server.shown-certificate', { name: server }).then(
      (found) => {
        if (open) setKnown(found);
      },
      (thrown: unknown) => {
        if (open) setError(reportOf(thrown));
      },
    );
    return () => {
      open = false;
    };
  }, [station, server]);
  if (error !== null) return <ErrorPanel error={error} />;
  return known === null ? null : <Comparison server={server} known={known} />;
}

function Comparison({
  server,
  known: { certificate, pinned, seen },
}: {
  readonly server: string;
  readonly known: KnownCertificate;
}): ReactNode {
  const { station } = useStore();
  const text = messages.signin;
  const [compared, setCompared] = useState(false);
  const pin = useAsked<ServerView>();
  const { spkiSha256 } = certificate;
  return (
    <div className={classes.pin}>
      <Facts
        facts={[
          { name: messages.servers.pinSubject, value: certificate.subject },
          { name: messages.servers.pinIssuer, value: certificate.issuer },
          {
            name: messages.servers.pinValid,
            value: messages.servers.pinFromTo(certificate.validFrom, certificate.validTo),
          },
          { name: text.keyPinned, value: pinned === null ? null : grouped(pinned), mono: true },
          {
            name: seen === null ? '' : text.keySeen(seen.at),
            value: seen === null ? null : grouped(seen.spkiSha256),
            mono: true,
          },
          { name: text.keyNow, value: grouped(spkiSha256), mono: true },
        ]}
      />
      {pinned === spkiSha256 ? (
        <p role="status">{pin.state === 'done' ? text.keyTrusted : text.keySame}</p>
      ) : pin.state === 'done' ? (
        <p role="status">{text.keyTrusted}</p>
      ) : (
        <>
          <Checkbox
            label={messages.servers.pinConfirm}
            checked={compared}
            onChange={(event) => setCompared(event.currentTarget.checked)}
          />
          <Button
            disabled={!compared}
            loading={pin.state === 'asking'}
            onClick={() => pin.ask(station.call('server.pin', { name: server, spkiSha256 }))}
          >
            {text.keyTrust}
          </Button>
        </>
      )}
      {pin.state === 'failed' ? <ErrorPanel error={pin.error} /> : null}
    </div>
  );
}
