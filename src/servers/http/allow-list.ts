import type { ServerProfile } from '../../model/server-profile.ts';
import { StationError } from '../../model/station-error.ts';
import type { HttpCall, HttpClient } from './client.ts';

/** A call that a client may make. */
export interface CallShape {
  readonly method: HttpCall['method'];
  /** `{}` stands for one segment. */
  readonly path: string;
}

/**
 * The same client for these calls alone: anything else is refused before a byte of it is sent, whatever made it.
 *
 * Its calls also throw StationError `server/call-not-allowed`.
 */
export function onlyThese(
  client: HttpClient,
  { name }: ServerProfile,
  shapes: readonly CallShape[],
): HttpClient {
  const [open, fixed] = [shapes.filter(isOpen), shapes.filter((shape) => !isOpen(shape))];
  const allowed = open.map(({ method, path }) => ({ method, path: patternOf(path) }));
  const allowedAsIs = new Set(fixed.map(({ method, path }) => `${method} ${path}`));
  const isAllowed = (method: string, path: string): boolean =>
    allowedAsIs.has(`${method} ${path}`) ||
    allowed.some((shape) => shape.method === method && shape.path.test(path));
  return {
    get slowedDown() {
      return client.slowedDown;
    },
    call(call, signal) {
      const query = call.path.indexOf('?');
      const path = query < 0 ? call.path : call.path.slice(0, query);
      if (!isAllowed(call.method, path))
        return Promise.reject(
          new StationError('server/call-not-allowed', {
            server: name,
            detail: `${call.method} ${path} is none of the calls that a station makes`,
          }),
        );
      return client.call(call, signal);
    },
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

function isOpen({ path }: CallShape): boolean {
  return path.includes('{}');
}

function patternOf(path: string): RegExp {
  const fixed = path.split('{}').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${fixed.join('[^/?#]+')}$`);
}
