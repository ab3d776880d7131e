import { EventEmitter } from 'node:events';
import { provided } from './provided.ts';

interface MessageBox {
  readonly message: string;
  readonly detail?: string;
  readonly buttons?: readonly string[];
  readonly defaultId?: number;
  readonly cancelId?: number;
}
interface Asker {
  /** Runs a script in the front window where a person can see it; undefined where nobody can. */
  ask(script: string): Promise<unknown>;
}

/** Dialogs: in a visible window the browser's own `confirm` and `prompt`; where nobody looks, the answer "cancel". */
export function dialogs(asker: Asker): object {
  return provided('electron.dialog', {
    showMessageBox: async (...args: unknown[]): Promise<{ response: number; checkboxChecked: boolean }> => {
      const {
        message,
        detail = '',
        buttons = ['OK'],
        defaultId = 0,
        cancelId = 0,
      } = args.at(-1) as MessageBox;
      const agree = buttons[defaultId === cancelId ? 1 - cancelId : defaultId] ?? 'OK';
      const text = JSON.stringify(`${message}\n\n${detail}\n\nOK: ${agree}`);
      const yes = await asker.ask(buttons.length > 1 ? `confirm(${text})` : `alert(${text})`);
      const other = buttons.findIndex((_, index) => index !== cancelId);
      return { response: yes === true ? other : cancelId, checkboxChecked: false };
    },
    showErrorBox: (title: string, content: string): void => console.error(`${title}: ${content}`),
    showOpenDialog: async (): Promise<{ canceled: boolean; filePaths: string[] }> => {
      const file = await asker.ask('prompt("Path of the file or folder")');
      return typeof file === 'string' && file !== ''
        ? { canceled: false, filePaths: [file] }
        : { canceled: true, filePaths: [] };
    },
    showSaveDialog: async (): Promise<{ canceled: boolean; filePath: string }> => {
      const file = await asker.ask('prompt("Path of the file to write")');
      return typeof file === 'string' && file !== ''
        ? { canceled: false, filePath: file }
        : { canceled: true, filePath: '' };
    },
  });
}

/** Menus are kept, not shown: Chromium's own short-cuts for editing work in the page anyway. */
export function menus(): object {
  class Menu {
    readonly items: object[] = [];
    static current: Menu | null = null;

    append(item: object): void {
      this.items.push(item);
    }

    static buildFromTemplate(template: readonly object[]): Menu {
      const menu = new Menu();
      for (const item of template) menu.append(item);
      return menu;
    }

    static setApplicationMenu(menu: Menu | null): void {
      Menu.current = menu;
    }

    static getApplicationMenu(): Menu | null {
      return Menu.current;
    }
  }
  provided('electron.Menu#', Menu.prototype);
  return provided('electron.Menu', Menu);
}

type Source = 'system' | 'light' | 'dark';

/** `nativeTheme`, which the pages' `prefers-color-scheme` follows. */
export class NativeTheme extends EventEmitter {
  private source: Source = 'system';

  get themeSource(): Source {
    return this.source;
  }

  set themeSource(source: Source) {
    this.source = source;
    this.emit('updated');
  }

  get shouldUseDarkColors(): boolean {
    return this.source === 'dark';
  }
}
provided('electron.nativeTheme', NativeTheme.prototype);

/** `powerSaveBlocker`: counts what is blocked; the machine may sleep all the same. */
export function powerSaveBlocker(): object {
  const started = new Set<number>();
  let last = 0;
  return provided('electron.powerSaveBlocker', {
    start: (_type: string): number => {
      last += 1;
      started.add(last);
      return last;
    },
    stop: (id: number): boolean => started.delete(id),
    isStarted: (id: number): boolean => started.has(id),
  });
}

/** `clipboard`: text alone, in this process alone. */
export function clipboard(): object {
  let held = '';
  return provided('electron.clipboard', {
    writeText: (text: string): Promise<void> => {
      held = text;
      return Promise.resolve();
    },
    readText: (): Promise<string> => Promise.resolve(held),
  });
}

/** The remaining small modules. */
export function small(): Record<string, object> {
  const display = {
    id: 1,
    scaleFactor: 1,
    bounds: { x: 0, y: 0, width: 1280, height: 800 },
    workArea: { x: 0, y: 0, width: 1280, height: 800 },
    workAreaSize: { width: 1280, height: 800 },
  };
  return {
    screen: provided(
      'electron.screen',
      Object.assign(new EventEmitter(), {
        getPrimaryDisplay: () => display,
        getAllDisplays: () => [display],
        getDisplayMatching: () => display,
      }),
    ),
    powerMonitor: provided('electron.powerMonitor', new EventEmitter()),
    shell: provided('electron.shell', {
      openExternal: (url: string): Promise<void> => {
        console.error(`electron stand-in: would open ${url}`);
        return Promise.resolve();
      },
    }),
    crashReporter: provided('electron.crashReporter', { getUploadToServer: () => false }),
  };
}
