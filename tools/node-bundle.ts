import { builtinModules } from 'node:module';
import path from 'node:path';
import { defineConfig } from 'vite';
import type { UserConfig } from 'vite';

const root = path.dirname(import.meta.dirname);

/** Left out of bundles: what Node and Electron bring, and the package with a native part, which is shipped as it is. */
const external = ['electron', 'electron/main', 'electron/common', 'electron/renderer', 'serialport'].concat(
  builtinModules,
  builtinModules.map((name) => `node:${name}`),
);

const banner = "const __moduleUrl = require('node:url').pathToFileURL(__filename).href;";

/**
 * A whole Vite configuration for code that runs in Node or Electron: `.vite/build/<name>.cjs`. The same when Vite is
 * called directly and through Electron Forge, whose own defaults are merged below it.
 */
export function nodeBundle(
  entry: Record<string, string>,
  options: { readonly oneFile?: boolean } = {},
): UserConfig {
  return defineConfig({
    root,
    clearScreen: false,
    logLevel: 'warn',
    // A bundle in CommonJS has no import.meta of its own.
    define: {
      'import.meta.dirname': '__dirname',
      'import.meta.filename': '__filename',
      'import.meta.url': '__moduleUrl',
    },
    resolve: { conditions: ['node'], mainFields: ['module', 'main'] },
    build: {
      outDir: path.join(root, '.vite', 'build'),
      emptyOutDir: false,
      copyPublicDir: false,
      target: 'node24',
      // Readable stack traces are worth more here than bytes.
      minify: false,
      sourcemap: false,
      reportCompressedSize: false,
      lib: { entry, formats: ['cjs'], fileName: () => '[name].cjs' },
      rolldownOptions: {
        external,
        output: {
          entryFileNames: '[name].cjs',
          chunkFileNames: 'chunk-[hash].cjs',
          ...(options.oneFile === true ? { codeSplitting: false } : { banner }),
        },
      },
    },
  });
}
