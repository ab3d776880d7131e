import { REKEY_REASONS, type RekeyReason } from '../model/rekey.ts';

/** One of the list by its code; anything else are a person's own words. */
export function reasonOf(text: string): RekeyReason {
  const code = REKEY_REASONS.find((known) => known === text.trim());
  return code === undefined ? { code: 'other', text } : { code, text: '' };
}
