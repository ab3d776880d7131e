import type { StationApi } from '../../src/contract.ts';
import { StationError } from '../../src/model/station-error.ts';
import type { WrappingKey } from '../messages.ts';

/** Opens the station over a home. */
export function openStation(_options: {
  readonly home: string;
  readonly version: string;
  readonly wrappingKey: WrappingKey;
}): Promise<StationApi & AsyncDisposable> {
  return Promise.resolve({
    call: (name) =>
      Promise.reject(new StationError('station/not-supported', { detail: `${name} is not built yet.` })),
    subscribe: () => () => undefined,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
}
