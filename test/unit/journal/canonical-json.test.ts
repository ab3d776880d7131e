import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../src/journal/canonical-json.ts';
import { secret } from '../../../src/model/secret.ts';

describe('canonical JSON', () => {
  it('has one text for a value, whatever the order of its members', () => {
    const text = '{"10":1,"2":[{"a":null,"b":"\\u0000é€\\ud800"}],"A":1e-7,"a":-0.5,"Ａ":true}';
    const shuffled = { Ａ: true, a: -0.5, 2: [{ b: '\u0000é€\ud800', a: null }], A: 1e-7, 10: 1.0 };
    expect(canonicalJson(shuffled)).toBe(text);
    expect(canonicalJson(JSON.parse(text))).toBe(text);
  });

  it('gives back the value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('leaves undefined members out and refuses what JSON cannot hold', () => {
    expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
    for (const stray of [
      NaN,
      Infinity,
      undefined,
      [undefined],
      1n,
      new Date(0),
      new Map(),
      Buffer.from('key'),
      secret('password'),
      () => 1,
    ])
      expect(() => canonicalJson({ stray: [stray] })).toThrow(TypeError);
  });
});
