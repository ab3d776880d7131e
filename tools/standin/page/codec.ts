/** What a codec does with values that structured clone refuses but a context bridge carries. */
export interface CodecHooks {
  /** Registers a function on this side and gives the number by which the other side calls it. */
  readonly exportFunction: (target: (...args: unknown[]) => unknown) => number;
  /** Gives a function that calls the other side's function of that number. */
  readonly importFunction: (id: number) => (...args: unknown[]) => unknown;
  readonly exportPromise: (promise: PromiseLike<unknown>) => number;
  readonly importPromise: (id: number) => Promise<unknown>;
}

export interface Codec {
  encode(value: unknown): string;
  decode(text: string): unknown;
}

/**
 * Structured clone as text: what `encode` takes and what `decode` gives back are what `structuredClone` takes and gives,
 * cycles and shared references included. Differences: the buffer of a view is cut to the view, and class instances of
 * the platform other than those below are refused or come as plain objects.
 *
 * The function is also injected into pages by its source text, so it uses nothing outside itself.
 */
export function makeCodec(hooks?: CodecHooks): Codec {
  type Node = [kind: string, ...rest: unknown[]];
  const UNDEFINED = -1;
  const views: Record<string, new (buffer: ArrayBuffer) => ArrayBufferView> = {
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
    DataView,
  };
  const errors: Record<string, new (message: string) => Error> = {
    EvalError,
    RangeError,
    ReferenceError,
    SyntaxError,
    TypeError,
    URIError,
  };

  const refuse = (what: string): never => {
    throw new DOMException(`${what} could not be cloned.`, 'DataCloneError');
  };
  const toBase64 = (bytes: Uint8Array): string => {
    let text = '';
    for (let at = 0; at < bytes.length; at += 32_768) {
      text += String.fromCharCode(...bytes.subarray(at, at + 32_768));
    }
    return btoa(text);
  };
  const fromBase64 = (text: string): ArrayBuffer =>
    Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer;
  const isThenable = (value: object): value is PromiseLike<unknown> =>
    'then' in value && typeof value.then === 'function';

  const encode = (root: unknown): string => {
    const nodes: (Node | null)[] = [];
    const seen = new Map<unknown, number>();

    const primitive = (value: unknown): Node => {
      if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) {
        return ['number', Object.is(value, -0) ? '-0' : String(value)];
      }
      if (typeof value === 'bigint') return ['bigint', String(value)];
      if (typeof value === 'symbol') return refuse(String(value));
      return ['json', value];
    };
    const compound = (value: object): Node => {
      if (hooks !== undefined && isThenable(value)) return ['promise', hooks.exportPromise(value)];
      if (ArrayBuffer.isView(value)) {
        const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
        return ['view', Object.prototype.toString.call(value).slice(8, -1), toBase64(bytes)];
      }
      if (Array.isArray(value)) {
        const entries: [string, number][] = Object.keys(value).map((key) => [
          key,
          put(Reflect.get(value, key)),
        ]);
        return ['array', value.length, entries];
      }
      if (value instanceof Date) return ['date', String(value.getTime())];
      if (value instanceof RegExp) return ['regexp', value.source, value.flags];
      if (value instanceof Map) return ['map', [...value].map(([key, item]) => [put(key), put(item)])];
      if (value instanceof Set) return ['set', [...value].map((item) => put(item))];
      if (value instanceof ArrayBuffer) return ['buffer', toBase64(new Uint8Array(value))];
      if (value instanceof Error) return ['error', value.name, value.message, value.stack];
      for (const kind of [Boolean, Number, String]) {
        if (value instanceof kind) return ['boxed', kind.name, put(value.valueOf())];
      }
      const tag = Object.prototype.toString.call(value).slice(8, -1);
      if (['Promise', 'WeakMap', 'WeakSet', 'WeakRef', 'Symbol'].includes(tag)) return refuse(`#<${tag}>`);
      return ['object', Object.keys(value).map((key) => [key, put(Reflect.get(value, key))])];
    };
    const put = (value: unknown): number => {
      if (value === undefined) return UNDEFINED;
      const known = seen.get(value);
      if (known !== undefined) return known;
      const index = nodes.push(null) - 1;
      if (typeof value === 'function') {
        if (hooks === undefined) return refuse(Function.prototype.toString.call(value).slice(0, 40));
        seen.set(value, index);
        nodes[index] = ['function', hooks.exportFunction(value as (...args: unknown[]) => unknown)];
      } else if (typeof value === 'object' && value !== null) {
        seen.set(value, index);
        nodes[index] = compound(value);
      } else {
        nodes[index] = primitive(value);
      }
      return index;
    };
    return JSON.stringify([put(root), nodes]);
  };

  const decode = (text: string): unknown => {
    const [rootIndex, nodes] = JSON.parse(text) as [number, Node[]];
    const made = new Map<number, unknown>();

    const assign = (target: object, entries: [string, number][]): void => {
      for (const [key, index] of entries) {
        // Not by assignment: a key may be `__proto__`.
        Object.defineProperty(target, key, {
          value: get(index),
          writable: true,
          enumerable: true,
          configurable: true,
        });
      }
    };
    const make = (index: number, [kind, ...rest]: Node): unknown => {
      const first = String(rest[0]);
      const second = String(rest[1]);
      const keep = <T>(value: T): T => {
        made.set(index, value);
        return value;
      };
      switch (kind) {
        case 'json':
          return rest[0];
        case 'number':
          return Number(first);
        case 'bigint':
          return BigInt(first);
        case 'date':
          return keep(new Date(Number(first)));
        case 'regexp':
          return keep(new RegExp(first, second));
        case 'buffer':
          return keep(fromBase64(first));
        case 'boxed':
          return keep(Object(get(rest[1] as number)));
        case 'function':
          return keep(hooks?.importFunction(rest[0] as number));
        case 'promise':
          return keep(hooks?.importPromise(rest[0] as number));
        case 'view': {
          const View = views[first] ?? Uint8Array;
          return keep(new View(fromBase64(second)));
        }
        case 'error': {
          const error = keep(new (errors[first] ?? Error)(second));
          Object.defineProperty(error, 'stack', { value: rest[2], writable: true, configurable: true });
          return error;
        }
        case 'map': {
          const map = keep(new Map<unknown, unknown>());
          for (const [key, value] of rest[0] as [number, number][]) map.set(get(key), get(value));
          return map;
        }
        case 'set': {
          const set = keep(new Set<unknown>());
          for (const item of rest[0] as number[]) set.add(get(item));
          return set;
        }
        case 'array': {
          const array = keep(new Array<unknown>(rest[0] as number));
          assign(array, rest[1] as [string, number][]);
          return array;
        }
        case 'object': {
          const object = keep({});
          assign(object, rest[0] as [string, number][]);
          return object;
        }
        default:
          throw new Error(`electron stand-in: unknown node ${kind}`);
      }
    };
    const get = (index: number): unknown => {
      if (index === UNDEFINED) return undefined;
      if (made.has(index)) return made.get(index);
      const node = nodes[index];
      if (node === undefined) throw new Error('electron stand-in: broken message');
      const value = make(index, node);
      made.set(index, value);
      return value;
    };
    return get(rootIndex);
  };

  return { encode, decode };
}
