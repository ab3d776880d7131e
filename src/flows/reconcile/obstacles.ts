import type { BoardObservation, DirectoryReading } from '../../model/board.ts';
import type { Identity } from '../../model/identity.ts';
import { StationError } from '../../model/station-error.ts';

/** Room for a key, a configuration and their staged copies; the client's own store needs some too. Bytes. */
const LEAST_FREE_BYTES = 64 * 1024;

/**
 * What is missing or different on the board, found before anything is changed.
 *
 * @returns the identity that the board has.
 * @throws StationError with the first thing in the way and its remedy.
 */
export function requireReady(board: BoardObservation): Identity {
  if (board.client.generation === 'none') throw new StationError('board/client-missing');
  const identity = requireIdentity(board);
  if (board.client.update === 'in-progress') throw new StationError('board/update-in-progress');
  requireRoom(board.dataDirectory);
  const { main, fallback } = board.configuration;
  for (const file of [main, fallback]) {
    if (file.state === 'not-json') {
      throw new StationError('board/configuration-unreadable', {
        path: file.path,
        detail: 'it is not valid JSON',
      });
    }
    if (file.state === 'unreadable') {
      throw new StationError('board/configuration-unreadable', {
        path: file.path,
        detail: 'it cannot be read',
      });
    }
  }
  return identity;
}

/** The identity that a board has. @throws StationError `board/identity-...` where it cannot be told. */
export function requireIdentity({ identity }: BoardObservation): Identity {
  const { script } = identity;
  switch (identity.state) {
    case 'read':
      return identity.identity;
    case 'missing':
      throw new StationError('board/identity-missing', { script });
    case 'not-executable':
      throw new StationError('board/identity-not-executable', { script });
    case 'failed':
      throw new StationError('board/identity-failed', {
        script,
        status: identity.exitStatus,
        detail: identity.detail,
      });
    case 'nonsense':
      throw new StationError('board/identity-nonsense', { detail: identity.detail });
  }
}

function requireRoom({ path, exists, writable, freeBytes }: DirectoryReading): void {
  if (!exists) throw new StationError('board/data-directory-missing', { path });
  if (!writable) throw new StationError('board/read-only', { path });
  if (freeBytes < LEAST_FREE_BYTES) throw new StationError('board/disk-full', { path, free: freeBytes });
}
