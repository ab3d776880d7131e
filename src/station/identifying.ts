import type { BoardContext, BoardDriver, BoardSession } from '../boards/driver.ts';
import { readConfiguration } from '../boards/configuration.ts';
import type { IdentifyReport } from '../contract.ts';
import type { BoardObservation } from '../model/board.ts';
import { notices, type JournalReader } from '../journal/index.ts';
import type { Clock } from '../model/clock.ts';
import type { BoardProfile } from '../model/profile.ts';
import type { Secret } from '../model/secret.ts';
import type { PortEntry } from '../serial/index.ts';
import type { Bench } from '../slots/bench.ts';

export interface ReadingParts {
  readonly bench: Bench;
  readonly driver: BoardDriver;
  readonly clock: Clock;
  readonly passwords: BoardContext['passwords'];
}

/** Reads one board and logs out again. Changes nothing on it. */
export function observeBoard(
  port: PortEntry,
  profile: BoardProfile,
  parts: ReadingParts,
  signal: AbortSignal,
): Promise<BoardObservation> {
  return withBoard(port, profile, parts, signal, (_, board) => Promise.resolve(board));
}

/** Logs in to a board, reads it, does some work with it, and logs out again. */
export async function withBoard<T>(
  port: PortEntry,
  profile: BoardProfile,
  { bench, driver, clock, passwords }: ReadingParts,
  signal: AbortSignal,
  work: (session: BoardSession, board: BoardObservation) => Promise<T>,
): Promise<T> {
  const link = await bench.open(port, profile.line, signal);
  try {
    await using session = await driver.open(link, {
      profile,
      passwords,
      signal,
      clock,
      transcript: { add: () => undefined },
    });
    const board = await session.observe();
    if (board.identity.state === 'read') bench.sighted(port.slot, board.identity.identity);
    return await work(session, board);
  } finally {
    await link.close();
  }
}

/** The organization whose boards are provisioned now, by the token that is stored for its server. */
export interface Organization {
  readonly server: string;
  readonly token: Secret<string>;
}

/** What a board is, as one reading finds it. */
export async function identify(
  port: PortEntry,
  profile: BoardProfile,
  parts: ReadingParts,
  past: Pick<JournalReader, 'history'>,
  organization: Organization | null,
  signal: AbortSignal,
): Promise<IdentifyReport> {
  const { configuration, ...board } = await observeBoard(port, profile, parts, signal);
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
      ...(isOfAnother(
        read.map(({ content }) => content.tenantToken),
        organization,
      )
        ? [
            `The board has another organization’s token than the one stored for ${organization?.server ?? ''}.`,
          ]
        : []),
      ...(bothNameServers ? [`${main.path} overrides the servers of ${fallback.path}.`] : []),
      ...(board.identity.state === 'read'
        ? notices(past, board.identity.identity, board.key.publicKey?.fingerprint ?? null, parts.clock.now())
        : []),
    ],
  };
}

/** Whether the token that the board's client uses, the first of these, is not that of the organization. */
function isOfAnother(tokens: readonly (Secret<string> | null)[], organization: Organization | null): boolean {
  const used = tokens.find((token) => token !== null) ?? null;
  return used !== null && organization !== null && used.reveal() !== organization.token.reveal();
}
