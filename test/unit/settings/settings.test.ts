import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Settings } from '../../../src/settings/index.ts';
import { makeHome, modeOf, refusal } from './fixtures.ts';

const PLANT = { name: 'plant', url: 'https://mender.example' };

describe('settings', () => {
  it('begin with defaults, without writing anything', () => {
    const home = makeHome();
    const settings = new Settings(home);
    expect(settings.servers()).toEqual([]);
    expect(settings.preferences()).toEqual({
      server: null,
      profile: null,
      operator: null,
      batch: null,
      sound: false,
    });
    expect(settings.mutedSlots()).toEqual([]);
    expect(settings.portLinks()).toBeNull();
    expect(settings.rehearsalOffered()).toBe(false);
    expect(readdirSync(home)).toEqual([]);
  });

  it('are the same for the next process, in a file for the owner alone', () => {
    const home = makeHome();
    const settings = new Settings(home);
    settings.putServer(PLANT);
    settings.setPreferences({ server: 'plant', operator: 'kim' });
    settings.setPreferences({ operator: null, profile: 'mender', sound: true });
    settings.mute('1-1:1.0', true);
    settings.mute('1-2:1.0', true);
    settings.mute('1-1:1.0', true);
    settings.mute('1-2:1.0', false);
    settings.setPortLinks('/dev/station');
    settings.setRehearsalOffered();

    const again = new Settings(home);
    expect(again.servers()).toEqual([{ ...PLANT, kind: 'mender', trust: { by: 'system' } }]);
    expect(again.preferences()).toEqual({
      server: 'plant',
      profile: 'mender',
      operator: null,
      batch: null,
      sound: true,
    });
    expect(again.mutedSlots()).toEqual(['1-1:1.0']);
    expect(again.portLinks()).toBe('/dev/station');
    expect(again.rehearsalOffered()).toBe(true);
    expect(readdirSync(home)).toEqual(['settings.json']);
    if (process.platform !== 'win32') expect(modeOf(join(home, 'settings.json'))).toBe('600');
  });

  it('put a server in the place of its namesake and tell which', () => {
    const settings = new Settings(makeHome());
    expect(settings.putServer(PLANT).replaced).toBeNull();
    settings.putServer({ ...PLANT, name: 'other' });
    const { server, replaced } = settings.putServer({ ...PLANT, url: 'https://new.example/' });
    expect(server.url).toBe('https://new.example');
    expect(replaced?.url).toBe('https://mender.example');
    expect(settings.servers().map(({ name }) => name)).toEqual(['plant', 'other']);
    expect(settings.server('plant').url).toBe('https://new.example');
  });

  it('forget a server, also as the preferred one, and name the known ones to who asks for it', () => {
    const settings = new Settings(makeHome());
    expect(refusal(() => settings.server('plant'))).toMatch(/^station\/unknown-server/);
    settings.putServer(PLANT);
    settings.setPreferences({ server: 'plant', operator: 'kim' });
    settings.removeServer('plant');
    expect(settings.servers()).toEqual([]);
    expect(settings.preferences()).toEqual({
      server: null,
      profile: null,
      operator: 'kim',
      batch: null,
      sound: false,
    });
    expect(refusal(() => settings.removeServer('plant'))).toMatch(/^station\/unknown-server/);
  });

  it('store nothing of a server that is not valid', () => {
    const settings = new Settings(makeHome());
    expect(refusal(() => settings.putServer({ name: 'plant', url: 'http://mender.example' }))).toMatch(
      /^station\/server-invalid: .*url/,
    );
    expect(settings.servers()).toEqual([]);
  });

  it('keep what a newer version wrote beside', () => {
    const home = makeHome();
    const path = join(home, 'settings.json');
    writeFileSync(path, JSON.stringify({ dropFolder: '/srv/drop', mutedSlots: ['a'] }));
    new Settings(home).mute('b', true);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
      dropFolder: '/srv/drop',
      mutedSlots: ['a', 'b'],
    });
  });

  const spoiled: Readonly<Record<string, readonly [text: string, complaint: RegExp]>> = {
    'is empty': ['', /settings\.json/],
    'is cut off': ['{"servers": [', /settings\.json/],
    'holds another kind of value': ['[]', /settings\.json/],
    'holds a wrong member': ['{"mutedSlots": "all"}', /mutedSlots/],
    'holds a wrong server': [
      '{"servers": [{"name": "x", "url": "http://mender.example"}]}',
      /servers\.0\.url/,
    ],
  };
  for (const [name, [text, complaint]] of Object.entries(spoiled))
    it(`are never reset: a file that ${name} is refused and left alone`, () => {
      const home = makeHome();
      const path = join(home, 'settings.json');
      writeFileSync(path, text);
      const refused = refusal(() => new Settings(home));
      expect(refused).toMatch(/^station\/settings-unreadable: /);
      expect(refused).toMatch(complaint);
      expect(readFileSync(path, 'utf8')).toBe(text);
    });

  it('are not overwritten when their file is spoiled while in use', () => {
    const home = makeHome();
    const path = join(home, 'settings.json');
    const settings = new Settings(home);
    settings.mute('a', true);
    writeFileSync(path, 'spoiled');
    expect(refusal(() => settings.mute('b', true))).toMatch(/^station\/settings-unreadable: /);
    expect(readFileSync(path, 'utf8')).toBe('spoiled');
  });
});
