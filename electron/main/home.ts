import path from 'node:path';
import { homedir } from 'node:os';

/** The home that the window works on: `--home`, else `STATION_HOME`, else the platform's app-data folder. */
export function stationHome(option: string | undefined): string {
  return path.resolve(
    option ?? process.env['STATION_HOME'] ?? path.join(homedir(), '.local', 'share', 'station'),
  );
}
