import type { BoardObservation } from '../../model/board.ts';
import type { KeySource } from '../../model/key.ts';
import type { BoardProfile } from '../../model/profile.ts';
import { StationError } from '../../model/station-error.ts';
import { readableKeyTypes } from '../../keys/index.ts';
import type { WantedKey } from './facts.ts';

/**
 * Fills in where the key comes from and of which type it is: what was asked for, else the profile's choice, else made on
 * the board where the board can make one and sign with it, else made here. Of the types that are possible the best
 * is taken, by the order of `readableKeyTypes`. A board that can make none by itself leaves it to its client.
 *
 * @throws StationError `board/client-cannot-read-key` or `board/cannot-make-key` for a choice that would not work.
 */
export function resolveKey(
  asked: KeySource | null,
  profile: BoardProfile,
  board: BoardObservation,
): WantedKey {
  const source = asked ?? fromProfile(profile);
  if (source?.from === 'keep' || source?.from === 'import') return source;
  const readable = readableKeyTypes(board.client);
  const type = source?.type ?? profile.key.type;
  if (type !== null && !readable.includes(type)) {
    throw new StationError('board/client-cannot-read-key', {
      type,
      version: board.client.version ?? 'unknown version',
    });
  }
  const makeable = readable.filter((candidate) => board.canSign.includes(candidate));
  if (source?.from === 'board' && type === null && board.canSign.length === 0) return { from: 'client' };
  if (source?.from === 'board') {
    const chosen = type ?? makeable[0] ?? null;
    if (chosen === null || !makeable.includes(chosen)) {
      const detail =
        board.opensslVersion === null
          ? 'it has no openssl'
          : `its ${board.opensslVersion} cannot sign with one`;
      throw new StationError('board/cannot-make-key', { type: chosen ?? 'any', detail });
    }
    return { from: 'board', type: chosen };
  }
  if (source === null && type === null) {
    const onBoard = makeable[0] ?? null;
    if (onBoard !== null) return { from: 'board', type: onBoard };
  }
  if (source === null && type !== null && makeable.includes(type)) return { from: 'board', type };
  return { from: 'generate', type: type ?? readable[0] ?? 'rsa3072' };
}

function fromProfile(profile: BoardProfile): KeySource | null {
  const { source, type } = profile.key;
  if (source === null) return null;
  if (source === 'keep') return { from: 'keep' };
  return type === null ? { from: source } : { from: source, type };
}
