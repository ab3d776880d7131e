import { describe, expect, test } from 'vitest';
import {
  INITIAL,
  RECORDS_KEPT,
  reduce,
  TRANSCRIPT_KEPT,
  type Action,
  type WindowState,
} from '../../renderer/state.ts';
import type { WindowEvent } from '../../renderer/station.ts';
import {
  ended,
  interrupted,
  record,
  report,
  result,
  running,
  server,
  slot,
  snapshot,
} from './fake-station.ts';

function after(...actions: readonly Action[]): WindowState {
  return actions.reduce(reduce, INITIAL);
}

const loaded = (change: Parameters<typeof snapshot>[0] = {}): Action => ({
  type: 'snapshot',
  snapshot: snapshot(change),
});
const event = (told: WindowEvent): Action => ({ type: 'event', event: told });

describe('slots', () => {
  test('stand in the order in which people count, however they come', () => {
    const state = after(loaded({ slots: [slot(10), slot(2)] }), event({ type: 'slot', slot: slot(1) }));
    expect(state.slots.map(({ label }) => label)).toEqual(['Slot 1', 'Slot 2', 'Slot 10']);
  });

  test('keep their place when they change', () => {
    const state = after(
      loaded({ slots: [slot(1), slot(2)] }),
      event({ type: 'slot', slot: slot(1, { presence: 'booting' }) }),
    );
    expect(state.slots.map(({ label, presence }) => [label, presence])).toEqual([
      ['Slot 1', 'booting'],
      ['Slot 2', 'ready'],
    ]);
  });

  test('take their mark with them when they go', () => {
    const marked = after(loaded({ slots: [slot(1), slot(2)] }), {
      type: 'select',
      slot: slot(1).slot,
      on: true,
    });
    expect(marked.selected).toEqual([slot(1).slot]);
    const gone = reduce(marked, event({ type: 'slot-gone', slot: slot(1).slot }));
    expect(gone.slots).toHaveLength(1);
    expect(gone.selected).toEqual([]);
  });
});

describe('interrupted jobs', () => {
  const cut = loaded({ interrupted: [interrupted(1)] });
  const restart = event({ type: 'station-process', state: 'restarting', cause: 'killed' });

  test('are offered at the start and after a restart, until they were looked at', () => {
    const state = after(cut);
    expect(state.resumeOffered).toBe(true);
    const seen = reduce(state, { type: 'resume-seen' });
    expect(seen.resumeOffered).toBe(false);
    // A snapshot at any other time is no new start.
    expect(reduce(seen, cut).resumeOffered).toBe(false);
    expect([restart, cut].reduce(reduce, seen).resumeOffered).toBe(true);
  });

  test('are not offered when they only wait; the offer is not taken away under the hand', () => {
    expect(after(loaded({ interrupted: [interrupted(1, { state: 'waiting' })] })).resumeOffered).toBe(false);
    const finished = after(cut, event({ type: 'interrupted', interrupted: [] }));
    expect(finished).toMatchObject({ resumeOffered: true, interrupted: [] });
  });
});

describe('jobs', () => {
  test('end the waiting for a start', () => {
    const state = after(
      loaded({ slots: [slot(1), slot(2)] }),
      { type: 'starting', slots: [slot(1).slot, slot(2).slot] },
      event({ type: 'job', job: running(1, 'connect') }),
    );
    expect(state.starting).toEqual([slot(2).slot]);
  });

  test('are forgotten once they have ended and no slot shows them', () => {
    const job = ended(1);
    const shown = after(
      loaded({ slots: [slot(1, { job: job.job }), slot(2)], jobs: [job, running(2, 'stage')] }),
      event({ type: 'slot', slot: slot(1, { job: job.job }) }),
    );
    expect(Object.keys(shown.jobs)).toContain(job.job);
    const cleared = reduce(shown, event({ type: 'slot', slot: slot(1) }));
    expect(Object.keys(cleared.jobs)).toEqual([running(2, 'stage').job]);
  });

  test('unmark their slot when they end, so that the next start is not a repetition', () => {
    const state = after(
      loaded({ slots: [slot(1)] }),
      { type: 'select', slot: slot(1).slot, on: true },
      event({ type: 'job', job: ended(1) }),
    );
    expect(state.selected).toEqual([]);
  });
});

describe('records', () => {
  test('stand newest first and once each', () => {
    const state = after(
      loaded({ records: [record(3, result(1)), record(4, result(2))] }),
      event({ type: 'record', record: record(5, result(3)) }),
      event({ type: 'record', record: record(5, result(3)) }),
    );
    expect(state.records.map(({ seq }) => seq)).toEqual([5, 4, 3]);
  });

  test('do not heap up over a day', () => {
    let state = after(loaded());
    for (let seq = 1; seq <= RECORDS_KEPT + 20; seq += 1)
      state = reduce(state, event({ type: 'record', record: record(seq, result(1)) }));
    expect(state.records).toHaveLength(RECORDS_KEPT);
    expect(state.records[0]?.seq).toBe(RECORDS_KEPT + 20);
  });
});

test('servers are replaced by name and go by name', () => {
  const state = after(
    loaded(),
    event({ type: 'server', server: server({ session: null }) }),
    event({ type: 'server', server: server({ name: 'Other' }) }),
    event({ type: 'server-gone', name: 'Other' }),
  );
  expect(state.servers.map(({ name, session }) => [name, session])).toEqual([['Factory Mender', null]]);
});

describe('the open transcript', () => {
  const entry = (at: number) => ({ at, way: 'received', text: `line ${at}\n` }) as const;
  const { job } = running(1, 'stage');

  test('does not repeat what the answer holds already', () => {
    const state = after(
      { type: 'transcript-opened', job },
      event({ type: 'line', job, entries: [entry(1)] }),
      { type: 'transcript-loaded', job, entries: [entry(1), entry(2)] },
      event({ type: 'line', job, entries: [entry(3)] }),
    );
    expect(state.transcript?.entries.map(({ at }) => at)).toEqual([1, 2, 3]);
  });

  test('ignores other jobs, and an answer that comes after it was closed', () => {
    const state = after(
      { type: 'transcript-opened', job },
      { type: 'transcript-loaded', job, entries: [] },
      event({ type: 'line', job: 'another', entries: [entry(1)] }),
    );
    expect(state.transcript?.entries).toEqual([]);
    expect(
      after(
        { type: 'transcript-opened', job },
        { type: 'transcript-closed' },
        { type: 'transcript-loaded', job, entries: [entry(1)] },
      ).transcript,
    ).toBeNull();
  });

  test('keeps the end of a long one and says how much is missing', () => {
    const many = Array.from({ length: TRANSCRIPT_KEPT }, (_, at) => entry(at));
    const state = after(
      { type: 'transcript-opened', job },
      { type: 'transcript-loaded', job, entries: many },
      event({ type: 'line', job, entries: [entry(TRANSCRIPT_KEPT), entry(TRANSCRIPT_KEPT + 1)] }),
    );
    expect(state.transcript?.entries).toHaveLength(TRANSCRIPT_KEPT);
    expect(state.transcript?.dropped).toBe(2);
    expect(state.transcript?.entries.at(-1)?.at).toBe(TRANSCRIPT_KEPT + 1);
  });
});

describe('the process that hosts the station', () => {
  const job = running(1, 'switch');

  test('leaves word of a crash that broke a job off, also after it is back', () => {
    const state = after(
      loaded({ slots: [slot(1, { job: job.job })], jobs: [job] }),
      event({ type: 'station-process', state: 'restarting', cause: 'It ended with exit code 134.' }),
      event({ type: 'station-process', state: 'up', cause: null }),
      loaded({ slots: [slot(1)] }),
    );
    expect(state.connection.state).toBe('up');
    expect(state.notice?.message).toContain('exit code 134');
    expect(state.notice?.unchanged).toContain('1 job was interrupted');
    expect(Object.keys(state.jobs)).toEqual([]);
  });

  test('starts for the first time without a word', () => {
    const state = after(
      event({ type: 'station-process', state: 'restarting', cause: null }),
      event({ type: 'station-process', state: 'up', cause: null }),
      loaded(),
    );
    expect(state.notice).toBeNull();
    expect(state.connection.state).toBe('up');
  });

  test('is not believed to run when it refuses the first question', () => {
    const state = after({ type: 'load-failed', error: report('station/home-unusable', 'The home is gone.') });
    expect(state.connection).toMatchObject({
      state: 'down',
      cause: expect.stringContaining('The home is gone.') as string,
    });
  });
});
