import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type {
  OpenDialogOptions,
  OpenDialogReturnValue,
  SaveDialogOptions,
  SaveDialogReturnValue,
} from 'electron';
import * as z from 'zod';
import type { Answer } from '../messages.ts';
import type { Theme } from './window-file.ts';

/** Largest text that is read from a file or written to one, in bytes and characters. */
const MOST_TEXT = 1_000_000;

/** What a file is called unless the person says otherwise; a name, no path. */
const fileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,120}$/);

/** What the window asks of its shell and not of the station: what only main can do or remember. */
const SHELL_CALLS = {
  /** A folder of this machine; its path, or null when none was chosen. */
  'shell.choose-folder': z.strictObject({}),
  /** A file that the station itself reads: its path, or null when none was chosen. */
  'shell.choose-path': z.strictObject({ kind: z.enum(['csv', 'json']) }),
  /** Where a file of this kind shall be written: its path, or null when none was chosen. */
  'shell.choose-save': z.strictObject({
    kind: z.enum(['pdf', 'csv', 'json', 'db']),
    name: fileName,
  }),
  /** A file of such texts: its name and what is in it; null when none was chosen. */
  'shell.choose-text': z.strictObject({ kind: z.enum(['certificate', 'station-file']) }),
  /** Writes a text where the person says. Null: nowhere; `written` is false where that place cannot be written. */
  'shell.save-text': z.strictObject({ name: fileName, text: z.string().min(1).max(MOST_TEXT) }),
  /** Puts a text on the clipboard; pages have no right to it themselves. */
  'shell.copy': z.strictObject({ text: z.string().min(1).max(4096) }),
  /** Starts the station's process after it was given up. */
  'shell.restart': z.strictObject({}),
  'shell.theme': z.strictObject({ theme: z.enum(['system', 'light', 'dark']) }),
} as const;

/** A chosen file; the text is null where it is no text of that size or cannot be read. */
export interface ChosenFile {
  readonly name: string;
  readonly text: string | null;
}

/** Where a text was to be written, and whether it is there. */
export interface SavedText {
  readonly path: string;
  readonly written: boolean;
}

export interface ShellParts {
  /** Shows the dialog for files and folders. */
  readonly ask: (options: OpenDialogOptions) => Promise<OpenDialogReturnValue>;
  readonly askWhere: (options: SaveDialogOptions) => Promise<SaveDialogReturnValue>;
  readonly copy: (text: string) => Promise<void>;
  readonly onTheme: (theme: Theme) => void;
  readonly onRestart: () => void;
}

/** Answers the calls that are for the shell; null for any other. Throws for wrong parameters: the page is our own. */
export function shellCalls(parts: ShellParts): (method: string, params: unknown) => Promise<Answer> | null {
  const handlers = {
    'shell.choose-folder': () => choose(parts, { properties: ['openDirectory', 'createDirectory'] }),
    'shell.choose-path': (params: unknown): Promise<string | null> => {
      const { kind } = SHELL_CALLS['shell.choose-path'].parse(params);
      return choose(parts, {
        properties: ['openFile'],
        filters: [CHOSEN[kind], { name: 'All files', extensions: ['*'] }],
      });
    },
    'shell.choose-save': async (params: unknown): Promise<string | null> => {
      const { kind, name } = SHELL_CALLS['shell.choose-save'].parse(params);
      return where(parts, name, kind);
    },
    'shell.choose-text': async (params: unknown): Promise<ChosenFile | null> => {
      const { kind } = SHELL_CALLS['shell.choose-text'].parse(params);
      const file = await choose(parts, {
        properties: ['openFile'],
        filters: [CHOSEN[kind], { name: 'All files', extensions: ['*'] }],
      });
      return file === null ? null : { name: path.basename(file), text: await textOf(file) };
    },
    'shell.save-text': async (params: unknown): Promise<SavedText | null> => {
      const { name, text } = SHELL_CALLS['shell.save-text'].parse(params);
      const file = await where(parts, name, 'json');
      return file === null ? null : { path: file, written: await isWritten(file, text) };
    },
    'shell.copy': async (params: unknown): Promise<null> => {
      await parts.copy(SHELL_CALLS['shell.copy'].parse(params).text);
      return null;
    },
    'shell.restart': (): Promise<null> => {
      parts.onRestart();
      return Promise.resolve(null);
    },
    'shell.theme': (params: unknown): Promise<null> => {
      parts.onTheme(SHELL_CALLS['shell.theme'].parse(params).theme);
      return Promise.resolve(null);
    },
  } satisfies Record<keyof typeof SHELL_CALLS, (params: unknown) => Promise<unknown>>;
  return (method, params) => {
    if (!isShellCall(method)) return null;
    SHELL_CALLS[method].parse(params);
    return handlers[method](params).then((value) => ({ ok: true, value }));
  };
}

/** What the system's dialog calls each kind of file. */
const SAVED = { pdf: 'PDF', csv: 'CSV', json: 'JSON', db: 'Journal' } as const;

/** What it shows first of the files to choose from. */
const CHOSEN = {
  certificate: { name: 'Certificates', extensions: ['pem', 'crt', 'cer'] },
  // A part of another station's batch is imported like a list.
  csv: { name: 'Tables', extensions: ['csv', 'txt', 'tsv', 'json'] },
  json: { name: 'Files of a station', extensions: ['json'] },
  'station-file': { name: 'Files of a station', extensions: ['json'] },
};

function isShellCall(method: string): method is keyof typeof SHELL_CALLS {
  return Object.hasOwn(SHELL_CALLS, method);
}

async function choose({ ask }: ShellParts, options: OpenDialogOptions): Promise<string | null> {
  const { canceled, filePaths } = await ask(options);
  return canceled ? null : (filePaths[0] ?? null);
}

async function where(
  { askWhere }: ShellParts,
  name: string,
  kind: keyof typeof SAVED,
): Promise<string | null> {
  const { canceled, filePath } = await askWhere({
    defaultPath: name,
    filters: [{ name: SAVED[kind], extensions: [kind] }],
    properties: ['createDirectory', 'showOverwriteConfirmation'],
  });
  return canceled || filePath === '' ? null : filePath;
}

async function isWritten(file: string, text: string): Promise<boolean> {
  try {
    await writeFile(file, text);
    return true;
  } catch {
    return false; // the page says that it cannot be written there, and asks for another place
  }
}

async function textOf(file: string): Promise<string | null> {
  try {
    if ((await stat(file)).size > MOST_TEXT) return null;
    return await readFile(file, 'utf8');
  } catch {
    return null; // the page says that it cannot be read
  }
}
