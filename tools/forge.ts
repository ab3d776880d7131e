import { spawn } from 'node:child_process';
import path from 'node:path';

/** Runs Electron Forge: `package` or `make`. It fetches Electron's runtime unless ELECTRON_ZIP_DIR has it. */
const root = path.dirname(import.meta.dirname);
const [step = 'package', ...args] = process.argv.slice(2);
const script = path.join(root, 'node_modules', '@electron-forge', 'cli', 'dist', `electron-forge-${step}.js`);
const child = spawn(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit' });
child.once('exit', (code) => {
  if (code !== 0) {
    console.error(
      'Where Electron cannot be fetched, set ELECTRON_ZIP_DIR to a folder with its zip ' +
        '(electron-v45.4.1-linux-x64.zip or of your platform).',
    );
  }
  process.exitCode = code ?? 1;
});
