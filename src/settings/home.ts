import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { StationError } from '../model/station-error.ts';
import { reasonOf } from './durable-file.ts';

/** Where a station keeps what it knows. Every path is absolute. */
export interface Home {
  readonly path: string;
  readonly journal: string;
  readonly logs: string;
  readonly boardProfiles: string;
}

export interface HomeChoice {
  /** `--home`. */
  readonly home?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly platform?: NodeJS.Platform;
  readonly userHome?: string;
}

/**
 * The home of this call: `--home`, else `STATION_HOME`, else the platform's folder for an application's data. On Windows
 * that is the local one: a journal must not roam.
 */
export function homePath(choice: HomeChoice = {}): string {
  const { env = process.env, platform = process.platform, userHome = homedir() } = choice;
  if (choice.home !== undefined && choice.home !== '') return resolve(choice.home);
  const fromEnvironment = env['STATION_HOME'];
  if (fromEnvironment !== undefined && fromEnvironment !== '') return resolve(fromEnvironment);
  switch (platform) {
    case 'win32':
      return join(env['LOCALAPPDATA'] ?? join(userHome, 'AppData', 'Local'), 'Station');
    case 'darwin':
      return join(userHome, 'Library', 'Application Support', 'Station');
    default:
      return join(absolute(env['XDG_DATA_HOME']) ?? join(userHome, '.local', 'share'), 'station');
  }
}

/**
 * The home, made for its owner alone where it is not there yet.
 *
 * @throws StationError `station/home-unusable`.
 */
export function openHome(choice: HomeChoice = {}): Home {
  const path = homePath(choice);
  const home: Home = {
    path,
    journal: join(path, 'journal.db'),
    logs: join(path, 'logs'),
    boardProfiles: join(path, 'board-profiles'),
  };
  try {
    for (const folder of [path, home.logs, home.boardProfiles])
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(path, constants.R_OK | constants.X_OK);
  } catch (thrown) {
    throw new StationError(
      'station/home-unusable',
      { home: path, detail: reasonOf(thrown) },
      { cause: thrown },
    );
  }
  return home;
}

/** The XDG specification has relative paths ignored. */
function absolute(path: string | undefined): string | undefined {
  return path?.startsWith('/') === true ? path : undefined;
}
