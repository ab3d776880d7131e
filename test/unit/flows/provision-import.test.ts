import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import { keyPair } from '../../../src/keys/key-pair.ts';
import type { KeyPair, KeySource } from '../../../src/model/key.ts';
import type { SimulatedBoard } from '../../../src/rehearsal/board/index.ts';
import { bench, keyOf, MODES, never, setsOf, stagedOn } from './bench.ts';

/** A folder with the key of one board, as another factory would send it. */
function delivered(board: SimulatedBoard): {
  readonly pair: KeyPair;
  readonly source: KeySource;
  readonly folder: string;
} {
  const folder = mkdtempSync(join(tmpdir(), 'station-import-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(
    join(folder, `${board.options.mac}.pem`),
    privateKey.export({ type: 'pkcs8', format: 'pem' }),
  );
  return { pair: keyPair(privateKey), source: { from: 'import', directory: folder }, folder };
}

describe.each(MODES)('an imported key on a server of %s', (mode) => {
  test('a job cancelled after the server took the preauthorized key keeps what only this board holds, and the next one finishes', async () => {
    const b = await bench({ mode });
    const board = b.board();
    const { pair, source, folder } = delivered(board);
    await b.client.api.preauthorize({ mac: board.options.mac }, pair.pem, false, never);
    const cancel = new AbortController();
    const first = await b.run(board, {
      keySource: source,
      cancel: cancel.signal,
      onStep: (step) => {
        if (step === 'submit done') cancel.abort();
      },
    });
    expect(first.result.verdict).toBe('stopped');
    expect(setsOf(b.server, board)).toEqual([[pair.fingerprint, 'accepted']]);
    expect(stagedOn(board)).not.toEqual([]);

    const second = await b.run(board, { keySource: source });
    expect(second.result).toMatchObject({ verdict: 'pass', keyFingerprint: pair.fingerprint });
    expect(keyOf(board)).toBe(pair.fingerprint);
    expect(readdirSync(folder)).toEqual(['used']);
  });

  test('an accepted key that is in no place but the import folder is put on its board', async () => {
    const b = await bench({ mode });
    const board = b.board();
    const { pair, source } = delivered(board);
    const { result } = await b.run(board, { keySource: source });
    expect(result.verdict).toBe('pass');
    // Another image, another storage: the board comes back without its key, and the maker of keys sends it once more.
    const blank = b.board({ mac: board.options.mac });
    const again = delivered(blank);
    writeFileSync(
      join(again.folder, `${board.options.mac}.pem`),
      board.inspect.file(board.inspect.keyPath) ?? '',
    );
    const second = await b.run(blank, { keySource: again.source });
    expect(second.result).toMatchObject({ verdict: 'pass', keyFingerprint: pair.fingerprint });
    expect(keyOf(blank)).toBe(pair.fingerprint);
  });

  test('a file that a job could not take away after its switch is taken away by the next one', async () => {
    const b = await bench({ mode });
    const board = b.board();
    const { pair, source, folder } = delivered(board);
    // The record fails in the moment after the switch: the job dies there.
    const append = b.journal.append.bind(b.journal);
    let broken = false;
    const journal = Object.assign(Object.create(b.journal) as typeof b.journal, {
      settled: () => b.journal.settled(),
      append: (event: Parameters<typeof append>[0]) => {
        if (event.kind === 'step-intent' && event.action === 'consume-import' && !broken) {
          broken = true;
          throw new Error('the station dies here');
        }
        return append(event);
      },
    });
    await b.run(board, { keySource: source, journal });
    expect(keyOf(board)).toBe(pair.fingerprint);
    expect(readdirSync(folder)).toEqual([`${board.options.mac}.pem`]);

    const second = await b.run(board, { keySource: source });
    expect(['pass', 'already']).toContain(second.result.verdict);
    expect(readdirSync(folder)).toEqual(['used']);
  });

  test('an auth request whose answer was lost is looked up and taken back', async () => {
    const b = await bench({ mode, limits: { callMs: 2_000 } });
    const board = b.board();
    b.server.faults.add({ on: 'auth-request', act: { kind: 'hang', when: 'after' }, times: 1 });
    const first = await b.run(board, { keySource: { from: 'generate', type: 'ed25519' } });
    expect(first.result.error?.code).toBe('server/timeout');
    expect(setsOf(b.server, board)).toEqual([]);
    expect(stagedOn(board)).toEqual([]);
  });
});
