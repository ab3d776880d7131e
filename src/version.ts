/** The version of this station; a test holds it to package.json. */
export const VERSION = '0.1.0';

/** What this process runs on, e.g. `Node 24.21.0, Electron 45.4.1`. */
export function runtimeName(): string {
  const { node, electron }: Readonly<Record<string, string | undefined>> = process.versions;
  return electron === undefined ? `Node ${node ?? '?'}` : `Node ${node ?? '?'}, Electron ${electron}`;
}
