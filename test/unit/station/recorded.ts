import { join } from 'node:path';
import { readJournal } from '../../../src/journal/index.ts';
import { systemClock } from '../../../src/model/clock.ts';
import type { JournalEvent } from '../../../src/model/event.ts';

/** What the record of a home has of one kind, oldest first. */
export function recorded<K extends JournalEvent['kind']>(home: string, kind: K) {
  using reader = readJournal(join(home, 'journal.db'), {
    stationId: 'reader',
    clock: systemClock,
    holder: { program: 'test' },
  });
  return [...reader.entries()]
    .map(({ event }) => event)
    .filter((event): event is Extract<JournalEvent, { kind: K }> => event.kind === kind);
}
