import {
  currentServer,
  hindrance,
  isPlace,
  obstacle,
  rightToStart,
  sessionLeft,
  tally,
  toStart,
  urged,
} from './bench.ts';
import { timeLeft, unitName } from './format.ts';
import { messages } from './messages.ts';
import type { WindowState } from './state.ts';
import type { ErrorReport } from '../src/model/job.ts';
import { RIGHT_TEXTS } from '../src/model/rights.ts';

export type Tone = 'calm' | 'busy' | 'good' | 'warn' | 'bad';
export type GuidanceAction =
  | 'start-rehearsal'
  | 'add-server'
  | 'sign-in'
  | 'set-up'
  | 'restart'
  | 'details'
  | 'dismiss'
  | 'finish'
  | 'unfinished'
  | 'plan';

/** The one line that says what is going on and what to do next. */
export interface Guidance {
  readonly tone: Tone;
  readonly title: string;
  readonly text: string;
  readonly actions: readonly GuidanceAction[];
  /** The whole error behind the line. */
  readonly error: ErrorReport | null;
}

/** Milliseconds before the end of a login from which on the window says so. */
export const SESSION_SOON_MS = 60 * 60_000;

/** What is to be said of the station itself, on every screen; null when nothing is. */
export function stationLine(state: WindowState): Guidance | null {
  const text = messages.guidance;
  const { connection } = state;
  if (connection.state === 'down') return line('bad', text.down(connection.cause), ['restart']);
  if (connection.state === 'restarting') return line('warn', text.restarting(connection.cause));
  if (!state.loaded || connection.state === 'connecting') return line('busy', text.connecting);
  if (state.readOnly !== null)
    return {
      tone: 'bad',
      title: text.readOnly,
      text: `${state.readOnly.message} ${state.readOnly.remedy}`,
      actions: ['details'],
      error: state.readOnly,
    };
  if (state.notice !== null)
    return {
      tone: 'bad',
      title: state.notice.message,
      text: state.notice.remedy,
      actions: ['details', 'dismiss'],
      error: state.notice,
    };
  return null;
}

/** What to do next on the bench. @param now milliseconds since 1970 */
export function guidance(state: WindowState, now: number): Guidance {
  const ofStation = stationLine(state);
  if (ofStation !== null) return ofStation;
  const text = messages.guidance;
  const counts = tally(state);
  const done = counts.pass + counts.already + counts.fail + counts.stopped;
  if (counts.running > 0) return line('busy', text.running(counts.running, done));
  const cut = urged(state);
  const places = state.slots.filter((slot) => isPlace(state, slot));
  const server = currentServer(state);
  const name = server?.name ?? '';
  switch (obstacle(state, now)) {
    case 'no-server':
      return state.rehearsal.offer
        ? line('calm', text.firstRun, places.length === 0 ? [] : ['start-rehearsal'])
        : line('calm', text.noServer, ['add-server']);
    case 'signed-out':
      return line('warn', text.signedOut(name), ['sign-in']);
    case 'session-ended':
      return line('warn', text.sessionEnded(name), ['sign-in']);
    case 'no-profile':
      return line('warn', text.noProfile, ['set-up']);
    case 'locked':
      return line('warn', messages.people.guidanceLocked);
    case 'not-permitted':
      return line(
        'warn',
        messages.people.guidanceMayNot(
          state.people.person ?? '',
          RIGHT_TEXTS[rightToStart(state) ?? 'provision'],
        ),
      );
    case 'offline':
    case 'read-only':
    case null:
      break;
  }
  if (cut.length > 0)
    return line(
      'warn',
      text.interrupted(
        cut.map(unitName),
        cut.every(({ safe }) => safe),
      ),
      ['finish', 'unfinished'],
    );
  const left = server === null ? null : sessionLeft(server, now);
  if (left !== null && left < SESSION_SOON_MS) {
    const soon = benchLine(state, done);
    return {
      ...soon,
      tone: 'warn',
      text: `${text.sessionSoon(timeLeft(left))} ${soon.text}`,
      actions: ['sign-in'],
    };
  }
  return benchLine(state, done);
}

function benchLine(state: WindowState, done: number): Guidance {
  const text = messages.guidance;
  const places = state.slots.filter((slot) => isPlace(state, slot));
  if (places.length === 0) return line('calm', text.noPorts);
  const ready = toStart(state);
  const counts = tally(state);
  const good = counts.pass + counts.already;
  if (state.selected.length > 0 && ready.length > 0)
    return line('calm', text.readyMarked(ready.length), ['plan']);
  if (done > 0 && ready.every((slot) => slot.job !== null))
    return line(done === good ? 'good' : 'warn', text.finished(good, done - good));
  if (ready.length > 0) return line('calm', text.ready(ready.length), ['plan']);
  if (places.every((slot) => hindrance(state, slot) === 'not-usable')) return line('warn', text.blocked);
  return line('calm', text.waiting);
}

/** @returns a line without an error behind it */
export function line(
  tone: Tone,
  words: { readonly title: string; readonly text: string },
  actions: readonly GuidanceAction[] = [],
): Guidance {
  return { tone, title: words.title, text: words.text, actions, error: null };
}
