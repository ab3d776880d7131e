/** Fields that JavaScript itself, consoles and test tools ask every object for. */
const asked = new Set([
  'then',
  'toJSON',
  'constructor',
  'prototype',
  '__esModule',
  'default',
  'domain',
  'inspect',
]);

/**
 * Makes reading a member that is not there an error that says so, instead of an `undefined` that fails elsewhere:
 * `electron stand-in: electron.app.dock is not provided`. Gives the same object back; its prototype chain is what changes.
 */
export function provided<T extends object>(name: string, members: T): T {
  const parent = Object.getPrototypeOf(members) as object;
  const strict = new Proxy(parent, {
    get(target, key, receiver) {
      if (typeof key === 'symbol' || key in target || asked.has(key) || key.startsWith('_')) {
        return Reflect.get(target, key, receiver) as unknown;
      }
      throw new Error(`electron stand-in: ${name}.${key} is not provided`);
    },
  });
  return Object.setPrototypeOf(members, strict) as T;
}

/** An event's object with `preventDefault`, and whether somebody called it. */
export class PreventableEvent {
  defaultPrevented = false;
  preventDefault = (): void => {
    this.defaultPrevented = true;
  };
}
