import { expect, it } from 'vitest';
import { exitStatusOf } from '../../../src/cli/exit-status.ts';
import type { ErrorCode } from '../../../src/model/error-table.ts';

it.each<[ErrorCode, number]>([
  // The call is wrong for this batch: another one, or another option, does it.
  ['batch/begun', 2],
  ['batch/running', 2],
  ['batch/other-server', 2],
  ['batch/simulated', 2],
  ['batch/no-keys', 2],
  ['batch/not-sent', 2],
  ['batch/not-sent-there', 2],
  ['batch/in-flight', 2],
  ['batch/unknown', 2],
  // The server takes nothing for now.
  ['batch/limited-for-long', 3],
  ['server/session-ended', 3],
  // A row, a board, a check.
  ['batch/stranger', 1],
  ['batch/not-settled', 1],
  ['batch/over-limit', 1],
])('says of %s that it ends a command with %i', (code, status) => {
  expect(exitStatusOf(code)).toBe(status);
});
