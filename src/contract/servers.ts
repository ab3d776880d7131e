import * as z from 'zod';
import type { ServerProfile } from '../model/server-profile.ts';
import type { KeyMaker } from '../model/step-labels.ts';

/** What a front end may ask about trust in servers, first users, organizations, and whether a shift can begin. */

const text = z.string().max(4096);
const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/, 'letters, digits, blank . _ - (64 at most)');

export const SERVER_CALLS = {
  /** The certificate that a known server shows now, beside what is remembered of it. */
  'server.shown-certificate': z.strictObject({ name }),
  /** Trusts a server by this key from now on, in the place of how it was trusted. A person has compared it. */
  'server.pin': z.strictObject({ name, spkiSha256: text }),
  /** Makes the first user of a server that has none, and logs in with it. */
  'server.first-user': z.strictObject({
    name,
    user: text,
    password: z.string().min(1).max(16_384),
    keep: z.boolean().default(false),
  }),
  /** Has the server tell its organization's token, and stores that for boards. */
  'server.read-tenant-token': z.strictObject({ name }),
  /** Whether a shift can begin at a server. Changes nothing. Without `until` and `hours` it is one of eight hours. */
  'shift.check': z.strictObject({
    server: name,
    until: z.iso.datetime({ offset: true }).optional(),
    hours: z.number().min(0.25).max(168).optional(),
    /** How many boards are to be accepted. */
    units: z.number().int().min(0).max(10_000_000).optional(),
    /** The batch whose boards those are. */
    batch: name.optional(),
  }),
} as const;

export interface ServerCallResults {
  'server.shown-certificate': KnownCertificate;
  'server.pin': ServerView;
  'server.first-user': ServerView;
  'server.read-tenant-token': ServerView;
  'shift.check': ShiftCheck;
}

export interface KnownCertificate {
  readonly certificate: CertificateView;
  /** The pinned key, hex SHA-256 of its SPKI; null where the server is trusted otherwise. */
  readonly pinned: string | null;
  /** The key that was seen at the last login; null before the first. */
  readonly seen: SeenKey | null;
}

/** A server's key as it was seen at a login. */
export interface SeenKey {
  /** Hex SHA-256 of the SPKI. */
  readonly spkiSha256: string;
  /** ISO 8601: when it was seen first. */
  readonly at: string;
}

export interface ShiftCheck {
  /** ISO 8601. */
  readonly until: string;
  readonly lines: readonly DoctorLine[];
}

export interface ServerView extends ServerProfile {
  /** Who makes the keys of its boards: board or station, or the server itself, which the station then brings to them. */
  readonly keyOrigin: KeyMaker;
  readonly session: {
    readonly account: string;
    readonly expiresAt: string | null;
    readonly by: 'password' | 'token';
    /** From its login to its end, milliseconds; left out where the server does not tell. */
    readonly lastsMs?: number | undefined;
    /** Set where it renews itself, until an end that its server chose and does not tell. */
    readonly refreshed?: true | undefined;
    readonly kept: boolean;
  } | null;
  readonly hasTenantToken: boolean;
  readonly simulated: boolean;
}

export interface CertificateView {
  readonly subject: string;
  readonly issuer: string;
  /** ISO 8601, as far as the certificate has dates that can be read. */
  readonly validFrom: string;
  readonly validTo: string;
  readonly spkiSha256: string;
  readonly certificateSha256: string;
  readonly trustedBySystem: boolean;
}

export interface ServerTest {
  readonly lines: readonly DoctorLine[];
  /** Whether it waits for its first user, who can be made from here. */
  readonly empty: boolean;
}

/** One finding: fine, worth knowing, or in the way; with how to mend it. */
export interface DoctorLine {
  readonly check: string;
  readonly state: 'ok' | 'note' | 'bad';
  readonly text: string;
  readonly remedy: string | null;
}
