import type { JobResult, OldKeyOutcome, Proof, Verdict } from '../model/job.ts';
import type { KeyOrigin } from '../model/key.ts';
import type { CaseToConfirm, RekeyReasonCode } from '../model/rekey.ts';

/** The sentences of a sheet, for people who were not there. */

export const VERDICTS: Readonly<Record<Verdict, string>> = {
  pass: 'PASS',
  already: 'PASS, nothing had to be changed',
  fail: 'FAILED',
  stopped: 'STOPPED',
};

export const PROOFS: Readonly<Record<Proof, string>> = {
  'board-client':
    'Proved by the board’s own client: with its own configuration, network and clock it was authorized by the server.',
  'board-key':
    'Proved by the key on the board: it signed a nonce of this station’s. The board’s own client was not tried.',
  station:
    'Proved by this station: the server authorized a request that was signed with the key. The board’s own client was not tried.',
};

/** What became of the key that the board had before: in a word, and in a sentence. */
export const OLD_KEYS: Readonly<
  Record<OldKeyOutcome, { readonly word: string; readonly sentence: string } | null>
> = {
  none: null,
  'refused-tested': {
    word: 'REFUSED, TESTED',
    sentence:
      'The server refused a request signed with the former key while it still knew that key; then the key was removed there.',
  },
  'removed-not-tested': {
    word: 'REMOVED, NOT TESTED',
    sentence:
      'The server no longer knows the former key. Nobody could sign with it any more, so that it is refused was not tried.',
  },
};

export const ORIGINS: Readonly<Record<KeyOrigin, string>> = {
  board: 'made on the board; the private key never left it',
  station: 'made at the station, written to the board, then overwritten at the station',
  import: 'imported from a key file',
  kept: 'the key that the board already had',
  server:
    'made by the server with its certificate, brought to the board by the station, then overwritten at the station',
};

export const KEY_TYPE_NAMES: Readonly<Record<NonNullable<JobResult['keyType']>, string>> = {
  ed25519: 'Ed25519',
  p256: 'ECDSA P-256',
  p384: 'ECDSA P-384',
  rsa2048: 'RSA 2048 bit',
  rsa3072: 'RSA 3072 bit',
  rsa4096: 'RSA 4096 bit',
  other: 'another type',
};

export const REASONS: Readonly<Record<RekeyReasonCode, string>> = {
  returned: 'a returned unit',
  'key-lost': 'its key is lost',
  'key-exposed': 'others may have its key',
  'board-replaced': 'its board or storage was replaced',
  'change-of-owner': 'it changes its owner',
  scheduled: 'a new key is due',
  other: 'another reason',
};

/** What an operator confirmed before a re-keying. */
export const CONFIRMED: Readonly<Record<CaseToConfirm, string>> = {
  unknown: 'the server did not know the unit',
  rejected: 'the unit was rejected on the server',
  elsewhere: 'its configuration named another server, which knows its former key until it is removed there',
  'identity-changed': 'its identity had changed',
};
