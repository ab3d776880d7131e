/** The version of this station; a test holds it to package.json. */
export const VERSION = '0.1.0';

/** What this process runs on, e.g. `Node 24.21.0, Electron 45.4.1`. */
export function runtimeName(): string {
  // By index: Electron's own types promise a version that plain Node does not have.
  const versions: Readonly<Record<string, string | undefined>> = process.versions;
  const electron = versions['electron'];
  const node = `Node ${process.versions.node}`;
  return electron === undefined ? node : `${node}, Electron ${electron}`;
}
