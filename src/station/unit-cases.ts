import { fixedKey } from '../flows/reconcile/state.ts';
import type { BoardObservation } from '../model/board.ts';
import { acceptedOf, type Device } from '../model/device.ts';
import { identityLabel, type Identity } from '../model/identity.ts';
import type { KeyFingerprint } from '../model/key.ts';
import type { UnitCase } from '../model/rekey.ts';

/** What was found out about a unit, for its cases and their sentences. */
export interface Findings {
  readonly serverName: string;
  /** Where boards of this server are told to go. */
  readonly serverUrl: string;
  readonly board: Pick<BoardObservation, 'key' | 'staged'>;
  /** The key in use, read or by its recorded hash; null where nobody can tell it. */
  readonly fingerprint: KeyFingerprint | null;
  readonly device: Device | null;
  /** The server could not be asked: nothing is said of what it has. */
  readonly offline: boolean;
  readonly former: { readonly identity: Identity; readonly device: Device | null } | null;
  readonly serverUrls: readonly string[];
  readonly otherTenant: boolean;
}

/** From what hinders most to what is as it should be. */
const ORDER: readonly UnitCase[] = [
  'fixed-key',
  'decommissioned',
  'identity-changed',
  'elsewhere',
  'rejected',
  'unknown',
  'key-missing',
  'key-unreadable',
  'other-key',
  'not-accepted',
  'known',
];

/** All that applies, the most important first. */
export function casesOf(findings: Findings): readonly UnitCase[] {
  const applies: Readonly<Record<UnitCase, boolean>> = { ...ofBoard(findings), ...ofServer(findings) };
  return ORDER.filter((unitCase) => applies[unitCase]);
}

function ofBoard({ board, fingerprint, former, serverUrls, serverUrl, otherTenant }: Findings) {
  const { state } = board.key;
  return {
    'fixed-key': fixedKey(board.key) !== null,
    'identity-changed': former !== null,
    elsewhere: otherTenant || (serverUrls.length > 0 && !serverUrls.some((url) => isSame(url, serverUrl))),
    'key-missing': state === 'missing',
    'key-unreadable': state === 'unreadable' || (state === 'present' && fingerprint === null),
  };
}

function ofServer({ board, fingerprint, device, offline }: Findings) {
  const accepted = acceptedOf(device);
  const is = (condition: boolean): boolean => !offline && device?.decommissioning !== true && condition;
  const holds = accepted.some((set) => set.fingerprint === fingerprint);
  return {
    decommissioned: !offline && device?.decommissioning === true,
    unknown: is(device === null),
    rejected: is(device?.status === 'rejected'),
    known: is(holds),
    // Of a key that nobody can read it is not known whether it is the accepted one.
    'other-key': is(accepted.length > 0 && !holds && (fingerprint !== null || board.key.state === 'missing')),
    'not-accepted': is(device !== null && device.status !== 'rejected' && accepted.length === 0),
  };
}

/** What the cases mean and what a re-key would do, a sentence or two each. */
export function sentencesOf(findings: Findings, cases: readonly UnitCase[]): readonly string[] {
  const { serverName, offline, board, device } = findings;
  return [
    ...cases.map((unitCase) => sentence(unitCase, findings)),
    ...(acceptedOf(device).length > 1
      ? [
          `${serverName} has accepted more than one key of this unit: two programs worked on it at once. A re-key leaves its new one alone.`,
        ]
      : []),
    ...(offline
      ? [
          `${serverName} could not be asked: what it has of this unit is not known. A re-key can stage and prove the new key, and waits for the server with the rest.`,
        ]
      : []),
    ...(board.staged === null
      ? []
      : [
          'A key that an earlier job staged lies beside the key in use; a re-key goes on with it or removes it.',
        ]),
  ];
}

function sentence(unitCase: UnitCase, findings: Findings): string {
  const { serverName, serverUrl, serverUrls, device, former, board, otherTenant } = findings;
  switch (unitCase) {
    case 'known':
      return `${serverName} has accepted the key that the board holds. A re-key gives it a new one; the old one ends refused.`;
    case 'other-key':
      return `${serverName} has accepted another key than the board holds: the unit cannot authenticate now. A re-key gives it a new key in place of both.`;
    case 'unknown':
      return `${serverName} shows no device of this identity. A re-key would bring it there as a new one, like a provisioning.`;
    case 'rejected':
      return `The device is rejected on ${serverName}: somebody shut it out. A re-key would let it in again with its new key.`;
    case 'decommissioned':
      return `The device is being decommissioned on ${serverName}. Wait until it is gone; then the unit is a new one there.`;
    case 'not-accepted':
      return `The device is ${device?.status === 'noauth' ? 'without an auth set' : (device?.status ?? 'unknown')} on ${serverName}: no key of it is accepted. A re-key has its new key accepted and removes the others.`;
    case 'key-unreadable':
      return `Nobody can tell which key the board holds (${board.key.path}). A re-key replaces it; the old one is removed from the server, and its refusal cannot be tested.`;
    case 'key-missing':
      return 'The board holds no key. A re-key gives it one.';
    case 'identity-changed':
      return `The key on the board was given to ${former === null ? 'another identity' : identityLabel(former.identity)}: its network board may have been replaced. A re-key makes it a unit of its present identity; ${former?.device == null ? 'the server shows no device of the former one.' : 'the device of the former one can be decommissioned then.'}`;
    case 'elsewhere':
      return otherTenant
        ? 'The configuration of the board names another organization. A re-key changes it to this one.'
        : `The board is configured for ${serverUrls.join(', ')}, not for ${serverUrl}. A re-key changes that.`;
    case 'fixed-key':
      return fixedSentence(board.key);
  }
}

function fixedSentence(key: Findings['board']['key']): string {
  switch (fixedKey(key)) {
    case 'mutual-tls':
      return `Its key belongs to its client certificate for mutual TLS (${key.certificate ?? ''}), which fits no other: it cannot be replaced by itself.`;
    case 'engine':
      return 'Its key is in an engine or a token: it cannot be replaced over the line.';
    default:
      return 'Its key is behind a passphrase: it cannot be replaced over the line.';
  }
}

function isSame(one: string, other: string): boolean {
  const plain = (url: string): string => url.trim().replace(/\/+$/, '').toLowerCase();
  return plain(one) === plain(other);
}
