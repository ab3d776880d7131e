import type * as z from 'zod';
import type { ServerProfile } from '../../model/server-profile.ts';
import { StationError } from '../../model/station-error.ts';
import type { HttpAnswer } from '../http/client.ts';
import type { MenderCall } from './calls.ts';
import { parseJson, wireError } from './wire.ts';

/** The server's own words for a refusal, for people: no contract. Empty where it said nothing. */
export function errorText(answer: HttpAnswer): string {
  const parsed = wireError.safeParse(parseJson(answer.body.toString()));
  return parsed.success ? parsed.data.error.slice(0, 300) : '';
}

/**
 * Whether a refusal is a Mender service's own, and not that of a proxy, a gateway without such a route, or another
 * program: its errors are JSON with an `error`, or empty.
 */
export function isMendersOwn(answer: HttpAnswer): boolean {
  return answer.body.length === 0 || wireError.safeParse(parseJson(answer.body.toString())).success;
}

/** Reads a body into its type. @throws StationError `server/not-mender`. */
export function decode<S extends z.ZodType>(
  profile: ServerProfile,
  call: MenderCall,
  schema: S,
  answer: HttpAnswer,
): z.output<S> {
  const parsed = schema.safeParse(parseJson(answer.body.toString()));
  if (parsed.success) return parsed.data;
  const detail = `its answer to "${call}" has another form`;
  throw new StationError('server/not-mender', { server: profile.name, detail }, { cause: parsed.error });
}

/** A status that a call has no use for, as the station's error. */
export function unexpected(profile: ServerProfile, call: MenderCall, answer: HttpAnswer): StationError {
  const server = profile.name;
  if (!isMendersOwn(answer) && answer.status < 500)
    return new StationError('server/not-mender', {
      server,
      detail: `it answers ${answer.status} to "${call}"`,
    });
  const { status, requestId } = answer;
  const detail = errorText(answer) || 'no reason given';
  return new StationError('server/failed', { server, status, call, detail, requestId });
}
