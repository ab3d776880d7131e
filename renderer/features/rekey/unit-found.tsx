import { Checkbox } from '@mantine/core';
import type { ReactNode } from 'react';
import type { UnitReport } from '../../../src/model/rekey.ts';
import { ErrorPanel } from '../../components/error-panel.tsx';
import { identityText } from '../../format.ts';
import { messages } from '../../messages.ts';
import { useStore } from '../../store.ts';
import { toConfirm, type RekeyFlow } from './flow.ts';
import classes from './unit-found.module.css';

/** What kind of case a unit is, in plain sentences, and the word of a person where it needs one. */
export function UnitFound({
  flow,
  report,
}: {
  readonly flow: RekeyFlow;
  readonly report: UnitReport;
}): ReactNode {
  const text = messages.rekey;
  const [first, ...others] = headings(report);
  return (
    <section className={classes.found} data-tone={tone(report)} aria-label={text.found}>
      {first === undefined ? null : <h2>{first}</h2>}
      {others.map((each) => (
        <h3 key={each}>{each}</h3>
      ))}
      {report.sentences.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
      {report.former === null ? null : <Change report={report} former={report.former} />}
      {report.obstacle === null ? (
        <Confirmations flow={flow} report={report} />
      ) : (
        <ErrorPanel error={report.obstacle} quiet />
      )}
    </section>
  );
}

/** The cases in a few words each. Of a server that could not be asked nothing is claimed. */
function headings({ cases, offline }: UnitReport): readonly string[] {
  const text = messages.rekey;
  if (offline === null) return cases.map((each) => text.cases[each]);
  return [text.offlineCase, ...cases.filter((each) => each !== 'known').map((each) => text.cases[each])];
}

function tone({ obstacle, cases, offline }: UnitReport): 'good' | 'warn' | 'bad' {
  if (obstacle !== null) return 'bad';
  return cases.every((each) => each === 'known') && offline === null ? 'good' : 'warn';
}

/** The old identity and the new one, one above the other, so that a wrong one is seen. */
function Change({
  report,
  former,
}: {
  readonly report: UnitReport;
  readonly former: NonNullable<UnitReport['former']>;
}): ReactNode {
  const text = messages.rekey;
  return (
    <dl className={classes.change}>
      <dt>{text.was}</dt>
      <dd className="mono">{identityText(former.identity)}</dd>
      <dt>{text.is}</dt>
      <dd className="mono">{identityText(report.identity)}</dd>
      <dt>{text.formerDevice}</dt>
      <dd>{former.device === null ? text.noFormerDevice : text.deviceStatus[former.device.status]}</dd>
    </dl>
  );
}

function Confirmations({
  flow,
  report,
}: {
  readonly flow: RekeyFlow;
  readonly report: UnitReport;
}): ReactNode {
  const store = useStore();
  const text = messages.rekey;
  const wanted = toConfirm(report);
  if (wanted.length === 0) return null;
  const wish = (part: Partial<Pick<RekeyFlow, 'confirmed' | 'decommissionFormer'>>): void =>
    store.dispatch({ type: 'rekey', action: { type: 'wish', wish: part } });
  return (
    <fieldset className={classes.word}>
      <legend>{text.confirmTitle}</legend>
      {wanted.map((each) => (
        <Checkbox
          key={each}
          classNames={{ root: classes.tick ?? '' }}
          label={text.confirm[each]}
          checked={flow.confirmed.includes(each)}
          onChange={(event) =>
            wish({
              confirmed: event.currentTarget.checked
                ? [...flow.confirmed, each]
                : flow.confirmed.filter((other) => other !== each),
            })
          }
        />
      ))}
      {wanted.includes('identity-changed') && report.former?.device ? (
        <Checkbox
          classNames={{ root: classes.tick ?? '' }}
          label={text.decommission}
          description={text.decommissionHelp}
          checked={flow.decommissionFormer}
          onChange={(event) => wish({ decommissionFormer: event.currentTarget.checked })}
        />
      ) : null}
    </fieldset>
  );
}
