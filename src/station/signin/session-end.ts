import type { ServerSession } from '../../servers/device-server.ts';

/** A job takes seconds; with a line that has to be repeated and a server that is slow, minutes. Milliseconds. */
const JOB_MS = 600_000;

/**
 * Whether a session outlasts a job that is begun now. Where none at its server lasts so long, half of one has to be left:
 * no login would ever be good enough there.
 */
export function outlastsJob({ expiresAt, lastsMs }: ServerSession, now: number): boolean {
  if (expiresAt === null) return true;
  return Date.parse(expiresAt) - now >= Math.min(JOB_MS, (lastsMs ?? Number.POSITIVE_INFINITY) / 2);
}

/** How a session ends, as the end of a sentence. */
export function untilText({ expiresAt, refreshed }: ServerSession): string {
  if (refreshed === true) return 'renewed by itself until an end that the server chose and does not tell';
  return expiresAt === null ? 'until it is revoked' : `until ${expiresAt}`;
}

/** What to say of logins that are shorter than the longest jobs; null of others. */
export function shortLoginText({ lastsMs }: ServerSession): string | null {
  if (lastsMs === undefined || lastsMs >= JOB_MS) return null;
  return `Logins at this server last ${Math.round(lastsMs / 60_000)} min: a long job may need a new one in the middle, and is finished after it (station resume).`;
}
