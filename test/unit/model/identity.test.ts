import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalIdentity, isIdentity, parseIdentity, type Identity } from '../../../src/model/identity.ts';
import { StationError } from '../../../src/model/station-error.ts';

// Each row was seen: what mender-client 3.4 sent for this output of its identity script.
describe('an identity is what mender-client makes of the output', () => {
  test.each<[string, string, Identity]>([
    ['one line', 'mac=52:54:00:c0:00:01\n', { mac: '52:54:00:c0:00:01' }],
    [
      'a key that comes again makes an array, keys are sorted',
      'serial=SN123\nmac=01\nmac=02\n',
      { mac: ['01', '02'], serial: 'SN123' },
    ],
    ['a value keeps later =', 'a=b=c\n', { a: 'b=c' }],
    ['nothing is trimmed', 'MAC = aa\n', { 'MAC ': ' aa' }],
    ['blank lines and CRLF', '\r\na=1\r\n\n', { a: '1' }],
    ['no newline at the end', 'a=1', { a: '1' }],
    ['an empty value', 'a=\n', { a: '' }],
    ['a number stays a string', 'serial=9007199254740993\n', { serial: '9007199254740993' }],
  ])('%s', (_, output, identity) => {
    expect(parseIdentity(output)).toEqual(identity);
  });

  test.each(['mac 52:54:00', '', '\n\n'])('%j is refused', (output) => {
    expect(() => parseIdentity(output)).toThrow(
      expect.objectContaining({ code: 'board/identity-nonsense' }) as StationError,
    );
  });
});

test('equal identities have one spelling, whatever the order of their keys', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.string()), (values) => {
      const turned = Object.fromEntries(Object.entries(values).reverse());
      expect(canonicalIdentity(turned)).toBe(canonicalIdentity(values));
      expect(isIdentity(turned, values)).toBe(true);
    }),
  );
});

test('the order inside an array counts, as on the server', () => {
  expect(isIdentity({ mac: ['02', '01'] }, { mac: ['01', '02'] })).toBe(false);
});
