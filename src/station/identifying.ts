import type { BoardContext, BoardDriver } from '../boards/driver.ts';
import { readConfiguration } from '../boards/configuration.ts';
import type { IdentifyReport } from '../contract.ts';
import type { Clock } from '../model/clock.ts';
import type { BoardProfile } from '../model/profile.ts';
import type { PortEntry } from '../serial/index.ts';
import type { Bench } from '../slots/bench.ts';

/** Reads one board and logs out again. Changes nothing on it. */
export async function identify(
  port: PortEntry,
  profile: BoardProfile,
  parts: {
    readonly bench: Bench;
    readonly driver: BoardDriver;
    readonly clock: Clock;
    readonly passwords: BoardContext['passwords'];
  },
  signal: AbortSignal,
): Promise<IdentifyReport> {
  const link = await parts.bench.open(port, profile.line, signal);
  try {
    await using session = await parts.driver.open(link, {
      profile,
      passwords: parts.passwords,
      signal,
      clock: parts.clock,
      transcript: { add: () => undefined },
    });
    const { configuration, ...board } = await session.observe();
    const files = [configuration.main, configuration.fallback];
    const read = files.flatMap(({ text, path }) =>
      text === null ? [] : [{ path, content: readConfiguration(text, path) }],
    );
    const [main, fallback] = read;
    const bothNameServers =
      main !== undefined &&
      fallback !== undefined &&
      main.content.form !== null &&
      fallback.content.form !== null;
    return {
      port: port.path,
      slot: port.slot,
      board,
      serverUrls: read.find(({ content }) => content.serverUrls.length > 0)?.content.serverUrls ?? [],
      warnings: [
        ...files
          .filter(({ state }) => state === 'not-json' || state === 'unreadable')
          .map(({ path }) => `${path} cannot be read as JSON.`),
        ...(bothNameServers ? [`${main.path} overrides the servers of ${fallback.path}.`] : []),
      ],
    };
  } finally {
    await link.close();
  }
}
