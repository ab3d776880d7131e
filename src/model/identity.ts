import { StationError } from './station-error.ts';

/** A board's identity as the device server knows it: what the identity script prints. Values stay strings. */
export type Identity = Readonly<Record<string, IdentityValue>>;
export type IdentityValue = string | readonly string[];

declare const canonical: unique symbol;
/** An identity in one spelling: keys sorted, no white space. Equal identities have equal canonical texts. */
export type CanonicalIdentity = string & { readonly [canonical]: true };

/**
 * Reads the output of an identity script as mender-client 3.4 reads it: lines `key=value`, a value keeps later `=`,
 * nothing is trimmed but the line's end (`\n` or `\r\n`), blank lines are skipped, a key that comes again makes an array
 * of its values in order.
 *
 * @throws StationError `board/identity-nonsense` on a line without `=`, or when there is no line at all; mender-client
 * sends no request then either.
 */
export function parseIdentity(output: string): Identity {
  const found = new Map<string, string[]>();
  for (const line of output.split('\n').map((text) => text.replace(/\r$/, ''))) {
    if (line === '') continue;
    const at = line.indexOf('=');
    if (at < 0)
      throw new StationError('board/identity-nonsense', { detail: `incorrect line '${line.slice(0, 80)}'` });
    const key = line.slice(0, at);
    const value = line.slice(at + 1);
    const values = found.get(key);
    if (values === undefined) found.set(key, [value]);
    else values.push(value);
  }
  if (found.size === 0) throw new StationError('board/identity-nonsense', { detail: 'it printed nothing' });
  return Object.fromEntries(
    [...found]
      .sort(([a], [b]) => byCodeUnits(a, b))
      .map(([key, values]) => [key, values.length === 1 ? (values[0] ?? '') : values]),
  );
}

/**
 * The identity's one spelling. The Mender server sorts keys before it hashes, so two identities with equal canonical
 * texts are one device there; the order inside an array counts.
 */
export function canonicalIdentity(identity: Identity): CanonicalIdentity {
  const entries = Object.entries(identity).sort(([a], [b]) => byCodeUnits(a, b));
  return JSON.stringify(Object.fromEntries(entries)) as CanonicalIdentity;
}

/** Whether a value from a server's answer is this very identity. */
export function isIdentity(value: unknown, identity: Identity): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return canonicalIdentity(value as Identity) === canonicalIdentity(identity);
}

/** A short text for people: the values alone, e.g. `52:54:00:c0:00:01`. */
export function identityLabel(identity: Identity): string {
  return Object.values(identity)
    .map((value) => (typeof value === 'string' ? value : value.join(',')))
    .join(' ');
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
