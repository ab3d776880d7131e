import type { StationApi } from '../contract.ts';
import type { Secret } from '../model/secret.ts';
import { StationError } from '../model/station-error.ts';
import { homePath, type EnvironmentSecrets } from '../settings/index.ts';
import type { StationOptions } from '../station.ts';
import { peopleOf } from '../station/people/register.ts';
import type { CommandIo, CommonOptions } from './io.ts';
import { askSecret, readSecret } from './prompt.ts';

/** Who works, by `--operator`. */
export interface Operator {
  readonly name: string;
  /** The PIN or the badge, asked for when it is needed and never before. */
  readonly code: () => Promise<Secret<string>>;
}

/** Null where nobody was named. @throws StationError `station/usage` for a PIN of nobody. */
export function operatorOf(
  io: CommandIo,
  secrets: EnvironmentSecrets,
  name: string | undefined,
  pinStdin: boolean,
): Operator | null {
  if (name === undefined) {
    if (!pinStdin) return null;
    throw new StationError('station/usage', { detail: 'Say whose PIN it is: --operator NAME.' });
  }
  return {
    name,
    code: async () =>
      pinStdin
        ? await readSecret(io)
        : (secrets.pin ??
          (await askSecret(io, `PIN or badge of ${name}`, 'Give it in STATION_PIN or with --pin-stdin.'))),
  };
}

/**
 * Who signs in is recorded, also for a command that only reads; where another program is the record's writer, the code is
 * looked at all the same, and reading goes on.
 */
export function accessFor(
  access: StationOptions['access'],
  { home }: CommonOptions,
  env: CommandIo['env'],
): StationOptions['access'] {
  if (access !== 'read') return access;
  const path = homePath({ env, ...(home === undefined ? {} : { home }) });
  return peopleOf(path).read().people.length > 0 ? 'write-if-free' : access;
}

/**
 * Signs the operator in for this command. Where the station knows nobody, the name is recorded as it was given; a command
 * that only reads records nothing.
 *
 * @throws StationError those of `people.sign-in`; `station/locked` where nobody was named and nothing may be seen.
 */
export async function enter(
  station: StationApi,
  operator: Operator | null,
  access: StationOptions['access'],
): Promise<void> {
  const { defined, people, blind } = await station.call('people.show', {});
  if (operator === null) {
    if (blind) throw new StationError('station/locked', { detail: 'nobody has signed in' });
    return;
  }
  const { name, code } = operator;
  if (!defined) {
    if (access !== 'read') await station.call('people.sign-in', { name });
    return;
  }
  if (!people.some((person) => person.name === name))
    throw new StationError('station/unknown-person', { name });
  await station.call('people.sign-in', { name, code: (await code()).reveal() });
}
