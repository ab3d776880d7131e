import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openStation } from '../../src/station.ts';
import type { Measure } from '../../tools/bench.ts';
import { figure } from './figure.ts';

const ROWS = 100_000;
const ROUNDS = 3;

/**
 * What it takes to look at a file of a hundred thousand rows with inline keys, and to store it, against the time of
 * parsing its keys alone: `createPublicKey` and the fingerprint of the SPKI DER, on one thread.
 */
const measure: Measure = async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'station-bench-import-'));
  try {
    const file = path.join(folder, 'boards.csv');
    const keys = write(file);
    const checks: number[] = [];
    const imports: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const home = path.join(folder, `home-${round}`);
      await using station = await openStation({
        home,
        env: {},
        access: 'write',
        probing: false,
        program: 'bench',
      });
      const alone = parse(keys);
      const params = { path: file, limit: 10 };
      checks.push((await timed(() => station.call('batch.check', params))) / alone);
      imports.push((await timed(() => station.call('batch.import', { ...params, name: 'bench' }))) / alone);
    }
    return {
      'batch-check-ratio': figure(checks, 'ratio', 1.5),
      'batch-import-ratio': figure(imports, 'ratio', 1.5),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

export default measure;

/** Writes the file; its keys as PEM. */
function write(file: string): readonly string[] {
  const keys = Array.from({ length: ROWS }, () =>
    generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  );
  writeFileSync(file, `serial,pubkey\n${keys.map((pem, n) => `A${n},"${pem}"\n`).join('')}`);
  return keys;
}

function parse(keys: readonly string[]): number {
  const began = performance.now();
  for (const pem of keys)
    createHash('sha256')
      .update(createPublicKey(pem).export({ type: 'spki', format: 'der' }))
      .digest('hex');
  return performance.now() - began;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
