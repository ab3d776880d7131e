import { REKEY_REASONS, type RekeyReason } from '../model/rekey.ts';

/** One of the list by its code, also with words after a colon (`returned: RMA 17`); anything else are a person's own words. */
export function reasonOf(text: string): RekeyReason {
  const colon = text.indexOf(':');
  const name = (colon < 0 ? text : text.slice(0, colon)).trim();
  const code = REKEY_REASONS.find((known) => known === name);
  return code === undefined
    ? { code: 'other', text }
    : { code, text: colon < 0 ? '' : text.slice(colon + 1).trim() };
}

/** How help tells of it. */
export const REASON_HELP = `${REKEY_REASONS.slice(0, -1).join(', ')}, also with words ("returned: RMA 17"); or your own words`;
