import { lockHome, restoreJournal, type Restored } from '../journal/index.ts';
import { systemClock, type Clock } from '../model/clock.ts';
import { RIGHT_TEXTS } from '../model/rights.ts';
import type { Secret } from '../model/secret.ts';
import { StationError } from '../model/station-error.ts';
import { openHome, openKeyStore, openStationKey, stationId } from '../settings/index.ts';
import { rightsOf } from './people/changing.ts';
import { peopleOf } from './people/register.ts';
import { personNamed, whoIs } from './people/signing-in.ts';

export interface RestoreRequest {
  readonly home?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A backup, or any copy of a journal of this station. */
  readonly file: string;
  readonly discardNewer: boolean;
  readonly program: string;
  /** Who restores, where somebody was named. */
  readonly operator?: { readonly name: string; readonly code: () => Promise<Secret<string>> } | null;
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
  await mayRestore(home.path, request);
  return await restoreJournal(home.journal, file, {
    stationId: stationId(home.path),
    clock: request.clock ?? systemClock,
    holder: { program },
    signer: () => openStationKey(openKeyStore(home.path)),
    lock,
    discardNewer,
    operator: request.operator?.name ?? null,
  });
}

/** The same as at an open station, without its record: a wrong try is counted, and recorded nowhere. */
async function mayRestore(
  home: string,
  { operator = null, clock = systemClock }: RestoreRequest,
): Promise<void> {
  const file = peopleOf(home);
  if (file.read().people.length === 0) return;
  if (operator === null) throw new StationError('station/locked', { detail: 'nobody has signed in' });
  const { name } = operator;
  personNamed(file.read(), name);
  const { person } = await whoIs(
    { name, code: await operator.code() },
    { file, clock, onWrong: () => undefined },
  );
  if (!rightsOf(person).includes('restore'))
    throw new StationError('station/not-permitted', { person: name, what: RIGHT_TEXTS.restore });
}
