import type { DoctorLine } from '../../contract.ts';
import type { ShiftCheck } from '../../contract/servers.ts';
import type { Clock } from '../../model/clock.ts';
import type { ErrorReport } from '../../model/job.ts';
import type { ServerProfile } from '../../model/server-profile.ts';
import { asStationError, StationError } from '../../model/station-error.ts';
import { showCertificate, verifyCertificate, type ConnectedServer } from '../../servers/index.ts';
import type { ProxySettings } from '../../servers/http/proxy.ts';
import { untilText } from './session-end.ts';

/** Of a shift that is given no end, in hours. */
const HOURS = 8;

export interface ShiftParts {
  readonly clock: Clock;
  readonly proxies: ProxySettings;
  readonly profile: ServerProfile;
  /** The server with a session. @throws StationError `server/not-logged-in`, `server/session-ended`. */
  readonly open: (signal: AbortSignal) => Promise<ConnectedServer>;
  /** Lines on this machine's disk and clock. */
  readonly machine: () => Promise<readonly DoctorLine[]>;
  /** Why the record cannot be written; null where it can. */
  readonly readOnly: ErrorReport | null;
  /** Devices that a batch will still need room for. @throws StationError `batch/unknown`. */
  readonly batchUnits: (batch: string) => number;
}

export interface ShiftWish {
  readonly until?: string | undefined;
  readonly hours?: number | undefined;
  readonly units?: number | undefined;
  readonly batch?: string | undefined;
}

/**
 * Whether a shift can begin: what would stop the bench in the middle of it is found before. Each line that is not fine says
 * what to do. Changes nothing.
 *
 * @throws StationError `station/usage` for an end that is past; `batch/unknown`.
 */
export async function checkShift(
  { until, hours = HOURS, units, batch }: ShiftWish,
  parts: ShiftParts,
  signal: AbortSignal,
): Promise<ShiftCheck> {
  const { clock, readOnly } = parts;
  const end = until === undefined ? clock.now() + hours * 3_600_000 : Date.parse(until);
  if (end <= clock.now())
    throw new StationError('station/usage', { detail: 'The end of the shift is in the past.' });
  const boards = units ?? (batch === undefined ? null : parts.batchUnits(batch));
  const lines: DoctorLine[] = [];
  const failed = (check: string, thrown: unknown): void => {
    const { message, remedy } = asStationError(thrown);
    lines.push(line(check, 'bad', message, remedy));
  };
  try {
    lines.push(await certificate(parts, end, signal));
    const server = await parts.open(signal);
    lines.push(login(server, end, clock.now()));
    const account = await server.examine(signal);
    lines.push(
      ...account.filter(
        ({ check, state }) => state !== 'ok' || check === 'clock of the server' || check === 'accept boards',
      ),
    );
    if (boards !== null) lines.push(await room(server, boards, signal));
  } catch (thrown) {
    failed('server', thrown);
  }
  lines.push(...(await parts.machine()));
  lines.push(
    readOnly === null
      ? line('record', 'ok', 'can be written')
      : // The window of this very bench, mostly.
        line(
          'record',
          readOnly.code === 'station/home-locked' ? 'note' : 'bad',
          readOnly.message,
          readOnly.remedy,
        ),
  );
  return { until: new Date(end).toISOString(), lines };
}

async function certificate(
  { profile, proxies }: ShiftParts,
  end: number,
  signal: AbortSignal,
): Promise<DoctorLine> {
  if (!profile.url.startsWith('https:'))
    return line('certificate', 'note', 'http without TLS: for a bench on this machine only');
  const { validTo } = await showCertificate(profile.url, signal, proxies);
  await verifyCertificate(profile, signal, proxies);
  // A pinned key is trusted whatever its certificate's dates are.
  if (profile.trust.by === 'pin') return line('certificate', 'ok', 'its key is the pinned one');
  const ends = Date.parse(validTo);
  return ends < end
    ? line(
        'certificate',
        'bad',
        `ends in the shift, at ${validTo}`,
        'Have whoever runs the server renew it before then.',
      )
    : line('certificate', 'ok', `lasts the shift (to ${validTo})`);
}

function login({ session, profile: { name } }: ConnectedServer, end: number, now: number): DoctorLine {
  const remedy = `Log in now (station server login ${name} --user EMAIL): the new login then lasts.`;
  if (session === null) return line('login', 'bad', 'nobody is logged in', remedy);
  const { account, expiresAt, refreshed } = session;
  const without = `${account}, ${untilText(session)}`;
  if (refreshed === true)
    return line(
      'login',
      'note',
      without,
      `Where it is older than a few days, log in anew (station server login ${name} --user NAME).`,
    );
  if (expiresAt === null) return line('login', 'ok', without);
  const minutes = Math.max(0, Math.round((Date.parse(expiresAt) - now) / 60_000));
  return Date.parse(expiresAt) < end
    ? line('login', 'bad', `${account}'s ends in the shift, at ${expiresAt} (in ${minutes} min)`, remedy)
    : line('login', 'ok', `${account}, lasts the shift (to ${expiresAt})`);
}

async function room(server: ConnectedServer, boards: number, signal: AbortSignal): Promise<DoctorLine> {
  const check = 'limit for the boards';
  // A server does not look at its limit when it preauthorizes: those devices will want their room as well.
  const { limit, accepted, preauthorized } =
    server.preauthorization === undefined
      ? { ...(await server.limit(signal)), preauthorized: 0 }
      : await server.preauthorization.room(signal);
  if (limit === null) return line(check, 'ok', `no limit; ${boards} to come`);
  const left = Math.max(0, limit - accepted - preauthorized);
  const counted = `${left} left (limit ${limit}, ${accepted} accepted, ${preauthorized} preauthorized), ${boards} to come`;
  return left < boards
    ? line(
        check,
        'bad',
        counted,
        'Have the limit raised, or decommission devices that are gone, before the shift begins.',
      )
    : line(check, 'ok', counted);
}

function line(
  check: string,
  state: DoctorLine['state'],
  text: string,
  remedy: string | null = null,
): DoctorLine {
  return { check, state, text, remedy };
}
