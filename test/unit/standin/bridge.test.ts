import { EventEmitter } from 'node:events';
import { beforeEach, describe, expect, test } from 'vitest';
import { makeBridge } from '../../../tools/standin/page/bridge.ts';
import type { Bridge, Wire } from '../../../tools/standin/page/bridge.ts';
import { makeCodec } from '../../../tools/standin/page/codec.ts';

interface Api {
  readonly text: string;
  add(a: number, b: number): number;
  fail(): void;
  later(value: unknown): Promise<unknown>;
  failLater(): Promise<never>;
  each(list: number[], visit: (item: number) => void): void;
  instance: { secret?: string; own: number };
}

describe('the context bridge', () => {
  let preload: Bridge;
  let api: Api;
  const received: unknown[] = [];

  beforeEach(() => {
    const events = new EventEmitter();
    const wire: Wire = {
      send: (event, detail) => void events.emit(event, detail),
      listen: (event, listener) => void events.on(event, listener),
    };
    const page = makeBridge('page', wire, makeCodec);
    preload = makeBridge('preload', wire, makeCodec);
    page.onExpose((key, value) => {
      if (key === 'api') api = value as Api;
    });
    class Instance {
      own = 1;
      get secret(): string {
        return 'of the prototype';
      }
    }
    received.length = 0;
    preload.expose('api', {
      text: 'hello',
      add: (a: number, b: number) => a + b,
      fail: () => {
        throw Object.assign(new TypeError('exploded'), { code: 'E_SECRET' });
      },
      later: (value: unknown) => {
        received.push(value);
        return Promise.resolve(value);
      },
      failLater: () => Promise.reject(new RangeError('too late')),
      each: (list: number[], visit: (item: number) => void) => list.forEach((item) => visit(item)),
      instance: new Instance(),
    });
  });

  test('calls functions of the other side at once', () => {
    expect(api.text).toBe('hello');
    expect(api.add(2, 3)).toBe(5);
  });

  test('lets of an error only the message through', () => {
    const thrown = (() => {
      try {
        api.fail();
      } catch (error) {
        return error;
      }
      return undefined;
    })();
    expect(thrown).toBeInstanceOf(Error);
    expect(thrown).not.toBeInstanceOf(TypeError);
    expect(thrown).toMatchObject({ message: 'exploded' });
    expect(thrown).not.toHaveProperty('code');
  });

  test('copies arguments', async () => {
    const mine = { list: [1, 2] };
    const back = await api.later(mine);
    mine.list.push(3);
    expect(received).toEqual([{ list: [1, 2] }]);
    expect(back).toEqual({ list: [1, 2] });
  });

  test('carries promises and their failure', async () => {
    await expect(api.later(new Map([[1, 2n]]))).resolves.toEqual(new Map([[1, 2n]]));
    await expect(api.failLater()).rejects.toThrow('too late');
  });

  test('lets the preload call a function of the page, also within a call of the page', () => {
    const seen: number[] = [];
    api.each([1, 2, 3], (item) => seen.push(api.add(item, 10)));
    expect(seen).toEqual([11, 12, 13]);
  });

  test('gives own fields of an instance and nothing of its prototype', () => {
    expect(api.instance).toEqual({ own: 1 });
    expect(api.instance.secret).toBeUndefined();
  });
});
