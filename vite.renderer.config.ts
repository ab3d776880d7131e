import path from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: path.join(import.meta.dirname, 'renderer'),
  base: './',
  plugins: [react()],
  clearScreen: false,
  logLevel: 'warn',
  build: {
    outDir: path.join(import.meta.dirname, '.vite', 'renderer'),
    emptyOutDir: true,
    target: 'chrome150',
    // The policy of the page allows files of the app's own origin; nothing is inlined into the document.
    assetsInlineLimit: 0,
    modulePreload: false,
    sourcemap: false,
    reportCompressedSize: false,
    // One window, loaded from the disk: a test holds the whole to its limit.
    chunkSizeWarningLimit: 2_000,
  },
});
