import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { batchDocument } from '../../../../tools/batch-doc.ts';

test('docs/batches.md lists every code that a row may be named with', () => {
  expect(readFileSync(new URL('../../../../docs/batches.md', import.meta.url), 'utf8')).toBe(batchDocument());
});
