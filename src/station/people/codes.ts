import { secret, type Secret } from '../../model/secret.ts';
import { StationError } from '../../model/station-error.ts';
import { hashCode, isCode, type CodeHash, type People } from '../../settings/index.ts';

const PIN_DIGITS = 6;
const MOST_DIGITS = 12;
/** Readers send at least the four bytes of a card's number. */
const BADGE_CHARACTERS = 6;

/**
 * A PIN as it is stored.
 *
 * @throws StationError `station/person-invalid` for one that is guessed at once.
 */
export async function pinHash(pin: Secret<string>): Promise<CodeHash> {
  const digits = pin.reveal();
  if (!/^\d+$/.test(digits) || digits.length < PIN_DIGITS || digits.length > MOST_DIGITS)
    throw invalid(`A PIN has ${PIN_DIGITS} to ${MOST_DIGITS} digits and nothing else`);
  if (isRun(digits)) throw invalid('A PIN is no row of digits such as 111111, 123456 or 654321');
  return await hashCode(pin);
}

/**
 * A badge as it is stored: under the one salt of all badges, so that it is found by itself.
 *
 * @throws StationError `station/person-invalid` for one that is too short, or that somebody else has.
 */
export async function badgeHash(badge: Secret<string>, of: string, people: People): Promise<CodeHash> {
  if (badge.reveal().trim().length < BADGE_CHARACTERS)
    throw invalid(`A badge is a code of ${BADGE_CHARACTERS} characters at least: scan it into the field`);
  const hash = await hashCode(trimmed(badge), people.badgeSalt);
  const owner = people.people.find((one) => one.badge?.hash === hash.hash && one.name !== of);
  if (owner !== undefined) throw invalid(`This badge is that of ${owner.name}`);
  return hash;
}

/** Whose badge this is; null for nobody's. */
export async function badgeOwner(badge: Secret<string>, people: People): Promise<string | null> {
  const { hash } = await hashCode(trimmed(badge), people.badgeSalt);
  return people.people.find((one) => one.badge?.hash === hash)?.name ?? null;
}

/** By what this code is a person's; null where it is not. */
export async function codeOf(
  person: People['people'][number],
  code: Secret<string>,
): Promise<'pin' | 'badge' | null> {
  if (person.pin !== null && (await isCode(code, person.pin))) return 'pin';
  if (person.badge !== null && (await isCode(trimmed(code), person.badge))) return 'badge';
  return null;
}

/** Some readers put blanks around what they type. */
function trimmed(code: Secret<string>): Secret<string> {
  return secret(code.reveal().trim());
}

function isRun(digits: string): boolean {
  const steps = Array.from(digits)
    .slice(1)
    .map((digit, at) => Number(digit) - Number(digits[at]));
  const [first = 0] = steps;
  return Math.abs(first) <= 1 && steps.every((step) => step === first);
}

function invalid(detail: string): StationError {
  return new StationError('station/person-invalid', { detail });
}
