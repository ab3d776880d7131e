import { mkdirSync, readFileSync, renameSync, rmSync, watch, writeFileSync } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import path from 'node:path';

export interface SecondInstance {
  readonly argv: string[];
  readonly workingDirectory: string;
}

/** One app per data folder: the second one leaves a note for the first, and gives up. */
export class SingleInstance {
  private readonly folder: string;
  private readonly onSecond: (second: SecondInstance) => void;
  private watcher: FSWatcher | undefined;

  constructor(dataFolder: string, onSecond: (second: SecondInstance) => void) {
    this.folder = path.join(dataFolder, 'single-instance');
    this.onSecond = onSecond;
  }

  /** True where this process is the one; false where another has been told of us. */
  request(): boolean {
    if (this.watcher !== undefined) return true;
    mkdirSync(this.folder, { recursive: true });
    const lock = path.join(this.folder, 'pid');
    const holder = read(lock);
    if (holder !== undefined && holder !== process.pid && isAlive(holder)) {
      const note: SecondInstance = { argv: process.argv, workingDirectory: process.cwd() };
      const file = path.join(this.folder, `${process.pid}.json`);
      writeFileSync(`${file}.new`, JSON.stringify(note));
      renameSync(`${file}.new`, file);
      return false;
    }
    writeFileSync(lock, String(process.pid));
    this.watcher = watch(this.folder, (_, name) => this.read(name));
    this.watcher.unref();
    return true;
  }

  release(): void {
    if (this.watcher === undefined) return;
    this.watcher.close();
    this.watcher = undefined;
    rmSync(this.folder, { recursive: true, force: true });
  }

  private read(name: string | null): void {
    if (name === null || !name.endsWith('.json')) return;
    const file = path.join(this.folder, name);
    try {
      const second = JSON.parse(readFileSync(file, 'utf8')) as SecondInstance;
      rmSync(file);
      this.onSecond(second);
    } catch {
      // Read already: a file's arrival is told more than once.
    }
  }
}

function read(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
