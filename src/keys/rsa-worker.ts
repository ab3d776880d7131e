/**
 * The program of an RSA worker thread, as text: it is started with `eval`, so that the same line works when run by Node
 * from `src`, in a bundle and inside an application archive, with no second file to be found.
 *
 * It makes one key for each message (the modulus length in bits) and answers with the PKCS#8 DER, which moves to the
 * receiver and leaves no copy behind. `generateKeyPairSync` keeps off libuv's thread pool: sixteen queued RSA-4096 keys
 * on it hold up a file read for seconds.
 */
export const RSA_WORKER = `
'use strict';
const { parentPort } = require('node:worker_threads');
const { generateKeyPairSync } = require('node:crypto');
parentPort.on('message', (modulusLength) => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength, publicExponent: 0x10001 });
  const der = privateKey.export({ type: 'pkcs8', format: 'der' });
  const own = new Uint8Array(der);
  der.fill(0);
  parentPort.postMessage(own, [own.buffer]);
});
`;
