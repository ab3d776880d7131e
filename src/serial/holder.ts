import type { Stats } from 'node:fs';
import { readdir, readFile, readlink, realpath, stat } from 'node:fs/promises';
import path from 'node:path';

/** A process that has a port open. */
export interface PortHolder {
  readonly pid: number;
  /** Its name as the kernel keeps it: 15 characters at most. */
  readonly name: string;
}

/** Programs that take serial ports by themselves, and what keeps them off. */
const HINTS: ReadonlyMap<string, string> = new Map([
  ['ModemManager', 'a udev rule with ENV{ID_MM_DEVICE_IGNORE}="1" keeps it off'],
  ['brltty', 'it takes USB adapters for braille displays; remove the package brltty'],
  ['agetty', 'a login is served on this port; systemctl disable --now serial-getty@<tty> ends it'],
  ['getty', 'a login is served on this port; its line in /etc/inittab does that'],
]);

/**
 * The other processes that have a port open, as far as this user may see it. Linux only: elsewhere nobody tells.
 *
 * @param proc where /proc is; another folder for tests.
 */
export async function portHolders(port: string, proc = '/proc'): Promise<readonly PortHolder[]> {
  let target: string;
  let own: Stats;
  let processes: readonly string[];
  try {
    target = await realpath(port);
    own = await stat(target);
    processes = (await readdir(proc)).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  } catch {
    return []; // no such port any more, or no /proc on this system
  }
  const found = await Promise.all(
    processes.map(async (pid): Promise<PortHolder | null> => {
      try {
        for (const fd of await readdir(path.join(proc, pid, 'fd'))) {
          const link = path.join(proc, pid, 'fd', fd);
          if ((await readlink(link).catch(() => null)) !== target) continue;
          // A process in a container may have a port of the same name that is another one.
          const { dev, ino } = await stat(link);
          if (dev !== own.dev || ino !== own.ino) continue;
          const name = (await readFile(path.join(proc, pid, 'comm'), 'utf8')).trim();
          return { pid: Number(pid), name };
        }
      } catch {
        // The process has ended, or is another user's: it cannot be looked into.
      }
      return null;
    }),
  );
  return found.filter((holder) => holder !== null);
}

/** Who holds a busy port, for the message: `picocom (pid 4711)`, with advice for programs that are known to do so. */
export async function describeHolder(port: string, proc = '/proc'): Promise<string> {
  const holders = await portHolders(port, proc);
  if (holders.length === 0) return 'another program (which one, only root can see)';
  return holders
    .map(({ pid, name }) => {
      const hint = HINTS.get(name);
      return `${name} (pid ${pid}${hint === undefined ? '' : `: ${hint}`})`;
    })
    .join(', ');
}
