import type { ClientReading } from '../model/board.ts';
import type { KeyType } from '../model/key.ts';

type Client = Pick<ClientReading, 'generation' | 'version'>;

/** What each version of the client learned to read. */
const READABLE_FROM: readonly {
  readonly version: readonly [major: number, minor: number];
  readonly types: readonly KeyType[];
}[] = [
  // mender-client 2.0 parses PKCS#1 RSA and nothing else.
  { version: [0, 0], types: ['rsa2048', 'rsa3072', 'rsa4096'] },
  // From 2.6 on it hands the file to OpenSSL; 3.4 was seen to work with each of these.
  { version: [2, 6], types: ['ed25519', 'p256', 'p384'] },
];

/** Which type to make where several would do: small and fast first; among RSA, what the client itself makes. */
const PREFERENCE: readonly KeyType[] = ['ed25519', 'p256', 'p384', 'rsa3072', 'rsa4096', 'rsa2048'];

/**
 * The key types that a board's client can read. A client that cannot read a key silently makes another and overwrites
 * the file, so one whose version is unknown is taken for the oldest of its generation.
 *
 * @returns best first; empty where there is no client.
 */
export function readableKeyTypes(client: Client): readonly KeyType[] {
  if (client.generation === 'none') return [];
  const version = versionOf(client);
  const readable = new Set(
    READABLE_FROM.filter((row) => atLeast(version, row.version)).flatMap((row) => row.types),
  );
  return PREFERENCE.filter((type) => readable.has(type));
}

/** Where a key comes from when neither the operator nor the profile says: made on the board where it can be. */
export type KeyChoice =
  { readonly from: 'board'; readonly type: KeyType } | { readonly from: 'generate'; readonly type: KeyType };

/**
 * The default key: the best type that the board can make *and* sign with and that its client reads; else the best
 * that its client reads, made at the station.
 *
 * @param canSign types for which a trial signature on the board succeeded.
 * @returns null where the board has no client.
 */
export function chooseKeyType(canSign: readonly KeyType[], client: Client): KeyChoice | null {
  const readable = readableKeyTypes(client);
  const onBoard = readable.find((type) => canSign.includes(type));
  if (onBoard !== undefined) return { from: 'board', type: onBoard };
  const [best] = readable;
  return best === undefined ? null : { from: 'generate', type: best };
}

function versionOf(client: Client): readonly [number, number] {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(client.version ?? '') ?? [];
  if (major !== undefined && minor !== undefined) return [Number(major), Number(minor)];
  return client.generation === '4' ? [4, 0] : [0, 0];
}

function atLeast(version: readonly [number, number], least: readonly [number, number]): boolean {
  return version[0] > least[0] || (version[0] === least[0] && version[1] >= least[1]);
}
