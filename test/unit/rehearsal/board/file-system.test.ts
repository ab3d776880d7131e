import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SystemError } from '../../../../src/rehearsal/board/files/errors.ts';
import { FileSystem } from '../../../../src/rehearsal/board/files/file-system.ts';
import { root } from '../../../../src/rehearsal/board/files/credential.ts';

const make = (capacity = 1 << 20): FileSystem => new FileSystem({ now: () => 0, device: '/dev/x', capacity });
const read = (files: FileSystem, path: string): string | undefined => {
  try {
    return files.read(root, path);
  } catch (error) {
    if (error instanceof SystemError) return undefined;
    throw error;
  }
};
const sync = (files: FileSystem, path: string): void => files.syncNode(files.node(root, path));

describe('what a power cut leaves', () => {
  it('nothing of a file that was never synced', () => {
    const files = make();
    files.put(root, '/f', 'x');
    files.powerCut();
    expect(read(files, '/f')).toBeUndefined();
  });

  it('nothing of a synced file whose directory was not', () => {
    const files = make();
    files.put(root, '/f', 'x');
    sync(files, '/f');
    expect(files.durable('/f')).toBeUndefined();
    files.powerCut();
    expect(read(files, '/f')).toBeUndefined();
  });

  it('an empty file where only the directory was synced', () => {
    const files = make();
    files.put(root, '/f', 'x');
    sync(files, '/');
    files.powerCut();
    expect(read(files, '/f')).toBe('');
  });

  it('the old file after a rename without a sync of the directory, the new one with it', () => {
    for (const synced of [false, true]) {
      const files = make();
      files.put(root, '/key', 'old');
      files.syncAll();
      files.put(root, '/key.new', 'new');
      sync(files, '/key.new');
      sync(files, '/');
      files.rename(root, '/key.new', '/key');
      if (synced) sync(files, '/');
      expect(read(files, '/key')).toBe('new');
      files.powerCut();
      expect(read(files, '/key')).toBe(synced ? 'new' : 'old');
      expect(read(files, '/key.new')).toBe(synced ? undefined : 'new');
    }
  });

  it('the old content and mode of a file written over', () => {
    const files = make();
    files.put(root, '/f', 'old', 0o600);
    files.syncAll();
    files.put(root, '/f', 'new');
    files.chmod(root, '/f', 0o644);
    files.powerCut();
    expect(read(files, '/f')).toBe('old');
    expect(files.node(root, '/f').mode).toBe(0o600);
  });

  it('never one file in two places, nor in none, after a rename between directories', () => {
    for (const synced of ['/', '/d']) {
      const files = make();
      files.mkdir(root, '/d', 0o755);
      files.put(root, '/f', 'x');
      files.syncAll();
      files.rename(root, '/f', '/d/f');
      sync(files, synced);
      files.powerCut();
      expect([read(files, '/f'), read(files, '/d/f')]).toEqual([undefined, 'x']);
    }
  });

  it('nothing on a file system in memory', () => {
    const files = make();
    files.mount('/tmp', { device: 'tmpfs', type: 'tmpfs', capacity: 4096, volatile: true });
    files.put(root, '/tmp/f', 'x');
    files.syncAll();
    files.powerCut();
    expect(read(files, '/tmp/f')).toBeUndefined();
  });

  type Step =
    | { readonly do: 'put'; readonly path: string; readonly data: string }
    | { readonly do: 'rename'; readonly path: string; readonly to: string }
    | { readonly do: 'unlink' | 'sync' | 'sync-directory'; readonly path: string }
    | { readonly do: 'sync-all' };
  const paths = ['/a', '/b', '/d/a', '/d/b'];
  const step = fc.oneof(
    fc.record({
      do: fc.constant('put' as const),
      path: fc.constantFrom(...paths),
      data: fc.string({ minLength: 1, maxLength: 3, unit: 'grapheme-ascii' }),
    }),
    fc.record({
      do: fc.constant('rename' as const),
      path: fc.constantFrom(...paths),
      to: fc.constantFrom(...paths),
    }),
    fc.record({
      do: fc.constantFrom('unlink' as const, 'sync' as const, 'sync-directory' as const),
      path: fc.constantFrom(...paths),
    }),
    fc.record({ do: fc.constant('sync-all' as const) }),
  );
  const directoryOf = (path: string): string => path.replace(/\/[^/]*$/, '') || '/';
  const perform = (files: FileSystem, one: Step): void => {
    try {
      if (one.do === 'put') files.put(root, one.path, one.data);
      else if (one.do === 'rename') files.rename(root, one.path, one.to);
      else if (one.do === 'unlink') files.unlink(root, one.path);
      else if (one.do === 'sync') sync(files, one.path);
      else if (one.do === 'sync-directory') sync(files, directoryOf(one.path));
      else files.syncAll();
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
    }
  };
  const start = (): FileSystem => {
    const files = make();
    files.mkdir(root, '/d', 0o755);
    files.syncAll();
    return files;
  };
  const all = (files: FileSystem): (string | undefined)[] => paths.map((path) => read(files, path));

  it('is what `durable` promised, and a second cut changes nothing', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const files = start();
        for (const one of steps) perform(files, one);
        const promised = paths.map((path) => files.durable(path));
        files.powerCut();
        expect(all(files)).toEqual(promised);
        files.powerCut();
        expect(all(files)).toEqual(promised);
      }),
      { numRuns: 400 },
    );
  });

  it('is everything after a sync, whatever was done before, and what came later is lost', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 15 }),
        fc.array(
          step.filter((one) => !one.do.startsWith('sync')),
          { maxLength: 15 },
        ),
        (before, after) => {
          const files = start();
          for (const one of before) perform(files, one);
          files.syncAll();
          const kept = all(files);
          for (const one of after) perform(files, one);
          files.powerCut();
          expect(all(files)).toEqual(kept);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('each file whole as it once was, when pieces reached the disk by themselves', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), fc.infiniteStream(fc.boolean()), (steps, luck) => {
        const files = start();
        const seen = new Set<string | undefined>([undefined, '']);
        for (const one of steps) {
          perform(files, one);
          for (const content of all(files)) seen.add(content);
        }
        files.powerCut(() => luck.next().value === true);
        for (const content of all(files)) expect(seen).toContain(content);
      }),
      { numRuns: 400 },
    );
  });

  it('the room that its files take', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const files = start();
        for (const one of steps) perform(files, one);
        const used = (): number =>
          all(files).filter((data) => data !== undefined && data !== '').length * 4096;
        expect(files.mounts[0]?.used).toBe(used());
        files.powerCut();
        expect(files.mounts[0]?.used).toBe(used());
      }),
      { numRuns: 400 },
    );
  });
});

describe('a file system', () => {
  it('keeps to its room: what fits is written, then it is full', () => {
    const files = make(8192);
    files.put(root, '/a', 'x'.repeat(4096));
    const node = files.put(root, '/b', '');
    expect(() => files.write(node, 0, 'y'.repeat(5000))).toThrow('No space left on device');
    expect(read(files, '/b')).toBe('y'.repeat(4096));
    files.unlink(root, '/a');
    files.write(node, 4096, 'z');
    expect(read(files, '/b')).toHaveLength(4097);
  });

  it('refuses every change when it is read-only', () => {
    const files = make();
    files.put(root, '/f', 'x');
    files.mounts[0]!.readOnly = true;
    for (const change of [
      () => files.put(root, '/f', 'y'),
      () => files.put(root, '/g', 'y'),
      () => files.mkdir(root, '/d', 0o755),
      () => files.unlink(root, '/f'),
      () => files.rename(root, '/f', '/g'),
      () => files.chmod(root, '/f', 0o600),
    ])
      expect(change).toThrow('Read-only file system');
    expect(read(files, '/f')).toBe('x');
  });

  it('follows links, also in the middle of a path, and does not run in circles', () => {
    const files = make();
    files.mkdir(root, '/data', 0o755);
    files.mkdir(root, '/data/mender', 0o700);
    files.symlink(root, 'data/mender', '/link');
    files.put(root, '/link/key', 'x');
    expect(read(files, '/data/mender/key')).toBe('x');
    expect(files.resolve(root, '/link/../mender/key')).toBe('/data/mender/key');
    files.symlink(root, '/two', '/one');
    files.symlink(root, '/one', '/two');
    expect(() => files.read(root, '/one')).toThrow('Too many levels');
  });

  it('moves nothing across file systems', () => {
    const files = make();
    files.mount('/data', { device: '/dev/y', type: 'ext4', capacity: 8192 });
    files.put(root, '/f', 'x');
    expect(() => files.rename(root, '/f', '/data/f')).toThrow('cross-device');
    expect(() => files.link(root, '/f', '/data/f')).toThrow('cross-device');
  });

  it('guards what belongs to others', () => {
    const files = make();
    const tech = { uid: 1000, gid: 1000 };
    files.mkdir(root, '/private', 0o700);
    files.put(root, '/private/key', 'x', 0o600);
    files.put(root, '/secret', 'x', 0o600);
    expect(() => files.read(tech, '/private/key')).toThrow('Permission denied');
    expect(() => files.read(tech, '/secret')).toThrow('Permission denied');
    expect(() => files.put(tech, '/new', 'x')).toThrow('Permission denied');
    expect(() => files.chmod(tech, '/secret', 0o644)).toThrow('Operation not permitted');
  });
});
