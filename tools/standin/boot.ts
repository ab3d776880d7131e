import inspector from 'node:inspector';
import { createRequire, registerHooks } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { readFileSync } from 'node:fs';
import { parseCommandLine } from './command-line.ts';
import { makeElectron } from './electron.ts';

/**
 * Takes the place of Electron's executable, with the same command line: this Node behind it and Chromium as its windows.
 * The app's main process runs unchanged, `require('electron')` gives the stand-in.
 */
const line = parseCommandLine(process.argv.slice(2));
const root = path.resolve(line.appFolder);
const pinned = JSON.parse(
  readFileSync(new URL('../../node_modules/electron/package.json', import.meta.url), 'utf8'),
) as { version: string };

process.argv = [process.execPath, ...process.argv.slice(2)];
Object.defineProperty(process, 'type', { value: 'browser' });
Object.defineProperty(process, 'defaultApp', { value: true });
Object.defineProperty(process, 'resourcesPath', { value: import.meta.dirname });
Object.defineProperty(process.versions, 'electron', { value: pinned.version, enumerable: true });

const { electron, app } = makeElectron(line);
const url = 'electron-standin:main';
Object.defineProperty(globalThis, Symbol.for('electron-standin'), { value: electron });
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron' || specifier === 'electron/main'
      ? { url, format: 'commonjs', shortCircuit: true }
      : next(specifier, context),
  load: (which, context, next) =>
    which === url
      ? {
          format: 'commonjs',
          source: `module.exports = globalThis[Symbol.for('electron-standin')]`,
          shortCircuit: true,
        }
      : next(which, context),
});

const require = createRequire(path.join(root, 'package.json'));
if (line.inspectPort !== undefined) inspector.open(line.inspectPort, '127.0.0.1');
for (const file of line.requires) require(file);
await import(pathToFileURL(path.join(root, app.manifest.main)).href);
