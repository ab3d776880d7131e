import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { extractAll, getRawHeader } from '@electron/asar';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LINUX, named } from '../needs.ts';
import { writeFakeElectron } from './fake-electron.ts';

const root = path.resolve(import.meta.dirname, '../..');
const arch = process.arch;

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
}

/** Packages for Linux with an Electron of which only the outside is there, and looks at what came out. */
describe.skipIf(LINUX !== null)(named('a packaged app', LINUX), () => {
  let work: string;
  let packaged: string;
  let unpacked: string;
  let files: string[];

  beforeAll(() => {
    work = mkdtempSync(path.join(tmpdir(), 'packaging-'));
    writeFakeElectron(work, arch);
    const made = spawnSync(
      process.execPath,
      ['tools/forge.ts', 'make', '--targets=@electron-forge/maker-deb,@electron-forge/maker-zip'],
      {
        cwd: root,
        encoding: 'utf8',
        env: { ...process.env, ELECTRON_ZIP_DIR: work, NODE_OPTIONS: '', CI: 'true' },
      },
    );
    expect(made.status, `${made.stdout}\n${made.stderr}`).toBe(0);
    packaged = path.join(root, 'out', `Station-linux-${arch}`);
    unpacked = path.join(work, 'app');
    extractAll(path.join(packaged, 'resources', 'app.asar'), unpacked);
    files = filesUnder(unpacked);
  });
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  test('holds the bundles, the page and the manifest', () => {
    for (const wanted of [
      'package.json',
      '.vite/build/main.cjs',
      '.vite/build/preload.cjs',
      '.vite/build/station-process.cjs',
      '.vite/renderer/index.html',
    ]) {
      expect(existsSync(path.join(unpacked, wanted)), wanted).toBe(true);
    }
    expect(files.some((file) => /^\.vite\/renderer\/assets\/.*\.js$/.test(file))).toBe(true);
  });

  test('its page is under 400 KB compressed', () => {
    const page = files.filter((file) => file.startsWith('.vite/renderer/'));
    const bytes = page.map((file) => gzipSync(readFileSync(path.join(unpacked, file)), { level: 9 }).length);
    expect(bytes.reduce((sum, length) => sum + length, 0)).toBeLessThan(400_000);
  });

  test("holds serialport's binary for this platform alone, outside the archive", () => {
    const binaries = files.filter((file) => file.endsWith('.node'));
    expect(binaries).toEqual([
      `node_modules/@serialport/bindings-cpp/prebuilds/linux-${arch}/@serialport+bindings-cpp${arch === 'arm64' ? '.armv8' : ''}.glibc.node`,
    ]);
    for (const file of binaries) {
      expect(existsSync(path.join(packaged, 'resources', 'app.asar.unpacked', file))).toBe(true);
    }
    expect(filesUnder(path.join(packaged, 'resources', 'app.asar.unpacked'))).toHaveLength(1);
  });

  test('holds no source, no test, no tool and no package that only developers need', () => {
    const foreign = files.filter(
      (file) => !/^(package\.json$|\.vite\/(build\/[^/]+\.cjs$|renderer\/)|node_modules\/)/.test(file),
    );
    expect(foreign).toEqual([]);
    expect(files.filter((file) => /\.(ts|tsx|mts|cts|map|c|cc|cpp|h|gyp|md)$/.test(file))).toEqual([]);
    const packages = new Set(
      files.flatMap((file) => /^node_modules\/(@[^/]+\/[^/]+|[^/]+)/.exec(file)?.[1] ?? []),
    );
    expect([...packages].sort()).toEqual(
      [
        '@serialport/binding-mock',
        '@serialport/bindings-cpp',
        '@serialport/bindings-interface',
        ...[
          'byte-length',
          'cctalk',
          'delimiter',
          'inter-byte-timeout',
          'packet-length',
          'readline',
          'ready',
          'regex',
          'slip-encoder',
          'spacepacket',
        ].map((parser) => `@serialport/parser-${parser}`),
        '@serialport/stream',
        'debug',
        'dejavu-fonts-ttf',
        'ms',
        'node-gyp-build',
        'serialport',
      ].sort(),
    );
  });

  test('holds the fonts that its sheets are set in, and their licence', () => {
    const fonts = files.filter((file) => file.startsWith('node_modules/dejavu-fonts-ttf/'));
    expect(fonts.map((file) => path.basename(file)).sort()).toEqual(
      ['DejaVuSans-Bold.ttf', 'DejaVuSans.ttf', 'DejaVuSansMono.ttf', 'LICENSE', 'package.json'].sort(),
    );
  });

  test('its manifest names the app and its entry, and no script', () => {
    const manifest = JSON.parse(readFileSync(path.join(unpacked, 'package.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    expect(Object.keys(manifest).sort()).toEqual(
      [
        'author',
        'dependencies',
        'description',
        'license',
        'main',
        'name',
        'productName',
        'type',
        'version',
      ].sort(),
    );
    expect(manifest).toMatchObject({ name: 'station', productName: 'Station', main: '.vite/build/main.cjs' });
    expect(Object.keys(manifest['dependencies'] as object)).toEqual(['dejavu-fonts-ttf', 'serialport']);
  });

  test.each([
    ['RunAsNode', FuseV1Options.RunAsNode, FuseState.DISABLE],
    ['cookie encryption', FuseV1Options.EnableCookieEncryption, FuseState.ENABLE],
    ['NODE_OPTIONS', FuseV1Options.EnableNodeOptionsEnvironmentVariable, FuseState.DISABLE],
    ['--inspect', FuseV1Options.EnableNodeCliInspectArguments, FuseState.DISABLE],
    ['archive integrity', FuseV1Options.EnableEmbeddedAsarIntegrityValidation, FuseState.ENABLE],
    ['only the archive', FuseV1Options.OnlyLoadAppFromAsar, FuseState.ENABLE],
    ['file: privileges', FuseV1Options.GrantFileProtocolExtraPrivileges, FuseState.DISABLE],
  ])('19: the fuse for %s is set (what it does needs real Electron)', async (_name, fuse, state) => {
    const wire = await getCurrentFuseWire(path.join(packaged, 'station'));
    expect(wire[fuse]).toBe(state);
  });

  test('every file of the archive can be checked for its integrity', () => {
    const { header } = getRawHeader(path.join(packaged, 'resources', 'app.asar'));
    const bare: string[] = [];
    const visit = (
      entry: { files?: Record<string, unknown>; integrity?: unknown; link?: string },
      name: string,
    ): void => {
      if (entry.files !== undefined) {
        for (const [child, below] of Object.entries(entry.files))
          visit(below as typeof entry, `${name}/${child}`);
      } else if (entry.integrity === undefined && entry.link === undefined) bare.push(name);
    };
    visit(header, '');
    expect(bare).toEqual([]);
  });

  test('a Debian package and an archive come out', () => {
    const [deb] = globSync(`out/make/deb/${arch}/station_*_${arch === 'x64' ? 'amd64' : arch}.deb`, {
      cwd: root,
    });
    expect(deb).toBeDefined();
    const listing = spawnSync('dpkg-deb', ['--contents', path.join(root, deb!)], { encoding: 'utf8' }).stdout;
    expect(listing).toContain('./usr/bin/station -> ../lib/station/station');
    expect(globSync(`out/make/zip/linux/${arch}/Station-linux-${arch}-*.zip`, { cwd: root })).toHaveLength(1);
  });

  /** Runs the packaged main under Node: the bundles and packages are the shipped ones, only Electron is not there. */
  function runPackaged(args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
    const app = path.join(work, 'run');
    if (!existsSync(app)) {
      cpSync(unpacked, app, { recursive: true });
      mkdirSync(path.join(app, 'node_modules', 'electron'));
      writeFileSync(
        path.join(app, 'node_modules', 'electron', 'index.js'),
        `process.argv.splice(1, 1);
         module.exports = new Proxy({ app: { exit: (code) => process.exit(code) } }, {
           get: (target, key) => { if (key in target) return target[key]; if (key === '__esModule' || key === 'default') return undefined; return undefined; },
         });`,
      );
      writeFileSync(path.join(app, 'node_modules', 'electron', 'package.json'), '{"main":"index.js"}');
    }
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [path.join(app, '.vite/build/main.cjs'), ...args],
      {
        cwd: work,
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], HOME: work, STATION_HOME: path.join(work, 'home') },
        timeout: 90_000,
      },
    );
    return { status, stdout, stderr };
  }

  test('its executable with --help runs the command', () => {
    const { status, stdout, stderr } = runPackaged(['--help']);
    expect(stdout).toMatch(/Usage: station/);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  test('its executable provisions a board of the rehearsal bench and writes its sheet', () => {
    const home = ['--home', path.join(work, 'bench')];
    const { status, stdout, stderr } = runPackaged(['rehearse', '--boards', '1', '--json', ...home]);
    expect(status, stderr).toBe(0);
    const { jobs } = JSON.parse(stdout) as { jobs: readonly { job: string; verdict: string }[] };
    expect(jobs).toMatchObject([{ verdict: 'pass' }]);
    // The sheet's fonts are files of the package.
    const sheet = path.join(work, 'sheet.pdf');
    const written = runPackaged(['journal', 'sheet', jobs[0]!.job, '--out', sheet, ...home]);
    expect(written.status, written.stderr).toBe(0);
    expect(readFileSync(sheet, 'latin1')).toMatch(/^%PDF-1\.7[^]*DejaVuSans-Bold/);
  });

  test('its executable lists ports, so the native part loads', () => {
    const { status, stderr } = runPackaged(['ports', '--json']);
    expect(status, stderr).toBe(0);
  });
});
