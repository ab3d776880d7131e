import type { BatchProblem, BatchProblemCode } from '../../../contract/batches.ts';

/** Something that is wrong with a row, or worth knowing of it. */
export function problem(
  line: number,
  column: string | null,
  code: BatchProblemCode,
  reason: string,
  otherLine?: number,
): BatchProblem {
  return { line, column, code, reason, ...(otherLine === undefined ? {} : { otherLine }) };
}
