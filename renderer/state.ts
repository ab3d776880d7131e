import type {
  ApproverView,
  JobView,
  JournalView,
  PeopleView,
  PreferencesView,
  RecordView,
  RehearsalView,
  ServerView,
  SlotView,
  Snapshot,
  StationEvent,
} from '../src/contract.ts';
import type { ErrorReport } from '../src/model/job.ts';
import type { BoardProfile } from '../src/model/profile.ts';
import { RIGHTS } from '../src/model/rights.ts';
import type { InterruptedJob } from '../src/model/rekey.ts';
import type { TranscriptEntry } from '../src/serial/transcript.ts';
import { isBuiltIn } from './built-in.ts';
import {
  NO_BATCHES,
  reduceBatches,
  type BatchesAction,
  type BatchesState,
} from './features/batches/state.ts';
import { NO_FLOW, reduceFlow, type FlowAction, type RekeyFlow } from './features/rekey/flow.ts';
import { isAtWork } from './job-state.ts';
import { messages } from './messages.ts';
import { NO_ANSWER, type StationProcessEvent } from './station.ts';

/** Records that the window keeps; older ones are in the journal. */
export const RECORDS_KEPT = 100;
/** Entries of one transcript that the window keeps while it is open; older ones fall out at the front. */
export const TRANSCRIPT_KEPT = 4000;

const RESTARTED = 'window/station-restarted';

export type Connection =
  | { readonly state: 'connecting' }
  | { readonly state: 'up' }
  | { readonly state: 'down' | 'restarting'; readonly cause: string | null };

/** The transcript that is open. Entries that arrive before the answer to `job.transcript` are in that answer already. */
export interface OpenTranscript {
  readonly job: string;
  readonly state: 'loading' | 'following' | 'failed';
  readonly entries: readonly TranscriptEntry[];
  /** How many fell out at the front. */
  readonly dropped: number;
  readonly error: ErrorReport | null;
}

/** All that the window knows: a mirror of the station, and what the operator has picked. Never a secret. */
export interface WindowState {
  readonly connection: Connection;
  /** False until the first snapshot: nothing else below means anything before. */
  readonly loaded: boolean;
  readonly station: Snapshot['station'] | null;
  readonly slots: readonly SlotView[];
  readonly jobs: Readonly<Record<string, JobView>>;
  readonly servers: readonly ServerView[];
  readonly profiles: readonly BoardProfile[];
  /** Names of the stored passwords for boards. */
  readonly credentials: readonly string[];
  /** Newest first. */
  readonly records: readonly RecordView[];
  readonly rehearsal: RehearsalView;
  readonly preferences: PreferencesView;
  /** Who is at the bench, who may be, and whether it is locked. */
  readonly people: PeopleView;
  readonly journal: JournalView;
  readonly readOnly: ErrorReport | null;
  /** Jobs to be finished: interrupted ones, and those that wait for their board or server. */
  readonly interrupted: readonly InterruptedJob[];
  /** True from the start, or a restart of the station's process, that found interrupted jobs until they were looked at. */
  readonly resumeOffered: boolean;
  /** Interrupted jobs that were asked to be finished and have no verdict yet; the station's list is without them meanwhile. */
  readonly finishing: readonly InterruptedJob[];
  /** Interrupted jobs whose boards were looked for since the station's process began. */
  readonly sought: readonly string[];
  /** Stations whose admins may approve requests of this one, as they were asked for last. */
  readonly approvers: readonly ApproverView[];
  readonly batches: BatchesState;
  /** How far the re-keying of a returned unit is. */
  readonly rekey: RekeyFlow;
  /** Slots that the operator has marked, to start some and not all. */
  readonly selected: readonly string[];
  /** Slots whose start was asked for and whose job has not shown up yet. */
  readonly starting: readonly string[];
  /** For a moment after a start of all and after its end: who presses the key once more must not start the next round. */
  readonly cooling: boolean;
  readonly transcript: OpenTranscript | null;
  /** The last refusal that belongs to no form and no job. */
  readonly notice: ErrorReport | null;
}

export type Action =
  | { readonly type: 'snapshot'; readonly snapshot: Snapshot }
  | { readonly type: 'load-failed'; readonly error: ErrorReport }
  | { readonly type: 'event'; readonly event: StationEvent | StationProcessEvent }
  | { readonly type: 'select'; readonly slot: string; readonly on: boolean }
  | { readonly type: 'starting'; readonly slots: readonly string[] }
  | { readonly type: 'cooling'; readonly on: boolean }
  | { readonly type: 'start-ended'; readonly slots: readonly string[] }
  | { readonly type: 'notice'; readonly error: ErrorReport | null }
  | { readonly type: 'transcript-opened'; readonly job: string }
  | {
      readonly type: 'transcript-loaded';
      readonly job: string;
      readonly entries: readonly TranscriptEntry[];
    }
  | { readonly type: 'transcript-failed'; readonly job: string; readonly error: ErrorReport }
  | { readonly type: 'transcript-closed' }
  | { readonly type: 'resume-seen' }
  | { readonly type: 'finishing'; readonly jobs: readonly InterruptedJob[]; readonly on: boolean }
  | { readonly type: 'approvers'; readonly approvers: readonly ApproverView[] }
  | { readonly type: 'batches'; readonly action: BatchesAction }
  | { readonly type: 'rekey'; readonly action: FlowAction };

/** A station without people: everybody may everything. */
const NOBODY: PeopleView = {
  defined: false,
  people: [],
  rules: { idleMinutes: 0, whileLocked: 'look', provisionFreely: true },
  person: null,
  locked: false,
  blind: false,
  rights: RIGHTS,
  badgesWaitUntil: null,
};

export const INITIAL: WindowState = {
  connection: { state: 'connecting' },
  loaded: false,
  station: null,
  slots: [],
  jobs: {},
  servers: [],
  profiles: [],
  credentials: [],
  records: [],
  rehearsal: { running: false, boards: 0, serverUrl: null, offer: false },
  preferences: { server: null, profile: null, operator: null, batch: null, sound: false },
  people: NOBODY,
  journal: { head: null },
  readOnly: null,
  interrupted: [],
  resumeOffered: false,
  finishing: [],
  sought: [],
  approvers: [],
  batches: NO_BATCHES,
  rekey: NO_FLOW,
  selected: [],
  starting: [],
  cooling: false,
  transcript: null,
  notice: null,
};

/** The next state. Pure; gives back the very same object where nothing changed, so that nothing is drawn again. */
export function reduce(state: WindowState, action: Action): WindowState {
  switch (action.type) {
    case 'snapshot':
      return withSnapshot(state, action.snapshot);
    case 'load-failed':
      // While the process is being started again, or was given up, its own news say more; it is asked anew when it is up.
      return state.connection.state === 'restarting' || state.connection.state === 'down'
        ? state
        : {
            ...state,
            connection: { state: 'down', cause: `${action.error.message} ${action.error.remedy}` },
          };
    case 'event':
      return withEvent(state, action.event);
    case 'select':
      return { ...state, selected: toggled(state.selected, action.slot, action.on) };
    case 'starting':
      return {
        ...state,
        notice: null,
        starting: [...new Set([...state.starting, ...action.slots])],
      };
    case 'cooling':
      return state.cooling === action.on ? state : { ...state, cooling: action.on };
    case 'start-ended':
      return {
        ...state,
        starting: without(state.starting, action.slots),
        selected: without(state.selected, action.slots),
      };
    case 'notice':
      // A call that got no answer since the station ended says less than that it did.
      return action.error?.code === NO_ANSWER && state.notice?.code === RESTARTED
        ? state
        : { ...state, notice: action.error };
    case 'transcript-opened':
      return {
        ...state,
        transcript: { job: action.job, state: 'loading', entries: [], dropped: 0, error: null },
      };
    case 'transcript-loaded':
      return withTranscript(state, action.job, (open) => ({
        ...open,
        ...keepLast(action.entries, 0),
        state: 'following',
      }));
    case 'transcript-failed':
      return withTranscript(state, action.job, (open) => ({
        ...open,
        state: 'failed',
        error: action.error,
      }));
    case 'transcript-closed':
      return { ...state, transcript: null };
    case 'resume-seen':
      return state.resumeOffered ? { ...state, resumeOffered: false } : state;
    case 'finishing':
      return withFinishing(state, action.jobs, action.on);
    case 'approvers':
      return { ...state, approvers: action.approvers };
    case 'batches':
      return { ...state, batches: reduceBatches(state.batches, action.action) };
    case 'rekey':
      return withFlow(state, action.action);
  }
}

function withSnapshot(state: WindowState, snapshot: Snapshot): WindowState {
  const present = snapshot.slots.map((slot) => slot.slot);
  const back = !state.loaded || state.connection.state !== 'up';
  const cut = snapshot.interrupted.some((job) => job.state === 'interrupted');
  return {
    ...state,
    connection: { state: 'up' },
    loaded: true,
    station: snapshot.station,
    slots: snapshot.slots.toSorted(byPlace),
    jobs: Object.fromEntries(snapshot.jobs.map((job) => [job.job, job])),
    servers: snapshot.servers,
    profiles: snapshot.profiles,
    credentials: snapshot.credentials,
    records: snapshot.records.toSorted((a, b) => b.seq - a.seq).slice(0, RECORDS_KEPT),
    rehearsal: snapshot.rehearsal,
    preferences: snapshot.preferences,
    batches: { ...state.batches, bench: snapshot.preferences.batch },
    people: snapshot.people,
    journal: snapshot.journal,
    readOnly: snapshot.readOnly,
    interrupted: snapshot.interrupted,
    sought: back ? [] : state.sought,
    resumeOffered: back ? cut : state.resumeOffered && cut,
    rekey: reduceFlow(state.rekey, { type: 'jobs', jobs: snapshot.jobs }),
    selected: state.selected.filter((slot) => present.includes(slot)),
    starting: state.starting.filter((slot) => present.includes(slot)),
  };
}

function withEvent(state: WindowState, event: StationEvent | StationProcessEvent): WindowState {
  switch (event.type) {
    case 'slot':
      return forgetJobs({
        ...state,
        slots: [...state.slots.filter((slot) => slot.slot !== event.slot.slot), event.slot].sort(byPlace),
      });
    case 'slot-gone':
      return forgetJobs({
        ...state,
        slots: state.slots.filter((slot) => slot.slot !== event.slot),
        selected: without(state.selected, [event.slot]),
        starting: without(state.starting, [event.slot]),
      });
    case 'job':
      return {
        ...state,
        jobs: { ...state.jobs, [event.job.job]: event.job },
        starting: without(state.starting, [event.job.slot]),
        rekey: reduceFlow(state.rekey, { type: 'job', job: event.job }),
        selected: event.job.state === 'ended' ? without(state.selected, [event.job.slot]) : state.selected,
      };
    case 'server':
      return { ...state, servers: replaced(state.servers, event.server, (server) => server.name) };
    case 'server-gone':
      return { ...state, servers: state.servers.filter((server) => server.name !== event.name) };
    case 'record':
      return {
        ...state,
        records: [event.record, ...state.records.filter((record) => record.seq !== event.record.seq)]
          .sort((a, b) => b.seq - a.seq)
          .slice(0, RECORDS_KEPT),
      };
    case 'line':
      return withTranscript(state, event.job, (open) =>
        open.state === 'following'
          ? { ...open, ...keepLast([...open.entries, ...event.entries], open.dropped) }
          : open,
      );
    case 'rehearsal':
      return { ...state, rehearsal: event.rehearsal };
    case 'preferences':
      return {
        ...state,
        preferences: event.preferences,
        batches: { ...state.batches, bench: event.preferences.batch },
      };
    case 'people':
      return { ...state, people: event.people };
    case 'credentials':
      return { ...state, credentials: event.credentials };
    case 'journal':
      return { ...state, journal: event.journal };
    case 'interrupted':
      return { ...state, interrupted: event.interrupted };
    case 'batch':
      return {
        ...state,
        batches: reduceBatches(state.batches, { type: 'batch', batch: event.batch }),
      };
    case 'batch-progress':
      return {
        ...state,
        batches: reduceBatches(state.batches, { type: 'progress', progress: event.progress }),
      };
    case 'batch-gone':
      return { ...state, batches: reduceBatches(state.batches, { type: 'gone', name: event.name }) };
    case 'batch-outcomes':
    case 'batch-taken-back':
    case 'reconcile-findings':
      // Row by row, for the command: the window reads the pages that are in sight.
      return state;
    case 'read-only':
      // What it refused meanwhile is no news any more.
      return { ...state, readOnly: event.readOnly, notice: event.readOnly === null ? null : state.notice };
    case 'station-process':
      return {
        ...state,
        notice: restartNotice(state, event) ?? state.notice,
        connection:
          event.state === 'up'
            ? state.loaded && state.connection.state === 'up'
              ? state.connection
              : { state: 'connecting' }
            : { state: event.state, cause: event.cause },
        starting: [],
      };
  }
}

function withFinishing(state: WindowState, jobs: readonly InterruptedJob[], on: boolean): WindowState {
  const names = jobs.map(({ job }) => job);
  const rest = state.finishing.filter(({ job }) => !names.includes(job));
  return {
    ...state,
    finishing: on ? [...rest, ...jobs] : rest,
    sought: [...new Set([...state.sought, ...names])],
  };
}

function withFlow(state: WindowState, action: FlowAction): WindowState {
  const rekey = reduceFlow(state.rekey, action);
  return rekey === state.rekey ? state : { ...state, rekey };
}

/** A restart takes a moment; what it broke off must be seen for longer. Null for the first start, which has no cause. */
function restartNotice(state: WindowState, event: StationProcessEvent): ErrorReport | null {
  if (event.state !== 'restarting' || event.cause === null || state.connection.state !== 'up') return null;
  const jobs = Object.values(state.jobs).filter((job) => isAtWork(job)).length;
  const text = messages.window;
  return {
    code: RESTARTED,
    message: text.restarted(event.cause),
    unchanged: text.restartedUnchanged(jobs),
    remedy: text.restartedRemedy(jobs),
    retriable: false,
  };
}

/** Drops ended jobs that no slot shows any more; a long day would heap them up. */
function forgetJobs(state: WindowState): WindowState {
  const shown = new Set(state.slots.map((slot) => slot.job));
  const kept = Object.entries(state.jobs).filter(([id, job]) => job.state !== 'ended' || shown.has(id));
  if (kept.length === Object.keys(state.jobs).length) return state;
  return { ...state, jobs: Object.fromEntries(kept) };
}

function withTranscript(
  state: WindowState,
  job: string,
  change: (open: OpenTranscript) => OpenTranscript,
): WindowState {
  if (state.transcript?.job !== job) return state;
  const transcript = change(state.transcript);
  return transcript === state.transcript ? state : { ...state, transcript };
}

function keepLast(
  entries: readonly TranscriptEntry[],
  dropped: number,
): Pick<OpenTranscript, 'entries' | 'dropped'> {
  const over = Math.max(0, entries.length - TRANSCRIPT_KEPT);
  return { entries: over === 0 ? entries : entries.slice(over), dropped: dropped + over };
}

function toggled(list: readonly string[], item: string, on: boolean): readonly string[] {
  const rest = list.filter((other) => other !== item);
  return on ? [...rest, item] : rest;
}

function without(list: readonly string[], items: readonly string[]): readonly string[] {
  return list.some((item) => items.includes(item)) ? list.filter((item) => !items.includes(item)) : list;
}

function replaced<T>(list: readonly T[], item: T, key: (item: T) => string): readonly T[] {
  const at = list.findIndex((other) => key(other) === key(item));
  return at < 0 ? [...list, item] : list.with(at, item);
}

/** The order on the bench: ports for boards before those of the machine itself; labels as people count, `2` before `10`. */
function byPlace(a: SlotView, b: SlotView): number {
  return (
    Number(isBuiltIn(a)) - Number(isBuiltIn(b)) ||
    Number(b.simulated) - Number(a.simulated) ||
    a.label.localeCompare(b.label, 'en', { numeric: true }) ||
    a.slot.localeCompare(b.slot, 'en', { numeric: true })
  );
}
