import type { ReactNode } from 'react';
import type { AuthSet, Device } from '../../../src/model/device.ts';
import type { UnitReport } from '../../../src/model/rekey.ts';
import { KEY_TYPES, type KeyFingerprint } from '../../../src/model/key.ts';
import { currentServer } from '../../bench.ts';
import { Facts } from '../../components/facts.tsx';
import { identityText, shortFingerprint, when } from '../../format.ts';
import { messages } from '../../messages.ts';
import { useWindowState } from '../../store.ts';
import { VerdictTag } from '../job/verdict-line.tsx';
import classes from './who-it-is.module.css';

/** Who a unit is: on its own word, on the server's, and by the records of this station. */
export function WhoItIs({ report }: { readonly report: UnitReport }): ReactNode {
  const server = useWindowState(currentServer);
  const text = messages.rekey;
  return (
    <section className={classes.card} aria-label={text.unit}>
      <h2 className={classes.identity}>{identityText(report.identity)}</h2>
      <p className={classes.names}>{Object.keys(report.identity).join(', ')}</p>
      <h3>{text.onBoard}</h3>
      <OnBoard report={report} />
      <h3>{text.onServer(server?.name ?? '')}</h3>
      {report.offline !== null ? (
        <p>
          {text.offline}: {report.offline.message}
        </p>
      ) : report.device === null ? (
        <p className={classes.unknown}>{text.unknownThere}</p>
      ) : (
        <OnServer device={report.device} held={report.key.fingerprint} />
      )}
      <h3>{text.inRecords}</h3>
      <InRecords report={report} />
    </section>
  );
}

function OnBoard({ report: { key, staged, serverUrls } }: { readonly report: UnitReport }): ReactNode {
  const text = messages.rekey;
  return (
    <Facts
      facts={[
        { name: text.key, value: key.fingerprint === null ? text.noKey : keyText(key.type, key.fingerprint) },
        { name: text.keyFile, value: key.path, mono: true },
        {
          name: text.staged,
          value:
            staged === null
              ? null
              : staged.fingerprint === null
                ? text.stagedUnknown
                : shortFingerprint(staged.fingerprint),
        },
        { name: text.servers, value: serverUrls.length === 0 ? text.noServers : serverUrls.join(', ') },
      ]}
    />
  );
}

function keyText(type: string | null, fingerprint: KeyFingerprint): ReactNode {
  const known = KEY_TYPES.find((each) => each === type);
  return (
    <>
      {known === undefined ? messages.keys.otherType : messages.keys.types[known]}{' '}
      <span className="mono">{shortFingerprint(fingerprint)}</span>
    </>
  );
}

/** A device as its server has it. */
export function OnServer({
  device,
  held,
}: {
  readonly device: Device;
  /** The key of the board, as far as anybody can tell. */
  readonly held: string | null;
}): ReactNode {
  const text = messages.rekey;
  const now = new Date();
  return (
    <>
      <Facts
        facts={[
          {
            name: text.status,
            value: (
              <span
                className={classes.status}
                data-status={device.decommissioning ? 'rejected' : device.status}
              >
                {device.decommissioning ? text.decommissioning : text.deviceStatus[device.status]}
              </span>
            ),
          },
          {
            name: text.lastCheckIn,
            value: device.lastCheckIn === undefined ? text.never : when(device.lastCheckIn, now),
          },
          { name: text.deviceId, value: device.id, mono: true },
        ]}
      />
      {device.authSets.length === 0 ? null : (
        <ul className={classes.sets} aria-label={text.authSets}>
          {device.authSets.map((set) => (
            <SetRow key={set.id} set={set} held={held} now={now} />
          ))}
        </ul>
      )}
    </>
  );
}

function SetRow({
  set,
  held,
  now,
}: {
  readonly set: AuthSet;
  readonly held: string | null;
  readonly now: Date;
}): ReactNode {
  const text = messages.rekey;
  return (
    <li>
      <span className={classes.status} data-status={set.status}>
        {text.authSet[set.status]}
      </span>
      <span className="mono">{shortFingerprint(set.fingerprint)}</span>
      <span>{set.fingerprint === held ? text.thisKey : text.otherKey}</span>
      <span className={classes.soft}>{set.since === undefined ? '' : text.since(when(set.since, now))}</span>
    </li>
  );
}

function InRecords({ report: { jobs } }: { readonly report: UnitReport }): ReactNode {
  const text = messages.rekey;
  if (jobs.length === 0) return <p>{text.noJobs}</p>;
  const now = new Date();
  return (
    <ul className={classes.jobs}>
      {jobs.map(({ job, at, verdict, flow }) => (
        <li key={job}>
          <VerdictTag verdict={verdict} />
          <span>{text.job[flow]}</span>
          <span className={classes.soft}>{when(at, now)}</span>
        </li>
      ))}
    </ul>
  );
}
