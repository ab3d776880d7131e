import { copyFileSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { lockHome } from '../../../src/journal/home-lock.ts';
import { openJournal, verifyingFile, type JournalSigner } from '../../../src/journal/index.ts';
import { restoreJournal, type Restored } from '../../../src/journal/restore.ts';
import { atOnce } from '../../../src/journal/turns.ts';
import { StationError } from '../../../src/model/station-error.ts';
import { jobEvents, macOf, makeHome, OPENED, options } from './fixtures.ts';
import { newSigner } from './signer.ts';

const signer = newSigner();

/** A journal of two jobs, and a copy from after the first. */
function setUp(): { readonly home: string; readonly path: string; readonly copy: string } {
  const home = makeHome();
  const path = join(home, 'journal.db');
  const copy = join(makeHome(), 'copy.db');
  using journal = openJournal(path, { ...options(), signer: () => signer });
  const work = (job: string, n: number): void => {
    for (const event of jobEvents({ job, identity: { mac: macOf(n) } })) journal.append(event);
  };
  work('J1', 1);
  journal.copyInto(copy);
  work('J2', 2);
  return { home, path, copy };
}

async function restore(home: string, file: string, by: JournalSigner = signer): Promise<Restored> {
  using lock = lockHome(home, { program: 'test' });
  return await restoreJournal(join(home, 'journal.db'), file, {
    ...options(),
    lock,
    signer: () => by,
    discardNewer: true,
  });
}

const jobsIn = (path: string): readonly string[] => {
  using journal = openJournal(path, options());
  return journal.list().map(({ job }) => job);
};

it('brings the copy back with a signed row that says so, and keeps what was there', async () => {
  const { home, path, copy } = setUp();
  const { head, kept, replaced } = await restore(home, copy);
  expect(readdirSync(home).filter((name) => name.includes('restoring'))).toEqual([]);
  expect(atOnce(verifyingFile(path, { keys: [signer.fingerprint], heads: [head] }))).toMatchObject({
    ok: true,
    signed: head.seq + 1,
  });
  expect(atOnce(verifyingFile(kept!, { heads: [replaced!] })).ok).toBe(true);
  using journal = openJournal(path, options());
  expect([...journal.entries(head.seq)].map(({ event }) => event)).toMatchObject([
    { kind: 'journal-restored', file: copy, seq: head.seq, hash: head.hash, kept, replaced },
    { kind: 'head-signed' },
  ]);
  expect(journal.list().map(({ job }) => job)).toEqual(['J1']);
});

it('goes on where one was killed before it, whatever that left', async () => {
  const { home, path, copy } = setUp();
  {
    // As a kill leaves it: a copy with its log beside.
    using left = openJournal(join(home, 'journal.db'), options());
    left.append(OPENED);
    for (const end of ['', '-wal']) copyFileSync(`${path}${end}`, `${path}.restoring${end}`);
  }
  const { head } = await restore(home, copy);
  expect(atOnce(verifyingFile(path, { keys: [signer.fingerprint], heads: [head] })).ok).toBe(true);
  expect(jobsIn(path)).toEqual(['J1']);
});

it('that cannot write its row has replaced nothing, and leaves nothing beside', async () => {
  const { home, path, copy } = setUp();
  // Asked for in the transaction of the row: nothing of the copy may have the name by then.
  const full: JournalSigner = {
    ...signer,
    sign: () => {
      throw new StationError('journal/full', { path });
    },
  };
  await expect(restore(home, copy, full)).rejects.toMatchObject({ code: 'journal/full' });
  expect(readdirSync(home).filter((name) => /restoring|replaced/.test(name))).toEqual([]);
  expect(existsSync(path)).toBe(true);
  expect([...jobsIn(path)].toSorted()).toEqual(['J1', 'J2']);
});
