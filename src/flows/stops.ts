import type { ErrorCode } from '../model/error-table.ts';

/** Every code with which a job can end early. `station/` and `journal/` are faults of the station, not of a job. */
export type StopCode = Extract<
  ErrorCode,
  | `port/${string}`
  | `board/${string}`
  | `key/${string}`
  | `server/${string}`
  | `job/${string}`
  | 'batch/stranger'
  | 'batch/repeat'
  | 'batch/other-key'
>;

/** How board and server are left by a job that ends with a code. What finishes it is the remedy of the code. */
export interface StopRow {
  readonly board: string;
  readonly server: string;
  readonly unplug: 'yes' | 'yes, but do not hand it over' | 'no';
}

/** Found before anything was changed. */
const UNTOUCHED: StopRow = { board: 'as it was', server: 'as it was', unplug: 'yes' };

/** Before the key is put in use: what was staged and sent is taken back. */
const TAKEN_BACK: StopRow = {
  board: 'its old key in use; what was staged is removed, or is removed or used at the next contact',
  server: 'its old key as it was; what was sent is removed, or is removed or used at the next contact',
  unplug: 'yes',
};

/** A server that makes keys itself has made the thing; its certificate is not put in use. */
const ISSUED: StopRow = {
  board: 'the certificate and the key that it had in use',
  server: 'the thing is there with its certificate; the next job uses it',
  unplug: 'yes',
};

/** May come at any moment; the job's own sentence says on which side of the switch. */
const ANYWHERE: StopRow = {
  board: 'before the switch its old key in use, what was staged taken back; after it its new key in use',
  server:
    'before the switch its old key as it was; after it the new key accepted, or accepted at its next request',
  unplug: 'yes',
};

/** The switch was begun, and nobody knows whether it was done. */
const EITHER: StopRow = {
  board: 'its old or its new key in use, whole',
  server: 'expects or has accepted the new key; with a server of 2023 the old one is refused by then',
  unplug: 'yes, but do not hand it over',
};

/** The key is in use and accepted: what is missing is the proof, or the end of the old one. */
const IN_USE: StopRow = {
  board: 'its new key in use',
  server: 'the new key accepted',
  unplug: 'yes',
};

/** One row for each code: the compiler refuses a code without one. */
export const STOPS: Readonly<Record<StopCode, StopRow>> = {
  'port/not-found': UNTOUCHED,
  'port/no-permission': UNTOUCHED,
  'port/busy': UNTOUCHED,
  'port/not-serial': UNTOUCHED,
  'port/failed': UNTOUCHED,
  'port/lost': ANYWHERE,
  'port/write-stalled': ANYWHERE,
  'port/twice': UNTOUCHED,
  'port/in-job': UNTOUCHED,
  'board/silent': UNTOUCHED,
  'board/garbled': UNTOUCHED,
  'board/boot-timeout': UNTOUCHED,
  'board/bootloader': UNTOUCHED,
  'board/login-refused': UNTOUCHED,
  'board/password-expired': UNTOUCHED,
  'board/password-needed': UNTOUCHED,
  'board/no-shell': UNTOUCHED,
  'board/not-root': UNTOUCHED,
  'board/command-timeout': ANYWHERE,
  'board/line-unreliable': ANYWHERE,
  'board/line-too-long': ANYWHERE,
  'board/tool-missing': UNTOUCHED,
  'board/identity-missing': UNTOUCHED,
  'board/identity-not-executable': UNTOUCHED,
  'board/identity-failed': UNTOUCHED,
  'board/identity-nonsense': UNTOUCHED,
  'board/client-missing': UNTOUCHED,
  'board/data-directory-missing': UNTOUCHED,
  'board/configuration-unreadable': UNTOUCHED,
  'board/disk-full': TAKEN_BACK,
  'board/read-only': TAKEN_BACK,
  'board/clock-wrong': TAKEN_BACK,
  'board/update-in-progress': UNTOUCHED,
  'board/key-engine': UNTOUCHED,
  'board/key-passphrase': UNTOUCHED,
  'board/key-mutual-tls': UNTOUCHED,
  'board/passphrase-unknown': TAKEN_BACK,
  'board/key-unknown': TAKEN_BACK,
  'board/key-not-shown': {
    board: 'its key in use as it was',
    server: 'what its client asked for may be pending',
    unplug: 'yes',
  },
  'board/no-key': UNTOUCHED,
  'board/cannot-make-key': TAKEN_BACK,
  'board/client-cannot-read-key': UNTOUCHED,
  'board/stage-mismatch': TAKEN_BACK,
  'board/switch-failed': {
    board:
      'its old key in use; a re-keying has removed what was staged, a provisioning keeps it for the next job',
    server:
      're-keying: the old key accepted again, the new one removed; provisioning: the staged key accepted',
    unplug: 'yes',
  },
  'board/switch-unknown': EITHER,
  'board/key-replaced': {
    board: 'a key of its client’s own making in use',
    server: 'the key that it replaced removed',
    unplug: 'yes, but do not hand it over',
  },
  'board/client-refused': IN_USE,
  'board/client-stopped': { ...IN_USE, unplug: 'yes, but do not hand it over' },
  'board/staged-proof-failed': ANYWHERE,
  'board/another': TAKEN_BACK,
  'board/old-key-kept': {
    board: 'its new key in use; the old key file still there',
    server: 'the new key accepted, the old one removed',
    unplug: 'yes',
  },
  'key/import-none': UNTOUCHED,
  'key/import-several': UNTOUCHED,
  'key/import-unusable': UNTOUCHED,
  'key/import-passphrase': UNTOUCHED,
  'key/import-pair': UNTOUCHED,
  'key/unreadable': UNTOUCHED,
  'key/used': TAKEN_BACK,
  'key/attribute-missing': UNTOUCHED,
  'server/unreachable': ANYWHERE,
  'server/timeout': ANYWHERE,
  'server/certificate': ANYWHERE,
  'server/unknown-certificate': UNTOUCHED,
  'server/pin-mismatch': ANYWHERE,
  'server/proxy-unusable': ANYWHERE,
  'server/proxy-unreachable': ANYWHERE,
  'server/proxy-refused': ANYWHERE,
  'server/not-mender': ANYWHERE,
  'server/old': UNTOUCHED,
  'server/has-users': UNTOUCHED,
  'server/first-user-refused': UNTOUCHED,
  'server/session-ending': UNTOUCHED,
  'server/no-organization': UNTOUCHED,
  'server/login-not-kept': UNTOUCHED,
  'server/login-refused': UNTOUCHED,
  'server/otp-needed': UNTOUCHED,
  'server/token-refused': UNTOUCHED,
  'server/single-sign-on': UNTOUCHED,
  'server/not-logged-in': ANYWHERE,
  'server/session-ended': ANYWHERE,
  'server/forbidden': ANYWHERE,
  'server/call-not-allowed': ANYWHERE,
  'server/rate-limited': ANYWHERE,
  'server/device-limit': TAKEN_BACK,
  'server/accepted-other-key': UNTOUCHED,
  'server/preauthorized-other-key': UNTOUCHED,
  'server/rejected': ANYWHERE,
  'server/decommissioning': ANYWHERE,
  'server/other-organization': TAKEN_BACK,
  'server/tenant-token-refused': TAKEN_BACK,
  'server/not-authorized': ANYWHERE,
  'server/two-accepted': ANYWHERE,
  'server/key-unacceptable': TAKEN_BACK,
  'server/failed': ANYWHERE,
  'server/old-key-accepted': {
    board: 'its new key in use; the old key file still there',
    server: 'the new key accepted; the old one still authorized',
    unplug: 'yes, but do not hand it over',
  },
  'server/device-in-use': TAKEN_BACK,
  'server/not-offered': UNTOUCHED,
  'server/not-mic': ANYWHERE,
  'server/no-such-stack': UNTOUCHED,
  'server/api-key-refused': ANYWHERE,
  'server/api-key-needed': UNTOUCHED,
  'server/consent-required': UNTOUCHED,
  'server/thing-type-needed': UNTOUCHED,
  'server/thing-of-another': UNTOUCHED,
  'server/credentials-unusable': ISSUED,
  'server/certificate-refused': ISSUED,
  'job/cancelled': ANYWHERE,
  'job/interrupted': {
    board: 'its old or its new key in use, whole; what was staged may lie beside it',
    server: 'as the list of interrupted jobs says (station resume --list)',
    unplug: 'yes, but do not hand it over',
  },
  'job/not-interrupted': UNTOUCHED,
  'job/board-not-here': UNTOUCHED,
  'job/board-never-read': UNTOUCHED,
  'job/other-board': UNTOUCHED,
  'job/same-identity': UNTOUCHED,
  'job/unit-unknown': UNTOUCHED,
  'job/unit-rejected': TAKEN_BACK,
  'job/unit-elsewhere': UNTOUCHED,
  'job/identity-changed': UNTOUCHED,
  'job/suspended': {
    board: 'its old key in use, the new one staged beside it',
    server: 'as it was: nothing was sent',
    unplug: 'yes',
  },
  'job/wait-ended': TAKEN_BACK,
  'job/proof-too-weak': IN_USE,
  'job/not-settled': ANYWHERE,
  'batch/stranger': UNTOUCHED,
  'batch/repeat': UNTOUCHED,
  'batch/other-key': UNTOUCHED,
};
