/**
 * What some tests need of the machine. Where it is missing they are skipped under a name that says so: `npm test` lists
 * them as not run, and counts them as failures under CI.
 */
import process from 'node:process';

/** What is missing, as `needs ...`; null where it is there. */
export type Missing = string | null;

export const LINUX: Missing = process.platform === 'linux' ? null : 'needs Linux';
export const POSIX: Missing = process.platform === 'win32' ? 'needs signals and modes of files' : null;
export const ROOT_ON_LINUX: Missing =
  process.platform === 'linux' && process.getuid?.() === 0 ? null : 'needs root on Linux';

/** The name of a test that is skipped where something is missing: `test.skipIf(missing !== null)(named('...', missing))`. */
export function named(name: string, missing: Missing): string {
  return missing === null ? name : `${name} (${missing})`;
}
