import { publicKey as readPublicKey } from '../../keys/index.ts';
import type {
  BoardObservation,
  ConfigurationFile,
  IdentityReading,
  KeyFileReading,
  StagedKey,
} from '../../model/board.ts';
import { parseIdentity } from '../../model/identity.ts';
import type { KeyType, PublicKey } from '../../model/key.ts';
import { secret } from '../../model/secret.ts';
import { StationError } from '../../model/station-error.ts';
import { readConfiguration, type ClientConfiguration } from '../configuration.ts';
import { readClient, serviceName, type ClientSetup } from './client.ts';
import { lines, section, type Section } from './sections.ts';

/** The files that an observation looked at. */
export interface BoardPaths {
  readonly identityScript: string;
  readonly configuration: string;
  readonly fallbackConfiguration: string;
  readonly dataDirectory: string;
  readonly key: string;
}

/** An observation with what the driver keeps of it for its own commands. */
export interface Reading {
  readonly observation: BoardObservation;
  readonly setup: ClientSetup;
  readonly uid: number;
  /** What to read instead, where the board's own settings name other files than those that were looked at. */
  readonly elsewhere: BoardPaths | null;
  /** The update store holds traces of an update: whether it is a live one needs a closer look. */
  readonly storeIsSuspect: boolean;
}

/** Wall times at the station between which the board answered, in milliseconds since the epoch. */
export interface Times {
  readonly sentAt: number;
  readonly answeredAt: number;
}

/** Makes an observation of an observation script's reply. */
export function readObservation(all: readonly Section[], paths: BoardPaths, times: Times): Reading {
  const setup = readClient(all);
  const [hostname = '', kernel = '', shell = '', processOne = '', uid = '', systemd] = lines(
    section(all, 'h'),
  );
  const files = all.filter((one) => one.key === 'c' || one.key === 'x');
  const main = readFile(files, paths.configuration);
  const fallback = readFile(files, paths.fallbackConfiguration);
  const configurations = [main, fallback].map(configurationOf);
  const wanted = keyPath(configurations, setup, paths);
  const keys = all.filter((one) => one.key === 'k').map((one) => readKey(one));
  const inUse = keys[0];
  const staged = keys[1];
  const former = keys[2];
  const engine = configurations.find((one) => one !== null && one.engine !== null)?.engine ?? null;
  const [main3, fallback3] = configurations;
  const dataLines = lines(section(all, 'f'));
  const moved: BoardPaths = {
    identityScript: setup.overrides.identityScript ?? paths.identityScript,
    configuration: setup.overrides.configuration ?? paths.configuration,
    fallbackConfiguration: setup.overrides.fallbackConfiguration ?? paths.fallbackConfiguration,
    dataDirectory: setup.overrides.dataDirectory ?? paths.dataDirectory,
    key: wanted.path,
  };
  const sameplace = (Object.keys(paths) as (keyof BoardPaths)[]).every((name) => moved[name] === paths[name]);
  return {
    setup,
    uid: Number(uid),
    elsewhere: sameplace ? null : moved,
    storeIsSuspect: lines(section(all, 'u')).length > 0,
    observation: {
      hostname,
      kernel,
      init: systemd !== undefined ? 'systemd' : /busybox$/.test(processOne) ? 'busybox' : 'other',
      shell,
      identity: readIdentity(all, paths.identityScript),
      client: {
        generation: setup.generation,
        version: setup.version,
        service: serviceName(setup),
        running: setup.running,
        update:
          section(all, 'u').args[0]?.replace(/^.*=/, '') === '1' || setup.isInstalling
            ? 'in-progress'
            : 'none',
        tier:
          [main3?.tier, fallback3?.tier].find((tier) => tier !== undefined && tier !== 'standard') ??
          'standard',
      },
      key: {
        path: wanted.path,
        realPath: inUse?.realPath ?? wanted.path,
        from: wanted.from,
        certificate: wanted.certificate,
        ...keyState(inUse, wanted.path, engine, setup.hasPassphrase),
      },
      staged: staged?.exists === true ? stagedKey(staged) : null,
      former: former?.exists === true ? stagedKey(former) : null,
      configuration: { main, fallback },
      installedCaSha256: hash(lines(section(all, 'a'))[0]),
      clockSkewMs: skew(all, times),
      dataDirectory: {
        path: paths.dataDirectory,
        exists: dataLines.some((line) => line.endsWith('/.')),
        writable: dataLines.includes('w'),
        freeBytes: 1024 * Number(/^\S+\s+\d+\s+\d+\s+(\d+)\s/.exec(dataLines.at(-1) ?? '')?.[1] ?? 0),
      },
      canSign: canSign(lines(section(all, 'e'))),
      opensslVersion: lines(section(all, 'o'))[0] ?? null,
    },
  };
}

interface KeyFile {
  readonly realPath: string;
  readonly exists: boolean;
  readonly sha256: string | null;
  readonly isEncrypted: boolean;
  readonly publicKey: PublicKey | null;
}

/** Reads a section `k`: the real path, and where the file exists its hash, a count of `ENCRYPTED`, and the SPKI DER. */
export function readKey(one: Section): KeyFile {
  const text = one.content.toString('latin1');
  const found = /^([^\n]*)\n(?:([0-9a-f]{64}) +-\n)?(?:(\d+)\n)?/.exec(text);
  const der = Buffer.from(text.slice(found?.[0].length ?? 0), 'latin1');
  const sha256 = found?.[2] ?? null;
  return {
    realPath: Buffer.from(found?.[1] ?? '', 'latin1').toString('utf8'),
    exists: found?.[3] !== undefined || sha256 !== null,
    sha256,
    isEncrypted: Number(found?.[3] ?? 0) > 0,
    publicKey: publicKeyOf(der),
  };
}

/** A staged key as a reading found it. */
export function stagedKey(file: KeyFile): StagedKey {
  return { path: file.realPath, sha256: file.sha256 ?? '', publicKey: file.publicKey };
}

/** What state a key file is in. */
export function keyState(
  file: KeyFile | undefined,
  path: string,
  engine: string | null,
  hasPassphrase: boolean,
): Pick<KeyFileReading, 'state' | 'publicKey' | 'sha256'> {
  const none = { publicKey: null, sha256: null };
  if (engine !== null || path.startsWith('pkcs11:')) return { state: 'engine', ...none };
  if (file?.exists !== true) return { state: 'missing', ...none };
  const found = { publicKey: file.publicKey, sha256: file.sha256 };
  if (file.sha256 === null) return { state: 'unreadable', ...found };
  if (file.isEncrypted || hasPassphrase) return { state: 'passphrase', ...found };
  return { state: 'present', ...found };
}

/** Public half by openssl on the board; null where there is none, or where it could not read the file. */
function publicKeyOf(der: Buffer): PublicKey | null {
  if (der.length === 0) return null;
  try {
    return readPublicKey(der);
  } catch (error) {
    if (error instanceof StationError) return null;
    throw error;
  }
}

/** The key file that the client uses: `Security.AuthPrivateKey`, else (3.x) `HttpsClient.Key`, else its own in the data directory. */
function keyPath(
  configurations: readonly (ClientConfiguration | null)[],
  setup: ClientSetup,
  paths: BoardPaths,
): Pick<KeyFileReading, 'path' | 'from' | 'certificate'> {
  const dataDirectory = setup.overrides.dataDirectory ?? paths.dataDirectory;
  const first = (read: (one: ClientConfiguration) => string | null): string | null =>
    configurations.reduce<string | null>((found, one) => found ?? (one === null ? null : read(one)), null);
  const mutual = first((one) => one.httpsClientKey);
  const certificate = first((one) => one.httpsClientCertificate);
  const at = (path: string, from: KeyFileReading['from']): ReturnType<typeof keyPath> => ({
    path,
    from,
    // The same file may serve both, in whichever generation.
    certificate: path === mutual ? certificate : null,
  });
  const authentication = first((one) => one.authPrivateKey);
  if (authentication !== null) return at(authentication, 'Security.AuthPrivateKey');
  if (setup.generation === '3' && mutual !== null) return at(mutual, 'HttpsClient.Key');
  return at(`${dataDirectory}/mender-agent.pem`, 'default');
}

function configurationOf(file: ConfigurationFile): ClientConfiguration | null {
  if (file.state !== 'read' || file.text === null) return null;
  try {
    return readConfiguration(file.text, file.path);
  } catch (error) {
    // The flow reads the file itself and stops there with this very error.
    if (error instanceof StationError) return null;
    throw error;
  }
}

function readFile(files: readonly Section[], path: string): ConfigurationFile {
  const at = files.findIndex((one) => one.key === 'c' && one.args.slice(1).join(' ') === path);
  const found = files[at];
  const failure = files[at + 1]?.key === 'x' ? files[at + 1] : undefined;
  const writable = found?.args[0] === 'w';
  if (found === undefined || failure !== undefined)
    return { path, writable, text: null, state: failure?.args[0] === 'e' ? 'unreadable' : 'missing' };
  const text = found.content.toString('utf8');
  return { path, writable, text: secret(text), state: isJson(text) ? 'read' : 'not-json' };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function readIdentity(all: readonly Section[], script: string): IdentityReading {
  const found = section(all, 'i');
  if (found.args[0] === 'm') return { state: 'missing', script };
  if (found.args[0] === 'x') return { state: 'not-executable', script };
  const failure = section(all, 'j');
  const exitStatus = Number(failure.args[0] ?? -1);
  const detail = lines(failure).join(' ').slice(0, 200);
  if (exitStatus === 126) return { state: 'not-executable', script };
  if (exitStatus !== 0) return { state: 'failed', script, exitStatus, detail };
  try {
    return { state: 'read', script, identity: parseIdentity(found.content.toString('utf8')) };
  } catch (error) {
    if (!(error instanceof StationError)) throw error;
    return { state: 'nonsense', script, detail: String(error.details['detail'] ?? '') };
  }
}

/**
 * Board clock minus station clock. The board told its time at the beginning and at the end of the command, which lie
 * between the moment at which the command had gone over and the one at which the reply began to come: the middle of what
 * is possible. Without fractions of a second the board's time is taken for the middle of its second.
 */
function skew(all: readonly Section[], { sentAt, answeredAt }: Times): number {
  const first = boardTime(section(all, 't').args[0]);
  const last = boardTime(section(all, 'T').args[0]) ?? first;
  if (first === null || last === null) return 0;
  return Math.round((first - sentAt + (last - answeredAt)) / 2);
}

/** `date +%s.%N`: busybox without nanoseconds leaves `%N` as it is, or writes nothing. */
function boardTime(text: string | undefined): number | null {
  const found = /^(-?\d+)(?:\.(\d{9})$)?/.exec(text ?? '');
  if (found === null) return null;
  return Number(found[1]) * 1000 + (found[2] === undefined ? 500 : Number(found[2]) / 1e6);
}

function canSign(trials: readonly string[]): readonly KeyType[] {
  return [
    ...(trials.includes('1') ? (['ed25519'] as const) : []),
    // What signs with P-256 signs with the others, too: `dgst -sign` is the oldest of openssl's commands.
    ...(trials.includes('2') ? (['p256', 'p384', 'rsa2048', 'rsa3072', 'rsa4096'] as const) : []),
  ];
}

function hash(line: string | undefined): string | null {
  return /^[0-9a-f]{64}/.exec(line ?? '')?.[0] ?? null;
}
