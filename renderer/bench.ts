import { isBuiltIn } from './built-in.ts';
import type { JobView, ServerView, SlotView } from '../src/contract.ts';
import type { BoardProfile } from '../src/model/profile.ts';
import type { InterruptedJob } from '../src/model/rekey.ts';
import type { Right } from '../src/model/rights.ts';
import { isAtWork, isWaiting, type WaitingJob } from './job-state.ts';
import type { WindowState } from './state.ts';

/** What the bench screen asks of the state: pure questions, so that what may be started is decided in one place. */

/** The last job of a slot, running or ended and still shown. */
export function jobOf(state: WindowState, slot: SlotView): JobView | null {
  return slot.job === null ? null : (state.jobs[slot.job] ?? null);
}

/**
 * Whether a slot is a place of the bench. A port of the machine itself is one only while something shows on it: else a
 * machine with old serial ports would always have empty places.
 */
export function isPlace(state: WindowState, slot: SlotView): boolean {
  if (!isBuiltIn(slot) || slot.job !== null || state.starting.includes(slot.slot)) return true;
  return ['ready', 'booting', 'bootloader', 'garbled'].includes(slot.presence);
}

/** Why a slot cannot be started by itself now; null when it can. A unit that waits for its re-key is not provisioned. */
export function hindrance(state: WindowState, slot: SlotView): 'running' | 'waiting' | 'not-usable' | null {
  const job = jobOf(state, slot);
  if (slot.presence === 'in-job' || state.starting.includes(slot.slot) || isAtWork(job)) return 'running';
  if (isWaiting(job)) return 'waiting';
  if (slot.presence === 'busy' || slot.presence === 'no-permission' || slot.presence === 'muted')
    return 'not-usable';
  return null;
}

/**
 * Whether "all" includes this slot: a board shows itself, and it is not one that has just passed. A silent port may be
 * tried by itself or by marking it, but does not turn every start of all into a failure.
 */
export function isReadyForAll(state: WindowState, slot: SlotView): boolean {
  const job = jobOf(state, slot);
  // A returned unit that was to be re-keyed is not provisioned with the rest, however that ended.
  if (hindrance(state, slot) !== null || job?.flow === 'rekey') return false;
  const verdict = job?.result?.verdict;
  if (verdict === 'pass' || verdict === 'already') return false;
  return slot.presence === 'ready' || slot.presence === 'booting' || slot.presence === 'bootloader';
}

/** What the big button starts: the marked slots, or else all that are ready. */
export function toStart(state: WindowState): readonly SlotView[] {
  const marked = state.slots.filter((slot) => state.selected.includes(slot.slot));
  if (marked.length > 0) return marked.filter((slot) => hindrance(state, slot) === null);
  return state.slots.filter((slot) => isReadyForAll(state, slot));
}

export function currentServer(state: WindowState): ServerView | null {
  const { server } = state.preferences;
  return state.servers.find(({ name }) => name === server) ?? null;
}

export function currentProfile(state: WindowState): BoardProfile | null {
  const { profile } = state.preferences;
  return state.profiles.find(({ name }) => name === profile) ?? null;
}

/** What stands in the way of any start, before a single slot is looked at. */
export type Obstacle =
  | 'offline'
  | 'read-only'
  | 'locked'
  | 'no-server'
  | 'not-permitted'
  | 'signed-out'
  | 'session-ended'
  | 'no-profile';

/** @param now milliseconds since 1970 */
export function obstacle(state: WindowState, now: number): Obstacle | null {
  if (!state.loaded || state.connection.state !== 'up') return 'offline';
  if (state.readOnly !== null) return 'read-only';
  if (state.people.locked && !state.people.rights.includes('provision')) return 'locked';
  const server = currentServer(state);
  if (server === null) return 'no-server';
  if (rightToStart(state) !== null) return 'not-permitted';
  if (server.session === null) return 'signed-out';
  const left = sessionLeft(server, now);
  if (left !== null && left <= 0) return 'session-ended';
  if (currentProfile(state) === null) return 'no-profile';
  return null;
}

/** The right that whoever is at the bench lacks to provision as it is set up, in a batch or not; null where none is lacking. */
export function rightToStart(state: WindowState): Right | null {
  const { rights, rules, defined } = state.people;
  if (!defined) return null;
  const needed: readonly Right[] =
    currentServer(state)?.simulated === true
      ? ['rehearse']
      : rules.provisionFreely || state.batches.bench !== null
        ? ['provision']
        : ['provision', 'provision-freely'];
  return needed.find((right) => !rights.includes(right)) ?? null;
}

/** Whether a board may be read: that needs a profile, and no server. */
export function mayIdentify(state: WindowState): boolean {
  const up = state.loaded && state.connection.state === 'up' && !state.people.locked;
  return up && state.readOnly === null && currentProfile(state) !== null;
}

/** Milliseconds until the login ends; null when nobody is logged in or it does not end by itself. */
export function sessionLeft(server: ServerView, now: number): number | null {
  const at = server.session?.expiresAt;
  return at === null || at === undefined ? null : Date.parse(at) - now;
}

/** Jobs that are staged and wait for their server or board, on the bench or not, the oldest first. */
export function waitingJobs({ jobs }: WindowState): readonly WaitingJob[] {
  return Object.values(jobs)
    .filter((job) => isWaiting(job))
    .toSorted((a, b) => (a.startedAt < b.startedAt ? -1 : 1));
}

/** Jobs of an earlier life of the station that nobody is finishing yet. */
export function toFinish(state: WindowState): readonly InterruptedJob[] {
  return state.interrupted.filter(({ job }) => !state.finishing.some((each) => each.job === job));
}

/** All that is left to be finished or is being finished, in the order in which it was begun. */
export function unfinished({ interrupted, finishing }: WindowState): readonly InterruptedJob[] {
  const rest = interrupted.filter(({ job }) => !finishing.some((each) => each.job === job));
  return [...rest, ...finishing].toSorted((a, b) => (a.startedAt < b.startedAt ? -1 : 1));
}

/**
 * Those to finish that are urged: cut off, and the board known to be here, or not looked for since the start. One that
 * waited is well with its old key.
 */
export function urged(state: WindowState): readonly InterruptedJob[] {
  return toFinish(state).filter(
    ({ job, state: how, boardAt }) =>
      how === 'interrupted' && (boardAt !== null || !state.sought.includes(job)),
  );
}

/** Whether the process that hosts the station has ended: what the window shows of running jobs is no longer true. */
export function stationLost(state: WindowState): boolean {
  return state.connection.state === 'down' || state.connection.state === 'restarting';
}

export interface Tally {
  readonly running: number;
  readonly pass: number;
  readonly already: number;
  readonly fail: number;
  readonly stopped: number;
}

/** How the jobs on the bench stand. */
export function tally(state: WindowState): Tally {
  const count = { running: 0, pass: 0, already: 0, fail: 0, stopped: 0 };
  for (const slot of state.slots) {
    const job = jobOf(state, slot);
    if (state.starting.includes(slot.slot) || isAtWork(job)) count.running += 1;
    else if (job?.result) count[job.result.verdict] += 1;
    else if (job?.failure) count.fail += 1;
  }
  return count;
}
