import { currentProfile, currentServer, sessionLeft } from '../../bench.ts';
import { line, stationLine, type Guidance } from '../../guidance.ts';
import { messages } from '../../messages.ts';
import { whyNot } from '../../rights.ts';
import type { WindowState } from '../../state.ts';
import { acceptanceOf } from './acceptance.ts';
import { isGood, missing, stageOf } from './flow.ts';

/** What to do next on the re-key screen. @param now milliseconds since 1970 */
export function rekeyLine(state: WindowState, now: number): Guidance {
  const ofStation = stationLine(state);
  if (ofStation !== null) return ofStation;
  const text = messages.rekey.lines;
  const { rekey: flow } = state;
  switch (stageOf(flow)) {
    case 'starting':
      return line('busy', text.starting);
    case 'running':
      return line('busy', text.running);
    case 'waiting':
      return line('warn', text.waiting);
    case 'requested':
      return line('warn', text.requested);
    case 'lost':
      return line('warn', text.lost, ['unfinished']);
    case 'ended':
      return ended(state);
    case 'reading':
      return line('busy', text.reading);
    case 'read':
      return read(state);
    case 'choose':
      return needed(state, now) ?? line('calm', flow.unit.state === 'failed' ? text.unreadable : text.choose);
  }
}

function read(state: WindowState): Guidance {
  const text = messages.rekey.lines;
  const { unit } = state.rekey;
  if (unit.state !== 'read') return line('calm', text.choose);
  if (unit.report.obstacle !== null) return line('warn', text.obstacle);
  const acceptance = acceptanceOf(state);
  const { offline } = unit.report;
  const plan = acceptance.by === 'login' && missing(state.rekey) === null ? (['plan'] as const) : [];
  if (offline === null) return line('calm', text.read, plan);
  return offline.code === 'server/not-logged-in'
    ? line('calm', acceptance.by === 'request' ? text.unasked : text.read)
    : line('warn', text.offline);
}

function ended({ rekey: { job } }: WindowState): Guidance {
  const text = messages.rekey.lines;
  return job.state === 'seen' && isGood(job.view.result) ? line('good', text.good) : line('bad', text.bad);
}

/** What a unit cannot be read or asked after without. */
function needed(state: WindowState, now: number): Guidance | null {
  const text = messages.guidance;
  const why = whyNot(state.people, 'rekey');
  if (why !== null) return line('warn', { title: messages.people.rekeyNot, text: why });
  const server = currentServer(state);
  if (server === null) return line('calm', text.noServer, ['add-server']);
  if (currentProfile(state) === null) return line('warn', text.noProfile, ['set-up']);
  if (server.session === null) return line('calm', messages.rekey.lines.signedOut(server.name), ['sign-in']);
  const left = sessionLeft(server, now);
  return left !== null && left <= 0 ? line('warn', text.sessionEnded(server.name), ['sign-in']) : null;
}
