import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import {
  boardProfileJsonSchema,
  BoardProfiles,
  BUILT_IN,
  checkBoardProfile,
} from '../../../src/settings/index.ts';
import { makeHome, refusal } from './fixtures.ts';

const ROOT = join(import.meta.dirname, '../../..');

function write(content: unknown, name = 'gateway.json', folder = makeHome()): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('a board profile’s file', () => {
  it('may say nothing: every member has a default, the name is the file’s', () => {
    const { name, description, ...rest } = checkBoardProfile(write({}));
    const { name: builtIn, description: _, ...defaults } = BUILT_IN[0]!;
    expect({ name, description, builtIn }).toEqual({ name: 'gateway', description: '', builtIn: 'mender' });
    expect(rest).toEqual(defaults);
    expect(rest.login).toEqual({ user: 'root', credentials: ['board'], become: 'none' });
    expect(rest.leastProof).toBe('board-client');
  });

  it('changes what it names and nothing beside', () => {
    const profile = checkBoardProfile(
      write({
        $schema: '../board-profile.schema.json',
        name: 'My gateway',
        line: { baudRate: 9600, pacing: { chunkBytes: 16, gapMs: 10 } },
        login: { user: 'debian', credentials: ['old', 'new'], become: 'sudo' },
        usbIds: ['0403:6001'],
      }),
    );
    expect(profile).toMatchObject({
      name: 'My gateway',
      line: { baudRate: 9600, rtscts: false, xonxoff: true, pacing: { chunkBytes: 16, gapMs: 10 } },
      login: { user: 'debian', become: 'sudo' },
      timeouts: BUILT_IN[0]!.timeouts,
    });
    expect('$schema' in profile).toBe(false);
  });

  it('is told everything that is wrong with it, with line, member and reason', () => {
    const path = write(`{
  "line": { "baudRate": "fast" },
  "login": {
    "credentials": ["ok",
      "../bad"],
    "pasword": "x"
  },
  "leastProof": "hope",
  "paths": { "configuration": "relative" }
}`);
    const refused = refusal(() => checkBoardProfile(path));
    expect(refused).toContain(`station/profile-invalid: The board profile ${path}`);
    for (const complaint of [
      /line 2, line\.baudRate: .*number/,
      /line 5, login\.credentials\.1: letters, digits/,
      /line 6, login\.pasword: there is no such member/,
      /line 8, leastProof: .*board-client/,
      /line 9, paths\.configuration: an absolute path/,
    ])
      expect(refused).toMatch(complaint);
  });

  it('is told where its JSON breaks off, and when it is not there or not an object', () => {
    expect(refusal(() => checkBoardProfile(write('{\n  "line": {,\n}')))).toMatch(/not JSON: .*line 2/);
    expect(refusal(() => checkBoardProfile(join(makeHome(), 'none.json')))).toMatch(
      /^station\/profile-invalid: .*no such file/,
    );
    expect(refusal(() => checkBoardProfile(write('[]')))).toMatch(/line 1: .*object/);
    expect(refusal(() => checkBoardProfile(write({}, '.json')))).toMatch(/no name for a profile/);
  });

  it.each([
    [{ timeouts: { login: 0 } }, 'timeouts.login'],
    [{ usbIds: ['403:6001'] }, 'usbIds.0'],
    [{ key: { importPattern: 'key.pem' } }, 'key.importPattern'],
    [{ key: { importPattern: '../{mac}.pem' } }, 'key.importPattern'],
    [{ login: { user: 'root; reboot' } }, 'login.user'],
    [{ paths: { dataDirectory: '/a\nb' } }, 'paths.dataDirectory'],
    [{ driver: 'windows-console' }, 'driver'],
  ])('refuses %j', (content, member) => {
    expect(refusal(() => checkBoardProfile(write(content)))).toContain(member);
  });
});

describe('the profiles of a station', () => {
  it('are the built-in ones and the files, a file before a built-in one of its name', () => {
    const folder = makeHome();
    const profiles = new BoardProfiles(folder);
    expect(profiles.list().map(({ name }) => name)).toEqual(['mender', 'mender-offline', 'mic']);
    write({ line: { baudRate: 9600 } }, 'mender.json', folder);
    write({}, 'gateway.json', folder);
    write('not a profile', 'README.md', folder);
    expect(profiles.list().map(({ name }) => name)).toEqual(['gateway', 'mender', 'mender-offline', 'mic']);
    expect(profiles.get('mender').line.baudRate).toBe(9600);
    expect(profiles.problems()).toEqual([]);
  });

  it('leave a broken file out, tell of it, and never fall back to a built-in one behind it', () => {
    const folder = makeHome();
    write({ foo: 1 }, 'mender.json', folder);
    write({}, 'good.json', folder);
    const profiles = new BoardProfiles(folder);
    expect(profiles.problems().map(({ path, error }) => [path, error.code])).toEqual([
      [join(folder, 'mender.json'), 'station/profile-invalid'],
    ]);
    expect(profiles.get('good').name).toBe('good');
    expect(refusal(() => profiles.get('mender'))).toMatch(/^station\/profile-invalid: .*foo/);
  });

  it('are two with one name only for the first', () => {
    const folder = makeHome();
    write({ name: 'same', description: 'first' }, 'a.json', folder);
    write({ name: 'same', description: 'second' }, 'b.json', folder);
    const profiles = new BoardProfiles(folder);
    expect(profiles.get('same').description).toBe('first');
    expect(profiles.problems()[0]?.error.message).toContain('a.json');
  });

  it('are named to who asks for one that is not there', () => {
    const profiles = new BoardProfiles(join(makeHome(), 'none'));
    expect(refusal(() => profiles.get('x'))).toMatch(/^station\/unknown-profile: .*x/);
    const folder = makeHome();
    mkdirSync(join(folder, 'dir.json'));
    expect(new BoardProfiles(folder).problems()).toHaveLength(1);
  });
});

describe('the published schema', () => {
  it('is that of the code (vitest run test/unit/settings/board-profile.test.ts --update writes it anew)', async () => {
    const path = join(ROOT, 'docs/board-profile.schema.json');
    const options = (await resolveConfig(path)) ?? {};
    const text = await format(JSON.stringify(boardProfileJsonSchema()), { ...options, parser: 'json' });
    await expect(text).toMatchFileSnapshot(path);
  });

  it('is named by the examples, which are valid', () => {
    const folder = join(ROOT, 'docs/examples/board-profiles');
    const examples = readdirSync(folder).map((file) => join(folder, file));
    expect(examples.length).toBeGreaterThan(1);
    for (const example of examples) {
      checkBoardProfile(example);
      const { $schema } = JSON.parse(readFileSync(example, 'utf8')) as { $schema: string };
      expect(join(folder, $schema)).toBe(join(ROOT, 'docs/board-profile.schema.json'));
    }
  });
});
