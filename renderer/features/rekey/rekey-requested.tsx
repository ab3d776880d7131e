import { useState, type ReactNode } from 'react';
import type { RekeyFileReport } from '../../../src/contract.ts';
import type { ErrorReport } from '../../../src/model/job.ts';
import { Copyable } from '../../components/copyable.tsx';
import { ErrorPanel } from '../../components/error-panel.tsx';
import { Facts } from '../../components/facts.tsx';
import { Icon } from '../../components/icon.tsx';
import { SaveButton } from '../../components/save-button.tsx';
import { fileName, grouped, identityText, when } from '../../format.ts';
import { messages } from '../../messages.ts';
import { useStore } from '../../store.ts';
import { saveStationFile } from '../requests/station-file.ts';
import running from './rekey-running.module.css';
import classes from './rekey-requested.module.css';

/** The request is written: how it gets to the admin, and by what the admin can tell that it is this station's. */
export function RekeyRequested({ report }: { readonly report: RekeyFileReport }): ReactNode {
  const { station } = useStore();
  const [error, setError] = useState<ErrorReport | null>(null);
  const text = messages.requests;
  const name = fileName('station-request', identityText(report.identity), 'json');
  return (
    <section className={running.card} aria-label={messages.rekey.unit}>
      <div className={running.waiting}>
        <Icon name="sheet" size={64} />
        <div>
          <h2 className={running.word}>{text.made}</h2>
          <p className={running.fate}>{text.madeText}</p>
        </div>
      </div>
      {error === null ? null : <ErrorPanel error={error} />}
      <div className={classes.columns}>
        <div>
          <ol className={classes.steps}>
            {text.steps.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
          <SaveButton
            label={text.save}
            saved={text.saved}
            primary
            save={() => saveStationFile(station, name, report.file)}
            onError={setError}
          />
        </div>
        <div>
          <Copyable name={text.ownKey} text={report.stationKey} shown={grouped(report.stationKey)} />
          <Facts
            facts={[
              { name: messages.rekey.identity, value: identityText(report.identity), mono: true },
              { name: text.to, value: report.approver },
              { name: text.validUntil, value: when(report.expires, new Date()) },
              { name: text.newKey, value: grouped(report.fingerprint), mono: true },
            ]}
          />
        </div>
      </div>
    </section>
  );
}
