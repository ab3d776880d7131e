import type { StationEvent } from '../../contract.ts';
import type { BatchRecord, BatchRunState } from '../../model/batch.ts';
import type { Clock } from '../../model/clock.ts';
import type { ServerProfile } from '../../model/server-profile.ts';
import { StationError } from '../../model/station-error.ts';
import type { DeviceServer } from '../../servers/index.ts';
import type { Preauthorization } from '../../servers/preauthorization.ts';
import type { RecordAccess } from '../record-access.ts';

/** What is done at a server with a batch works with this. */
export interface BatchRunsParts {
  readonly record: RecordAccess;
  readonly clock: Clock;
  readonly profile: (server: string) => ServerProfile;
  /** The server, logged in. */
  readonly server: (server: string, signal: AbortSignal) => Promise<DeviceServer>;
  readonly tell: (event: StationEvent) => void;
  readonly operator: () => string | null;
}

/** @throws StationError `station/not-supported` and those of the login. */
export async function preauthorizationAt(
  name: string,
  { server }: Pick<BatchRunsParts, 'server'>,
  signal: AbortSignal,
): Promise<Preauthorization> {
  const { preauthorization } = await server(name, signal);
  if (preauthorization === undefined)
    throw new StationError('station/not-supported', {
      detail: `${name} is a kind of server without preauthorization: it issues keys itself, board by board.`,
    });
  return preauthorization;
}

/** Null where it was stopped meanwhile: that is asked for, and no error. */
export async function unlessStopped<T>(
  stop: AbortSignal,
  work: (stop: AbortSignal) => Promise<T>,
): Promise<T | null> {
  try {
    stop.throwIfAborted();
    return await work(stop);
  } catch (thrown) {
    if (stop.aborted) return null;
    throw thrown;
  }
}

export function recordRun(
  batch: BatchRecord,
  run: string,
  profile: ServerProfile,
  state: BatchRunState,
  { record, operator }: Pick<BatchRunsParts, 'record' | 'operator'>,
): void {
  record.append({
    kind: 'batch-run',
    batch: batch.id,
    run,
    state,
    server: profile.name,
    serverUrl: profile.url,
    operator: operator(),
  });
}
