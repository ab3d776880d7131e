/** The jobs that are cut: each a flow, a server and a board that take another path through it. */
import type { KeySource } from '../../src/model/key.ts';
import type { BoardProfile } from '../../src/model/profile.ts';
import type { BoardChoices } from '../../src/rehearsal/board/index.ts';
import type { Mode } from '../../src/rehearsal/server/index.ts';

export interface Variant {
  readonly flow: 'provision' | 'rekey';
  readonly name: string;
  readonly mode: Mode;
  readonly key: 'board' | 'generate' | 'import' | 'keep';
  readonly board: BoardChoices;
  /** Whether the board's client knows the server already and has knocked there with a key of its own. */
  readonly known: boolean;
  /** The server is away when the job begins, and is back after it was looked for in vain: the job waits for it. */
  readonly waits?: true;
  /** False where the most of its way is another one's: then answers and cuts are each taken alone. */
  readonly crossed?: false;
  readonly profile?: Partial<BoardProfile>;
}

const BUSYBOX: BoardChoices = { system: { init: 'busybox', openssl: 'absent' } };
const OF_TODAY: BoardChoices = { client: { version: '5.1.0' } };
const WITH_UNSYNCED: BoardChoices = { storage: { writeback: 0.5 } };

/** By flow and mode of the server, so that the quarters can run side by side. */
export const VARIANTS: readonly Variant[] = [
  { flow: 'provision', name: 'board-made', mode: '2026', key: 'board', known: false, board: {} },
  {
    flow: 'provision',
    name: 'station-made',
    mode: '2026',
    key: 'generate',
    known: false,
    board: { ...BUSYBOX, ...WITH_UNSYNCED },
  },
  { flow: 'provision', name: 'imported', mode: '2026', key: 'import', known: false, board: OF_TODAY },
  { flow: 'provision', name: 'kept', mode: '2026', key: 'keep', known: true, board: WITH_UNSYNCED },
  {
    flow: 'provision',
    name: 'board-made',
    mode: '2023',
    key: 'board',
    known: true,
    board: { ...OF_TODAY, ...WITH_UNSYNCED },
  },
  { flow: 'provision', name: 'station-made', mode: '2023', key: 'generate', known: false, board: {} },
  {
    flow: 'provision',
    name: 'first-key',
    mode: '2023',
    key: 'generate',
    known: false,
    board: { client: { enabled: false } },
  },
  // With force (2026) and without; boards that can sign with their old key, and one that cannot.
  { flow: 'rekey', name: 'board-made', mode: '2026', key: 'board', known: true, board: {} },
  {
    flow: 'rekey',
    name: 'station-made',
    mode: '2026',
    key: 'generate',
    known: true,
    board: { ...BUSYBOX, ...WITH_UNSYNCED },
  },
  {
    flow: 'rekey',
    name: 'board-made',
    mode: '2023',
    key: 'board',
    known: true,
    board: { ...OF_TODAY, ...WITH_UNSYNCED },
  },
  { flow: 'rekey', name: 'station-made', mode: '2023', key: 'generate', known: true, board: {} },
  {
    flow: 'rekey',
    name: 'imported',
    mode: '2026',
    key: 'import',
    known: true,
    crossed: false,
    board: OF_TODAY,
  },
  {
    flow: 'rekey',
    name: 'waiting',
    mode: '2023',
    key: 'board',
    known: true,
    waits: true,
    crossed: false,
    board: {},
  },
  {
    flow: 'rekey',
    name: 'waiting',
    mode: '2026',
    key: 'generate',
    known: true,
    waits: true,
    crossed: false,
    board: WITH_UNSYNCED,
  },
];

/** As it stands in the names of cells. */
export function nameOf({ flow, name, mode }: Variant): string {
  return `${flow}-${name}-${mode}`;
}

export function keySourceOf(variant: Variant, importFolder: string): KeySource {
  switch (variant.key) {
    case 'board':
      return { from: 'board', type: 'ed25519' };
    case 'generate':
      return { from: 'generate', type: 'ed25519' };
    case 'import':
      return { from: 'import', directory: importFolder };
    case 'keep':
      return { from: 'keep' };
  }
}
