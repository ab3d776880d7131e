import { watch, type FSWatcher } from 'node:fs';
import { listPorts, type ListOptions, type PortEntry } from './list.ts';

export interface WatchOptions extends ListOptions {
  /** How often the list is compared in any case, in milliseconds: not every change makes a notice. */
  readonly intervalMs?: number;
  /** Called when the ports cannot be listed; watching goes on. */
  readonly failed?: (error: unknown) => void;
  readonly list?: (options: ListOptions) => Promise<readonly PortEntry[]>;
}

/** udev makes a port in several steps (node, rights, links): they are told as one change. */
const DEBOUNCE_MS = 100;

/**
 * Calls `changed` with the new list whenever the list of ports has changed, until disposed. Changes are noticed at once
 * by the folders that hold ports and, as a baseline, by comparing the list every second. Calls back with the first list,
 * too.
 */
export function watchPorts(
  changed: (ports: readonly PortEntry[]) => void,
  options: WatchOptions = {},
): Disposable {
  const { intervalMs = 1000, list = listPorts, failed = () => undefined } = options;
  const notices = new Map<string, FSWatcher>();
  let stopped = false;
  let last = '';
  let looking = false;
  let again = false;
  let debounce: NodeJS.Timeout | null = null;

  const look = async (): Promise<void> => {
    if (looking) {
      again = true;
      return;
    }
    looking = true;
    try {
      do {
        again = false;
        const ports = await list(options);
        const now = JSON.stringify(ports);
        if (isStopped() || now === last) continue;
        last = now;
        changed(ports);
      } while (wantsMore());
    } catch (error) {
      failed(error);
    } finally {
      looking = false;
    }
  };
  // The compiler takes a flag for unchanged over an await; these read it anew.
  const isStopped = (): boolean => stopped;
  const wantsMore = (): boolean => again && !stopped;

  const noticed = (): void => {
    debounce ??= setTimeout(() => {
      debounce = null;
      void look();
    }, DEBOUNCE_MS);
  };
  const attend = (folder: string): void => {
    if (notices.has(folder)) return;
    try {
      const notice = watch(folder, { persistent: false }, noticed);
      const drop = (): void => {
        notice.close();
        notices.delete(folder);
      };
      notice.on('error', drop);
      notices.set(folder, notice);
    } catch {
      // No such folder (yet), or no notices on this system: the comparison sees the change a second later.
    }
  };
  const attendAll = (): void => {
    const root = options.root ?? '/';
    if ((options.platform ?? process.platform) === 'linux') attend(`${root.replace(/\/$/, '')}/dev`);
    if (typeof options.links === 'string') attend(options.links);
  };

  attendAll();
  void look();
  const timer = setInterval(() => {
    attendAll();
    void look();
  }, intervalMs);
  return {
    [Symbol.dispose]: () => {
      stopped = true;
      clearInterval(timer);
      if (debounce !== null) clearTimeout(debounce);
      for (const notice of notices.values()) notice.close();
      notices.clear();
    },
  };
}
