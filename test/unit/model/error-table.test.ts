import { existsSync, globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ERRORS, type ErrorCode } from '../../../src/model/error-table.ts';
import { asStationError, StationError } from '../../../src/model/station-error.ts';
import { errorDocument } from '../../../tools/error-doc.ts';

const ROOT = new URL('../../../', import.meta.url);

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

const DOCUMENTS = ['README.md', ...globSync('docs/*.md', { cwd: ROOT })];

test.each(DOCUMENTS)('%s names codes of the table, and files that are there', (name) => {
  const document = readFileSync(new URL(name, ROOT), 'utf8');
  const quoted = [...document.matchAll(/`([^`\n]+)`/g)].map(([, text = '']) => text);
  const areas = new Set(Object.keys(ERRORS).map((code) => code.split('/')[0]));
  const codes = quoted.filter((text) => /^[a-z]+\/[a-z-]+$/.test(text) && areas.has(text.split('/')[0]));
  expect(codes.filter((code) => !Object.hasOwn(ERRORS, code))).toEqual([]);
  const linked = [...document.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(
    ([, text = '']) => new URL(text, new URL(name, ROOT)),
  );
  const named = quoted
    .filter((text) => /^(src|test|electron|tools|renderer|docs)\/[\w./-]+$/.test(text))
    .map((text) => new URL(text, ROOT));
  expect([...linked, ...named].filter((file) => !existsSync(file)).map(String)).toEqual([]);
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
