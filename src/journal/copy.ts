import { closeSync, fsyncSync, openSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** Plain JavaScript, so that it needs no file of its own in a bundle. */
const WORK = `
  const { workerData: { path, out } } = require('node:worker_threads');
  const { DatabaseSync } = require('node:sqlite');
  const database = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
  database.prepare('VACUUM INTO ?').run(out);
  database.close();
`;

/**
 * Copies a journal that others write meanwhile into a new file, in a thread of its own: a large one takes many seconds,
 * and boards are waiting for their bytes. Durable when it resolves; rejects, and leaves nothing, where the file could not
 * be read or written in this way.
 */
export async function copyInThread(path: string, out: string): Promise<void> {
  try {
    const worker = new Worker(WORK, { eval: true, workerData: { path, out } });
    const [status] = (await once(worker, 'exit')) as [number];
    if (status !== 0) throw new Error(`the copying thread ended with ${status}`);
    const handle = openSync(out, 'r+');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch (thrown) {
    rmSync(out, { force: true });
    throw thrown;
  }
}
