import type { DoctorLine } from '../../contract.ts';

/** What the account may do at a Mender server, as lines for people. */
export function examineAccount({
  limit,
  accepted,
}: {
  readonly limit: number | null;
  readonly accepted: number;
}): readonly DoctorLine[] {
  const full = limit !== null && accepted >= limit;
  return [
    {
      check: 'device limit',
      state: full ? 'bad' : 'ok',
      text: `${accepted} accepted, ${limit === null ? 'no limit' : `limit ${limit}`}`,
      remedy: full ? 'Have the limit raised, or decommission devices that are gone.' : null,
    },
  ];
}
