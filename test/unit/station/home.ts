import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { StationEvent } from '../../../src/contract.ts';
import { openStation, type Station, type StationOptions } from '../../../src/station.ts';

export function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'station-home-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

/** Opens a station that ends with the test; what it tells is kept. */
export async function open(
  options: Partial<StationOptions> = {},
): Promise<{ readonly station: Station; readonly events: readonly StationEvent[] }> {
  const station = await openStation({
    home: makeHome(),
    env: {},
    access: 'write',
    probing: false,
    program: 'test',
    ...options,
  });
  onTestFinished(() => station[Symbol.asyncDispose]());
  const events: StationEvent[] = [];
  station.subscribe((event) => events.push(event));
  return { station, events };
}
