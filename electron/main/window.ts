import path from 'node:path';
import { BrowserWindow, screen } from 'electron';
import type { Rectangle } from 'electron';
import { keep } from './keep.ts';
import type { openWindowFile } from './window-file.ts';
import { APP_ORIGIN } from '../messages.ts';

type WindowFile = ReturnType<typeof openWindowFile>;

const DEFAULT_SIZE = { width: 1280, height: 800 };
const SAVE_AFTER_MS = 400;

/** Opens the window where it was last time. The caller loads the page. */
export function createWindow(file: WindowFile, options: { readonly devTools: boolean }): BrowserWindow {
  const window = new BrowserWindow({
    ...DEFAULT_SIZE,
    ...visiblePart(file.get('bounds')),
    minWidth: 800,
    minHeight: 560,
    show: false,
    title: 'Station',
    backgroundColor: '#1a1b1e',
    webPreferences: {
      preload: path.join(import.meta.dirname, 'preload.cjs'),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      devTools: options.devTools,
    },
  });
  if (file.get('maximized')) window.maximize();
  window.once('ready-to-show', () => window.show());
  rememberBounds(window, file);
  return window;
}

/** Loads the app's page. */
export function loadApp(window: BrowserWindow): Promise<void> {
  return window.loadURL(`${APP_ORIGIN}/index.html`);
}

/** Stored bounds only where a display still shows them. */
function visiblePart(bounds: Rectangle | undefined): Partial<Rectangle> {
  if (bounds === undefined) return {};
  const { workArea } = screen.getDisplayMatching(bounds);
  const overlaps =
    bounds.x < workArea.x + workArea.width &&
    bounds.y < workArea.y + workArea.height &&
    bounds.x + bounds.width > workArea.x &&
    bounds.y + bounds.height > workArea.y;
  return overlaps ? bounds : { width: bounds.width, height: bounds.height };
}

function rememberBounds(window: BrowserWindow, file: WindowFile): void {
  let timer: NodeJS.Timeout | undefined;
  const save = (): void => {
    clearTimeout(timer);
    if (window.isDestroyed()) return;
    keep(() => {
      file.set('maximized', window.isMaximized());
      file.set('bounds', window.getNormalBounds());
    });
  };
  const soon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(save, SAVE_AFTER_MS);
  };
  window.on('resize', soon);
  window.on('move', soon);
  window.on('maximize', soon);
  window.on('unmaximize', soon);
  window.on('close', save);
  window.on('closed', () => clearTimeout(timer));
}
