import { expect, test } from 'vitest';
import type { ProvisionParts } from '../../../src/flows/reconcile/request.ts';
import type { JournalEvent } from '../../../src/model/event.ts';
import { bench, type Bench } from './bench.ts';

/** The journal of a bench, and what was written in it without having waited for a batch that is being stored. */
function watched({ journal }: Bench): {
  readonly journal: ProvisionParts['journal'];
  readonly hasty: readonly JournalEvent['kind'][];
} {
  const hasty: JournalEvent['kind'][] = [];
  let waited = false;
  const wrapped = new Proxy<ProvisionParts['journal']>(journal, {
    get: (target, name) => {
      if (name === 'settled')
        return async () => {
          await journal.settled();
          waited = true;
        };
      if (name === 'append')
        return (event: JournalEvent) => {
          if (!waited) hasty.push(event.kind);
          waited = false;
          return journal.append(event);
        };
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return { journal: wrapped, hasty };
}

test('whatever a job records waits for a batch that is being stored, so that no other line has to', async () => {
  const b = await bench();
  const board = b.board();
  const first = watched(b);
  expect((await b.run(board, { journal: first.journal })).result.verdict).toBe('pass');
  const second = watched(b);
  expect((await b.rekey(board, { journal: second.journal })).result.verdict).toBe('pass');
  // The begin is written by who starts a job.
  expect([...first.hasty, ...second.hasty]).toEqual(['job-started', 'job-started']);
});
