import { createHash } from 'node:crypto';
import { canonicalIdentity, identityLabel, type Identity } from '../../model/identity.ts';

/** Characters of the readable part. */
const LONGEST_PREFIX = 40;
/** Hex digits of the identity's SHA-256: enough that no two boards of any fleet meet. */
const HASH_DIGITS = 20;

/**
 * The name of a board's thing. It follows from the identity alone: asked again after a lost reply, or at another station,
 * it is the same, and the server refuses a second one of a name. Letters, digits and `-`, of those that AWS IoT allows
 * (`[a-zA-Z0-9:_-]{1,128}`); never `__`, which networked things must not have.
 */
export function thingNameOf(identity: Identity): string {
  const hash = createHash('sha256').update(canonicalIdentity(identity)).digest('hex').slice(0, HASH_DIGITS);
  // As in the one spelling: the order in which a board tells its attributes does not count.
  const sorted = Object.fromEntries(Object.entries(identity).sort(([a], [b]) => (a < b ? -1 : 1)));
  const readable = identityLabel(sorted)
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-/, '')
    .slice(0, LONGEST_PREFIX)
    .replace(/-$/, '');
  return `${readable === '' ? 'board' : readable}-${hash}`;
}

/** Longest text that is sent as an external id; what is longer is sent as its hash. Characters. */
const LONGEST_EXTERNAL_ID = 128;

/** What the thing says of whose it is: the identity in its one spelling. */
export function externalIdOf(identity: Identity): string {
  const text = canonicalIdentity(identity);
  return text.length <= LONGEST_EXTERNAL_ID
    ? text
    : `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
