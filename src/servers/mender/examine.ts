import { randomUUID } from 'node:crypto';
import type { DoctorLine } from '../../contract.ts';
import type { Clock } from '../../model/clock.ts';
import { asStationError, StationError } from '../../model/station-error.ts';
import type { HttpAnswer, HttpClient } from '../http/client.ts';
import type { MenderApi } from './api.ts';
import { errorText, isMendersOwn } from './answer.ts';
import type { CallInput, MenderCall } from './calls.ts';
import type { MenderSession } from './session.ts';

interface Parts {
  readonly session: MenderSession;
  readonly api: MenderApi;
  readonly http: HttpClient;
  readonly clock: Clock;
}

const ROLE =
  'Use an account with the role Admin, or with one that may manage all devices: a new device is in no group.';
/** More than this between the clocks of server and station is worth a word, and this much is in the way. Milliseconds. */
const CLOCK_NOTE_MS = 5000;
const CLOCK_BAD_MS = 300_000;

/**
 * What the account may do at a Mender server, found by trying what changes nothing: calls about devices that do not exist,
 * and one that the server refuses before it looks at anything. A gateway judges rights before all that, so a 403 is a
 * right that is missing and any other refusal one that is there.
 *
 * @throws StationError where the server cannot be asked at all.
 */
export async function examineAccount(parts: Parts, signal: AbortSignal): Promise<readonly DoctorLine[]> {
  const { session, http } = parts;
  if (session.isOld) {
    const { message, remedy } = new StationError('server/old', { server: 'This' });
    return [line('version', 'note', message, remedy)];
  }
  const ask = (call: MenderCall, input: CallInput = {}): Promise<HttpAnswer | 'forbidden'> =>
    tried(() => session.call(call, input, signal));
  const plans = await ask('plans');
  const nobody = randomUUID();
  const accept = await ask('set status', { ids: [nobody, randomUUID()], json: { status: 'accepted' } });
  const preauthorize = await ask('preauthorize', {
    json: { identity_data: { station: nobody }, pubkey: '' },
  });
  const search = await ask('inventory search', {
    json: {
      page: 1,
      per_page: 1,
      filters: [{ scope: 'identity', attribute: 'station', type: '$eq', value: nobody }],
    },
  });
  const tags = await ask('set tags', {
    ids: [nobody],
    json: [{ name: 'station', value: '' }],
    // Of no device: it would not be changed even where one of this id were made this moment.
    headers: { 'if-match': nobody },
  });
  const ofToday = session.isOfToday === true;
  return [
    version(ofToday, plans),
    right('accept boards', accept, [404]),
    right('preauthorize', preauthorize, [400]),
    ofToday
      ? line('second key beside the first', 'ok', 'supported (force)')
      : line(
          'second key beside the first',
          'note',
          'not before 2026: a re-keying has its new key accepted instead',
        ),
    ...inventory(search, tags),
    ...(await limits(parts.api, signal)),
    clockLine([plans, accept, preauthorize, search, tags], parts.clock),
    http.slowedDown === 0
      ? line('rate limit', 'ok', 'none met')
      : line(
          'rate limit',
          'note',
          `the server asked to slow down ${http.slowedDown} time(s); the station waits as told`,
        ),
  ];
}

async function tried(call: () => Promise<HttpAnswer>): Promise<HttpAnswer | 'forbidden'> {
  try {
    return await call();
  } catch (thrown) {
    if (thrown instanceof StationError && thrown.code === 'server/forbidden') return 'forbidden';
    throw thrown;
  }
}

/** Measured, not asked: a token that names its key, and calls that one of the two does not have. */
function version(ofToday: boolean, plans: HttpAnswer | 'forbidden'): DoctorLine {
  const hasPlans = plans !== 'forbidden' && plans.status === 200;
  if (ofToday) return line('version', 'ok', 'as of 2026');
  return hasPlans
    ? line('version', 'note', 'between 2023 and 2026: taken for one of 2023')
    : line('version', 'ok', 'as of 2023');
}

/** `harmless`: what the server answers to the trial of somebody who may. */
function right(check: string, answer: HttpAnswer | 'forbidden', harmless: readonly number[]): DoctorLine {
  if (answer === 'forbidden')
    return line(check, 'bad', 'this account may not (403): its role gives no right to it', ROLE);
  if (harmless.includes(answer.status) && isMendersOwn(answer)) return line(check, 'ok', 'may');
  return line(
    check,
    'bad',
    `the server answers ${answer.status}: ${errorText(answer) || 'no reason given'}`,
    'Look at the server’s log; boards cannot be served before this works.',
  );
}

function inventory(search: HttpAnswer | 'forbidden', tags: HttpAnswer | 'forbidden'): readonly DoctorLine[] {
  if (search === 'forbidden')
    return [
      line(
        'inventory',
        'note',
        'this account may not search it: devices are found by their keys alone',
        ROLE,
      ),
    ];
  if (search.status !== 200)
    return [
      line(
        'inventory',
        'note',
        `none that answers (${search.status}): no tags and no groups, and devices are found by their keys alone`,
      ),
    ];
  const may = tags !== 'forbidden' && (tags.status === 404 || tags.status === 412);
  return [
    line('inventory', 'ok', 'there'),
    may
      ? line('tags', 'ok', 'may be set')
      : tags === 'forbidden'
        ? line('tags', 'note', 'this account may set none (403)', ROLE)
        : line('tags', 'note', `cannot be set (${tags.status})`),
  ];
}

/** The limit is not checked at preauthorization, so what is preauthorized counts as well. */
async function limits(api: MenderApi, signal: AbortSignal): Promise<readonly DoctorLine[]> {
  try {
    const [limit, accepted, preauthorized] = await Promise.all([
      api.limit(signal),
      api.count('accepted', signal),
      api.count('preauthorized', signal),
    ]);
    const counted = `${accepted} accepted, ${preauthorized} preauthorized`;
    if (limit === null) return [line('device limit', 'ok', `${counted}, no limit`)];
    const left = Math.max(0, limit - accepted - preauthorized);
    return left === 0
      ? [
          line(
            'device limit',
            'bad',
            `reached: ${counted}, limit ${limit}`,
            'Have the limit raised, or decommission devices that are gone.',
          ),
        ]
      : [line('device limit', 'ok', `${left} left: ${counted}, limit ${limit}`)];
  } catch (thrown) {
    const error = asStationError(thrown);
    if (error.code !== 'server/forbidden') throw error;
    return [line('device limit', 'note', 'this account may not look at it', ROLE)];
  }
}

function clockLine(answers: readonly (HttpAnswer | 'forbidden')[], clock: Clock): DoctorLine {
  const last = answers.findLast((answer) => answer !== 'forbidden');
  const at = Date.parse(last?.headers.get('date') ?? '');
  if (Number.isNaN(at))
    return line('clock of the server', 'note', 'the server does not say what time it has');
  // The header has whole seconds, and its way took a moment.
  const apart = clock.now() - at;
  const seconds = Math.round(Math.abs(apart) / 1000);
  if (Math.abs(apart) <= CLOCK_NOTE_MS)
    return line('clock of the server', 'ok', 'that of the server agrees with this machine’s');
  return line(
    'clock of the server',
    Math.abs(apart) > CLOCK_BAD_MS ? 'bad' : 'note',
    `this machine is ${seconds} s ${apart > 0 ? 'ahead of' : 'behind'} the server`,
    'Set the clock of the one that is wrong: ends of logins and times in the record depend on it.',
  );
}

function line(
  check: string,
  state: DoctorLine['state'],
  text: string,
  remedy: string | null = null,
): DoctorLine {
  return { check, state, text, remedy };
}
