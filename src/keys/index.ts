/** Keys: making, reading, writing, signing. Private halves are `Secret` DER buffers that their job overwrites. */
export { toBoardPem, type BoardPemFormat } from './board-pem.ts';
export { chooseKeyType, readableKeyTypes, type KeyChoice } from './client-key-types.ts';
export { createKeyGenerator, type KeyGenerator } from './generate.ts';
export { fingerprintOfPem, isSameKey, publicKey } from './public-key.ts';
export { sign, verify } from './sign.ts';
export { hasEncryptedKey } from './import/encrypted.ts';
export { importKey, type ImportedKey } from './import/import-key.ts';
