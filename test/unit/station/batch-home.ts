import { createHash, generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { openJournal } from '../../../src/journal/index.ts';
import { lockHome } from '../../../src/journal/home-lock.ts';
import type { BatchId } from '../../../src/model/batch.ts';
import type { RecordedRow } from '../../../src/model/batch-event.ts';
import { systemClock } from '../../../src/model/clock.ts';
import type { JournalEvent } from '../../../src/model/event.ts';
import type { KeyFingerprint } from '../../../src/model/key.ts';
import { DEFAULT_ADMIN } from '../../../src/rehearsal/server/index.ts';
import { openStation } from '../../../src/station.ts';

export const SPRING = '01BATCHSPRING' as BatchId;

/** A row with a key of its own. */
export function keyRow(n: number): RecordedRow {
  const spki = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' });
  const fingerprint = `sha256:${createHash('sha256').update(spki).digest('hex')}` as KeyFingerprint;
  return { line: n + 2, identity: { serial: `SN${n}` }, spki: spki.toString('base64'), fingerprint };
}

export function* imported(rows: readonly RecordedRow[]): Generator<JournalEvent> {
  yield {
    kind: 'batch-imported',
    batch: SPRING,
    name: 'spring',
    batchKind: rows.some(({ spki }) => spki !== undefined) ? 'keys' : 'expectation',
    file: 'spring.csv',
    sha256: 'a'.repeat(64),
    rows: rows.length,
    columns: ['serial', 'pubkey'],
    identityColumns: ['serial'],
    leftOut: 0,
    operator: null,
  };
  for (let from = 0; from < rows.length; from += 500)
    yield { kind: 'batch-rows', batch: SPRING, rows: rows.slice(from, from + 500) };
}

/** A home with the batch `spring` of these rows, and servers that it is logged in at. */
export async function homeWithBatch(
  home: string,
  rows: readonly RecordedRow[],
  servers: Readonly<Record<string, string>>,
): Promise<void> {
  {
    await using station = await openStation({
      home,
      env: {},
      access: 'write',
      probing: false,
      program: 'test',
    });
    for (const [name, url] of Object.entries(servers)) {
      await station.call('server.add', { name, url });
      const { email: user, password } = DEFAULT_ADMIN;
      await station.call('server.login', { name, user, password, keep: true });
    }
  }
  using _lock = lockHome(home, { program: 'test' });
  using journal = openJournal(join(home, 'journal.db'), {
    stationId: 'ST-TEST',
    clock: systemClock,
    holder: { program: 'test' },
    lock: _lock,
  });
  await journal.appendAll(imported(rows));
}

/** What a station had in its record that was there at another time. */
export function appendTo(home: string, now: number, events: readonly JournalEvent[]): void {
  using lock = lockHome(home, { program: 'test' });
  using journal = openJournal(join(home, 'journal.db'), {
    stationId: 'ST-TEST',
    clock: { ...systemClock, now: () => now },
    holder: { program: 'test' },
    lock,
  });
  journal.appendTogether(events);
}
