import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { named, POSIX } from '../../needs.ts';
import { homePath, openHome, stationId } from '../../../src/settings/index.ts';
import { makeHome, modeOf, refusal } from './fixtures.ts';

describe('the home', () => {
  it('is what --home says, else STATION_HOME, else the platform’s folder', () => {
    const base = { userHome: '/home/kim', platform: 'linux' } as const;
    const env = { STATION_HOME: '/srv/station', XDG_DATA_HOME: '/data' };
    expect(homePath({ ...base, env, home: '/mnt/x' })).toBe('/mnt/x');
    expect(homePath({ ...base, env, home: 'x' })).toBe(join(process.cwd(), 'x'));
    expect(homePath({ ...base, env })).toBe('/srv/station');
    expect(homePath({ ...base, env: { XDG_DATA_HOME: '/data', STATION_HOME: '' } })).toBe('/data/station');
    expect(homePath({ ...base, env: { XDG_DATA_HOME: 'relative' } })).toBe('/home/kim/.local/share/station');
    expect(homePath({ ...base, platform: 'darwin', env: {} })).toBe(
      '/home/kim/Library/Application Support/Station',
    );
    expect(homePath({ ...base, platform: 'win32', env: { LOCALAPPDATA: '/l' } })).toBe('/l/Station');
  });

  it.skipIf(POSIX !== null)(named('is made for its owner alone', POSIX), () => {
    const home = openHome({ home: join(makeHome(), 'deep', 'home') });
    for (const folder of [home.path, home.logs, home.boardProfiles]) expect(modeOf(folder)).toBe('700');
    expect(existsSync(home.journal)).toBe(false);
    expect(openHome({ home: home.path })).toEqual(home);
  });

  it('that cannot be one is named with the reason', () => {
    const file = join(makeHome(), 'file');
    writeFileSync(file, '');
    expect(refusal(() => openHome({ home: file }))).toMatch(/^station\/home-unusable: .*file.*exist/);
    expect(refusal(() => openHome({ home: join(file, 'below') }))).toMatch(/^station\/home-unusable: /);
  });
});

describe('the station’s id', () => {
  it('is made once and kept', () => {
    const home = makeHome();
    const id = stationId(home);
    expect(id).toMatch(/^ST-[0-9A-Z]{10}$/);
    expect(stationId(home)).toBe(id);
    expect(stationId(makeHome())).not.toBe(id);
    expect(readdirSync(home)).toEqual(['station-id']);
  });

  it('is one for processes that start at once', async () => {
    const home = makeHome();
    const script = `
      import { stationId } from '${join(import.meta.dirname, '../../../src/settings/station-id.ts')}';
      process.stdout.write(stationId(process.argv[1]));`;
    const ids = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const child = spawn(process.execPath, ['--input-type=module', '-e', script, home]);
        let id = '';
        child.stdout.setEncoding('utf8').on('data', (text: string) => (id += text));
        await once(child, 'close');
        return id;
      }),
    );
    expect(new Set(ids)).toEqual(new Set([stationId(home)]));
  });

  it('that was spoiled is not replaced in silence', () => {
    const home = makeHome();
    writeFileSync(join(home, 'station-id'), '');
    expect(refusal(() => stationId(home))).toMatch(/^station\/home-unusable: .*station-id/);
    const other = makeHome();
    mkdirSync(join(other, 'station-id'));
    expect(refusal(() => stationId(other))).toMatch(/^station\/home-unusable: /);
  });
});
