import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { BatchReport } from '../../../src/contract/batches.ts';
import { mac, makeFolder, write } from '../station/batches/files.ts';
import { makeHome, station } from './command.ts';

it('a file is looked at, mended, stored and shown by the command', async () => {
  const home = makeHome();
  const run = (...args: readonly string[]) => station(['batch', ...args, '--home', home]);
  const bad = write(['mac;group', `${mac(1)};line-1`, `${mac(1)};no group`]);

  const dry = await run('import', bad, '--dry-run', '--json');
  expect(dry.status).toBe(1);
  expect((JSON.parse(dry.out) as BatchReport).problems).toContainEqual(
    expect.objectContaining({ line: 3, column: 'group', code: 'group-name' }),
  );
  const text = await run('import', bad, '--dry-run');
  expect(text.out).toContain('identity-twice');
  expect(text.out).toContain('0 good row(s), 2 bad. Nothing was stored: this was a dry run.');

  expect(await run('import', bad)).toMatchObject({ status: 2 });
  expect((await run('import', bad, '--name', 'spring')).status).toBe(1);
  expect((await run('list')).out).toContain('There is no batch yet');

  const good = write(['mac;group', `${mac(1)};line-1`, `${mac(2)};`]);
  const stored = await run('import', good, '--name', 'spring');
  expect(stored).toMatchObject({ status: 0 });
  expect(stored.out).toContain('Next: station provision --batch "spring"');
  expect((await run('import', good, '--name', 'spring')).out).toContain('nothing was changed');
  expect(await run('import', bad, '--name', 'spring')).toMatchObject({ status: 2 });

  expect(JSON.parse((await run('status', 'spring', '--json')).out)).toMatchObject({ rows: 2, units: 0 });
  expect((await run('rows', 'spring', '--after', '2')).out).toMatch(/^LINE.*\n3 {5}02:00:00:00:00:02/);
  const out = join(makeFolder(), 'spring.json');
  expect(await run('export', 'spring', '--format', 'json', '--out', out)).toMatchObject({ status: 0 });
  expect(JSON.parse(readFileSync(out, 'utf8'))).toMatchObject({ kind: 'station-batch-export/1' });
  expect((await run('close', 'spring')).out).toContain('closed');
  expect(await run('remove', 'spring')).toMatchObject({ status: 0 });
  expect(await run('status', 'spring')).toMatchObject({ status: 2 });
});
