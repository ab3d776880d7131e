import type { ReactNode } from 'react';
import type { RekeyRequestView } from '../../../src/contract.ts';
import { Copyable } from '../../components/copyable.tsx';
import { Facts } from '../../components/facts.tsx';
import { grouped, identityText, shortFingerprint, when } from '../../format.ts';
import { messages } from '../../messages.ts';
import { OnServer } from '../rekey/who-it-is.tsx';
import classes from './requests.module.css';

/** Who asks for what and why, and what the server has of the unit. */
export function RequestRead({
  view,
  server,
}: {
  readonly view: RekeyRequestView;
  readonly server: string;
}): ReactNode {
  const text = messages.requests.approve;
  const now = new Date();
  const { reason, expires } = view;
  const words = [messages.rekey.reasons[reason.code], reason.text].filter(Boolean).join(': ');
  return (
    <>
      <section className={classes.section} aria-label={text.unit}>
        <h3>{text.unit}</h3>
        <p className={classes.unit}>{identityText(view.identity)}</p>
        <Facts
          facts={[
            { name: text.reason, value: words },
            { name: text.newKey, value: shortFingerprint(view.fingerprint), mono: true },
            {
              name: text.oldKey,
              value: view.oldKey === null ? text.unknownKey : shortFingerprint(view.oldKey),
              mono: true,
            },
            { name: text.serverUrl, value: view.serverUrl, mono: true },
          ]}
        />
        <h3>{text.onServer(server)}</h3>
        <div>
          <OnServer device={view.device} held={view.oldKey} />
        </div>
      </section>
      <section className={classes.section} aria-label={text.whoAsks}>
        <h3>{text.whoAsks}</h3>
        <Facts
          facts={[
            { name: text.station, value: view.station },
            { name: text.operator, value: view.operator ?? text.nobody },
            { name: text.at, value: when(view.at, now) },
            {
              name: text.expires,
              value:
                Date.parse(expires) <= now.getTime()
                  ? `${when(expires, now)} (${text.expired})`
                  : when(expires, now),
            },
          ]}
        />
        <Copyable
          name={text.stationKey}
          text={view.stationKey}
          shown={grouped(view.stationKey)}
          help={text.stationKeyHelp}
        />
      </section>
    </>
  );
}
