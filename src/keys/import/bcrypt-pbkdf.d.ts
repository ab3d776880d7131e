declare module 'bcrypt-pbkdf' {
  /** Fills `key` from passphrase and salt, as OpenSSH's `bcrypt` does; returns a negative number on bad lengths. */
  export function pbkdf(
    passphrase: Uint8Array,
    passphraseLength: number,
    salt: Uint8Array,
    saltLength: number,
    key: Uint8Array,
    keyLength: number,
    rounds: number,
  ): number;
}
