import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ForgeConfig } from '@electron-forge/shared-types';
import { MakerDeb } from '@electron-forge/maker-deb';
import { MakerDMG } from '@electron-forge/maker-dmg';
import { MakerSquirrel } from '@electron-forge/maker-squirrel';
import { MakerZIP } from '@electron-forge/maker-zip';
import { FusesPlugin } from '@electron-forge/plugin-fuses';
import { VitePlugin } from '@electron-forge/plugin-vite';
import { FuseV1Options, FuseVersion } from '@electron/fuses';

/** What goes into the app: its manifest, the bundles, and the packages that are not in a bundle. */
const shipped = ['/package.json', '/.vite/build', '/.vite/renderer', '/node_modules'];
/** Of those packages, what only a developer reads or a compiler needs. */
const developers =
  /^\/node_modules\/(\.|node-addon-api(\/|$))|\.(c|cc|cpp|gyp|gypi|h|map|markdown|md|mts|cts|ts)$|\/(docs?|test|tests|\.github|\.eslintrc.*|\.editorconfig|\.npmignore)(\/|$)/;
/** Of the package of fonts, the three that sheets are set in. */
const otherFonts =
  /^\/node_modules\/dejavu-fonts-ttf\/(?!(package\.json|LICENSE|ttf|ttf\/DejaVuSans(-Bold|Mono)?\.ttf)$)/;

const ignore = (file: string): boolean => {
  if (file === '') return false;
  const leadsTo = shipped.some(
    (kept) => kept === file || kept.startsWith(`${file}/`) || file.startsWith(`${kept}/`),
  );
  return !leadsTo || developers.test(file) || otherFonts.test(file);
};

/** serialport brings its native part for every platform; only the target's own is shipped. Electron on Linux is glibc. */
async function keepOwnBinary(app: string, platform: string, arch: string): Promise<void> {
  const prebuilds = path.join(app, 'node_modules', '@serialport', 'bindings-cpp', 'prebuilds');
  for (const folder of await readdir(prebuilds)) {
    const targets = folder.slice(folder.indexOf('-') + 1).split('+');
    if (!folder.startsWith(`${platform}-`) || !targets.includes(arch)) {
      await rm(path.join(prebuilds, folder), { recursive: true });
      continue;
    }
    for (const file of await readdir(path.join(prebuilds, folder))) {
      if (file.includes('.musl.')) await rm(path.join(prebuilds, folder, file));
    }
  }
}

/** The manifest without what only a checkout needs. */
async function keepOwnManifest(app: string): Promise<void> {
  const file = path.join(app, 'package.json');
  const { name, productName, version, description, author, license, type, main, dependencies } = JSON.parse(
    await readFile(file, 'utf8'),
  ) as Record<string, unknown>;
  const kept = { name, productName, version, description, author, license, type, main, dependencies };
  await writeFile(file, `${JSON.stringify(kept, null, 2)}\n`);
}

const config: ForgeConfig = {
  packagerConfig: {
    name: 'Station',
    executableName: 'station',
    appBundleId: 'station.provisioning',
    // Native parts cannot be loaded out of an archive.
    asar: { unpack: '**/*.node' },
    ignore,
    ...(process.env['ELECTRON_ZIP_DIR'] === undefined
      ? {}
      : { electronZipDir: process.env['ELECTRON_ZIP_DIR'] }),
  },
  // Nothing is compiled: serialport's prebuilt parts speak Node-API and load in every Electron.
  rebuildConfig: { onlyModules: [] },
  hooks: {
    packageAfterPrune: async (_config, app, _electronVersion, platform, arch) => {
      await keepOwnBinary(app, platform, arch);
      await keepOwnManifest(app);
    },
  },
  makers: [
    new MakerDeb({
      options: {
        name: 'station',
        productName: 'Station',
        section: 'devel',
        categories: ['Development'],
        maintainer: 'Station',
      },
    }),
    new MakerZIP({}, ['linux', 'darwin']),
    new MakerSquirrel({ name: 'station' }),
    new MakerDMG({}),
  ],
  plugins: [
    new VitePlugin({
      build: [
        { entry: 'electron/main/main.ts', config: 'vite.main.config.ts', target: 'main' },
        {
          entry: 'electron/station-process/station-process.ts',
          config: 'vite.station.config.ts',
          target: 'main',
        },
        { entry: 'electron/preload/preload.ts', config: 'vite.preload.config.ts', target: 'preload' },
      ],
      renderer: [{ name: 'window', config: 'vite.renderer.config.ts' }],
    }),
    new FusesPlugin({
      version: FuseVersion.V1,
      strictlyRequireAllFuses: true,
      [FuseV1Options.RunAsNode]: false,
      [FuseV1Options.EnableCookieEncryption]: true,
      [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
      [FuseV1Options.EnableNodeCliInspectArguments]: false,
      [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
      [FuseV1Options.OnlyLoadAppFromAsar]: true,
      [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
      [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
      [FuseV1Options.WasmTrapHandlers]: true,
    }),
  ],
};

export default config;
