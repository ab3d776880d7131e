import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ERRORS, type ErrorCode } from '../../../src/model/error-table.ts';
import { asStationError, StationError } from '../../../src/model/station-error.ts';
import { errorDocument } from '../../../tools/error-doc.ts';

test('every error says what happened, what was not changed and what to do', () => {
  for (const [code, { message, unchanged, remedy }] of Object.entries(ERRORS)) {
    for (const text of [message, unchanged, remedy]) {
      expect(text, code).not.toBe('');
      // A sentence made of a detail alone brings its own full stop.
      if (!/^\{\w+\}$/.test(text)) expect(text, code).toMatch(/[.)]$/);
    }
  }
});

test('docs/errors.md is what the table says', () => {
  expect(readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8')).toBe(errorDocument());
});

test('details are filled in, and a better sentence on what was not changed replaces the table', () => {
  const error = new StationError('port/busy', { port: '/dev/ttyUSB0', holder: 'minicom (pid 7)' });
  expect(error.message).toBe('/dev/ttyUSB0 is in use by minicom (pid 7).');
  expect(error.leaving('All is well.').toReport()).toEqual({
    ...error.toReport(),
    unchanged: 'All is well.',
  });
});

test('whatever is thrown becomes an error with a code', () => {
  const known = new StationError('job/cancelled');
  expect(asStationError(known)).toBe(known);
  expect(asStationError(new DOMException('stop', 'AbortError')).code).toBe(
    'job/cancelled' satisfies ErrorCode,
  );
  expect(asStationError('a text').toReport()).toMatchObject({
    code: 'station/internal',
    message: 'The station failed: a text.',
  });
});
