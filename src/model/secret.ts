/**
 * A value that must not be seen: a private key, a password, a token, a signed auth request (the server takes replays, so
 * body and signature together are a credential).
 *
 * Every way in which a value ends up in a text (string conversion, JSON, `console.log`, a debugger's inspect) prints
 * `[secret]`; the value is had by `reveal()` alone, which is easy to search for.
 */
export class Secret<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  /** The value itself. Keep the result in a local variable and out of anything that is stored or sent. */
  reveal(): T {
    return this.#value;
  }

  /** Overwrites the bytes of a binary secret. A JavaScript string cannot be overwritten: for one this does nothing. */
  destroy(): void {
    if (this.#value instanceof Uint8Array) this.#value.fill(0);
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]';
  }
}

/** Shorthand for `new Secret(value)`. */
export function secret<T>(value: T): Secret<T> {
  return new Secret(value);
}
