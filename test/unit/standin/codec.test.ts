import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeCodec } from '../../../tools/standin/page/codec.ts';

const codec = makeCodec();
const round = (value: unknown): unknown => codec.decode(codec.encode(value));

const clonable = fc.anything({
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
  maxDepth: 4,
});

describe('the codec', () => {
  test('gives what structuredClone gives', () => {
    fc.assert(
      fc.property(clonable, (value) => {
        expect(round(value)).toStrictEqual(structuredClone(value));
      }),
      { numRuns: 500 },
    );
  });

  test('keeps cycles and shared references', () => {
    const shared = { name: 'shared' };
    const value: Record<string, unknown> = { first: shared, second: shared, list: [shared] };
    value['self'] = value;
    value['map'] = new Map<unknown, unknown>([[shared, value]]);
    const back = round(value) as Record<string, unknown>;
    expect(back['self']).toBe(back);
    expect(back['first']).toBe(back['second']);
    expect((back['list'] as unknown[])[0]).toBe(back['first']);
    expect((back['map'] as Map<unknown, unknown>).get(back['first'])).toBe(back);
  });

  test.each([new TypeError('not that'), new RangeError('too far'), new Error('plain')])(
    'keeps $name',
    (error) => {
      const back = round(error) as Error;
      expect(back).toBeInstanceOf(error.constructor);
      expect(back.message).toBe(error.message);
      expect(back.stack).toBe(error.stack);
    },
  );

  test('cuts a view out of its buffer, so that nothing beside it travels', () => {
    const pool = new TextEncoder().encode('public secret');
    const back = round(pool.subarray(0, 6)) as Uint8Array;
    expect(new TextDecoder().decode(back)).toBe('public');
    expect(back.buffer.byteLength).toBe(6);
  });

  test('makes a key named __proto__ a key', () => {
    const value = JSON.parse('{"__proto__": {"polluted": true}}') as object;
    const back = round(value) as object;
    expect(Object.keys(back)).toEqual(['__proto__']);
    expect('polluted' in back).toBe(false);
  });

  test.each([
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['a promise', Promise.resolve(1)],
    ['a weak map', new WeakMap()],
  ])('refuses %s, as structuredClone does', (_name, value) => {
    expect(() => structuredClone(value)).toThrow();
    expect(() => codec.encode({ inside: [value] })).toThrow(
      expect.objectContaining({ name: 'DataCloneError' }),
    );
  });
});
