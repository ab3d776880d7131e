import type { ErrorCode } from '../model/error-table.ts';

/** 0 all done; 1 a board, row or check failed; 2 the call is wrong; 3 the station cannot work; 130 interrupted. */
export type ExitStatus = 0 | 1 | 2 | 3 | 130;

const WRONG_CALL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'station/usage',
  'station/unknown-server',
  'station/unknown-profile',
  'station/unknown-job',
  'station/unknown-person',
  'station/person-invalid',
  'station/not-permitted',
  'station/job-open',
  'station/file-exists',
  'station/file-unwritable',
  'job/not-interrupted',
  'batch/unknown',
  'batch/running',
  'batch/begun',
  'batch/other-server',
  'batch/simulated',
  'batch/no-keys',
  'batch/not-sent',
  'batch/not-sent-there',
  'batch/in-flight',
  'batch/closed',
  'batch/name-taken',
  'batch/in-use',
  'batch/nothing-failed',
  'batch/file-unreadable',
  'batch/file-foreign',
  'batch/file-empty',
  'batch/too-many-rows',
  'batch/is-share',
  'batch/too-few-rows',
  'batch/no-share',
  'batch/own-share',
  'batch/unknown-bench',
  'batch/other-batch',
  'station/profile-invalid',
  'station/server-invalid',
  'port/twice',
]);

/** The exit status of a command that an error ended. */
export function exitStatusOf(code: ErrorCode): ExitStatus {
  if (code === 'job/cancelled') return 130;
  if (WRONG_CALL.has(code)) return 2;
  // The server takes no calls of this account for now.
  if (code === 'batch/limited-for-long') return 3;
  return /^(server|journal|station)\//.test(code) ? 3 : 1;
}
