import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { homeHolder, lockHome, openJournal, readJournal } from '../../../src/journal/index.ts';
import { APPENDER, makeHome, OPENED, options, refusal } from './fixtures.ts';

describe('the lock of a home', () => {
  it('lets one write; the next is told who, and gets it when the first has ended', () => {
    const home = makeHome();
    const path = join(home, 'journal.db');
    expect(homeHolder(home)).toBeNull();
    const first = openJournal(path, { ...options(), holder: { program: 'station window 0.1.0', pid: 4711 } });
    expect(homeHolder(home)).toContain('station window 0.1.0, process 4711');
    expect(refusal(() => openJournal(path, options()))).toMatch(
      /^station\/home-locked: .*station window 0\.1\.0, process 4711/,
    );
    expect(refusal(() => lockHome(home, { program: 'command' }))).toMatch(/^station\/home-locked: /);
    first.append(OPENED);
    first.close();
    expect(homeHolder(home)).toBeNull();
    using second = openJournal(path, options());
    expect(second.lastSeq()).toBe(1);
  });

  it('is held over several parts of a station by one who takes it first', () => {
    const home = makeHome();
    const path = join(home, 'journal.db');
    using lock = lockHome(home, { program: 'station command' });
    openJournal(path, { ...options(), lock }).close();
    expect(homeHolder(home)).toContain('station command');
    expect(() => openJournal(join(makeHome(), 'journal.db'), { ...options(), lock })).toThrow(TypeError);
  });

  it('is another process’s until that dies, however it dies; reading goes on meanwhile', async () => {
    const home = makeHome();
    const path = join(home, 'journal.db');
    const child = spawn(process.execPath, [APPENDER, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    const lines = createInterface({ input: child.stdout });
    await once(lines, 'line');
    try {
      expect(refusal(() => openJournal(path, options()))).toMatch(
        new RegExp(`^station/home-locked: .*appender, process ${child.pid}`),
      );
      using reader = readJournal(path, options());
      expect(reader.lastSeq()).toBeGreaterThan(0);
      expect(reader.checkProjections()).toBeNull();
    } finally {
      child.kill('SIGKILL');
      await ended;
    }
    using journal = openJournal(path, options());
    expect(journal.append(OPENED).seq).toBeGreaterThan(1);
  });

  it('goes to one of many processes that start at once, and the journal is made once', async () => {
    const path = join(makeHome(), 'journal.db');
    const children = Array.from({ length: 6 }, () =>
      spawn(process.execPath, [APPENDER, path, '3'], { stdio: ['ignore', 'pipe', 'pipe'] }),
    );
    const results = await Promise.all(
      children.map(async (child) => {
        let errors = '';
        child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
        const [status] = (await once(child, 'close')) as [number | null];
        return { status, errors };
      }),
    );
    const done = results.filter(({ status }) => status === 0).length;
    expect(done).toBeGreaterThan(0);
    for (const { status, errors } of results)
      if (status !== 0) expect(errors).toContain('station/home-locked');
    using journal = openJournal(path, options());
    // Each has a key of its own, which is recorded and signed with.
    expect(journal.lastSeq()).toBe(done * (3 + 2));
    expect(journal.checkProjections()).toBeNull();
  }, 60_000);

  it('says what is wrong with the home, not with the record', () => {
    const home = makeHome();
    expect(refusal(() => lockHome(join(home, 'missing'), { program: 'x' }))).toMatch(
      /^station\/home-unusable: /,
    );
    writeFileSync(join(home, 'station.lock'), 'garbage '.repeat(1000));
    expect(refusal(() => lockHome(home, { program: 'x' }))).toMatch(/^station\/home-unusable: .*damaged/);
  });
});
