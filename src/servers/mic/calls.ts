import type { CallShape } from '../http/allow-list.ts';
import type { HttpCall } from '../http/client.ts';

/**
 * Every call with a path of its own that the station makes to a stack. One more comes from the stack's own description: the
 * download of a thing's certificate. What is neither is never sent.
 */
export const MIC_CALLS = {
  manifest: { method: 'GET', path: '/metadata/manifest' },
  swagger: { method: 'GET', path: '/metadata/swagger' },
  login: { method: 'POST', path: '/auth/login' },
  refresh: { method: 'POST', path: '/auth/refresh' },
  user: { method: 'GET', path: '/users/{}' },
  thing: { method: 'GET', path: '/things' },
  'create thing': { method: 'POST', path: '/things' },
  'thing types': { method: 'GET', path: '/thingtypes' },
} as const satisfies Readonly<Record<string, CallShape>>;

export type MicCall = keyof typeof MIC_CALLS;

/** A call as it is made: below the base path of its stack. */
export interface MicRequest {
  /** For people, in errors. */
  readonly name: string;
  readonly method: HttpCall['method'];
  readonly path: string;
  readonly json?: unknown;
}

/** The request for a call of the table. */
export function micRequest(
  name: MicCall,
  input: {
    readonly id?: string;
    readonly query?: Readonly<Record<string, string>>;
    readonly json?: unknown;
  } = {},
): MicRequest {
  const { method, path } = MIC_CALLS[name];
  return {
    name,
    method,
    path: path.replace('{}', inPath(input.id ?? '')) + queryText(input.query ?? {}),
    ...(input.json === undefined ? {} : { json: input.json }),
  };
}

/** A query with its question mark; empty for none. */
export function queryText(query: Readonly<Record<string, string>>): string {
  const text = new URLSearchParams(query).toString();
  return text === '' ? '' : `?${text}`;
}

/** A name as one segment of a path: also one of dots alone, which would lead elsewhere. */
export function inPath(name: string): string {
  return encodeURIComponent(name).replace(/^\.+$/, (dots) => dots.replaceAll('.', '%2E'));
}
