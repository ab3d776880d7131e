import { lockHome, restoreJournal, type Restored } from '../journal/index.ts';
import { systemClock, type Clock } from '../model/clock.ts';
import { openHome, openKeyStore, openStationKey, stationId } from '../settings/index.ts';

export interface RestoreRequest {
  readonly home?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A backup, or any copy of a journal of this station. */
  readonly file: string;
  readonly discardNewer: boolean;
  readonly program: string;
  readonly clock?: Clock | undefined;
}

/**
 * Restores the record of a home that no station has open. Needs nothing of the record that is there: it may be damaged,
 * or gone.
 *
 * @throws StationError `station/home-locked` and those of `restoreJournal`.
 */
export async function restoreRecord(request: RestoreRequest): Promise<Restored> {
  const { home: folder, env, file, discardNewer, program } = request;
  const home = openHome({
    ...(folder === undefined ? {} : { home: folder }),
    ...(env === undefined ? {} : { env }),
  });
  using lock = lockHome(home.path, { program });
  return await restoreJournal(home.journal, file, {
    stationId: stationId(home.path),
    clock: request.clock ?? systemClock,
    holder: { program },
    signer: () => openStationKey(openKeyStore(home.path)),
    lock,
    discardNewer,
  });
}
