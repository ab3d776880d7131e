import type { ClientReading } from '../../model/board.ts';
import { lines, section, type Section } from './sections.ts';

/** The client's daemon as it was found. */
interface ClientProcess {
  readonly pid: number;
  readonly argv: readonly string[];
  readonly environment: ReadonlyMap<string, string>;
}

/** A unit of systemd. */
interface Unit {
  readonly name: string;
  readonly isActive: boolean;
  readonly isEnabled: boolean;
  readonly environment: ReadonlyMap<string, string>;
  readonly argv: readonly string[];
}

/** How the client is run on a board, and where its settings make it look. */
export interface ClientSetup {
  readonly generation: ClientReading['generation'];
  readonly version: string | null;
  readonly supervisor:
    | { readonly by: 'systemd'; readonly units: readonly string[] }
    | { readonly by: 'init-script'; readonly script: string }
    | { readonly by: 'process'; readonly processes: readonly ClientProcess[] }
    | { readonly by: 'nobody' };
  readonly running: boolean;
  /** Whether it is started at boot, and so should be after a switch. */
  readonly starts: boolean;
  /** An `install` or the like runs beside the daemon. */
  readonly isInstalling: boolean;
  readonly hasPassphrase: boolean;
  /** Flags and environment, for a call of the client that sees what the daemon sees. */
  readonly argv: readonly string[];
  readonly environment: ReadonlyMap<string, string>;
  readonly overrides: PathOverrides;
}

/** Where flags or the environment move the client's files; what they leave alone is missing. */
export interface PathOverrides {
  readonly configuration?: string;
  readonly fallbackConfiguration?: string;
  readonly dataDirectory?: string;
  readonly identityScript?: string;
}

/** Reads the sections `v` (version), `s` (systemd), `l` (init scripts), `d` (processes) of an observation. */
export function readClient(all: readonly Section[]): ClientSetup {
  const binary = section(all, 'v').args[0] ?? '';
  const generation = binary === '' ? 'none' : binary.endsWith('/mender') ? '3' : '4';
  const version = /\d+\.\d+\.\d+[\w.+~-]*/.exec(lines(section(all, 'v')).join('\n'))?.[0] ?? null;
  const units = readUnits(lines(section(all, 's'))).filter((unit) => belongs(unit.name, generation));
  const processes = all.filter((one) => one.key === 'd').map(readProcess);
  const daemons = processes.filter((one) => one.argv.includes('daemon'));
  const script = lines(section(all, 'l'))
    .filter((line) => line.startsWith('/etc/init.d/'))
    .find((file) => /\/(S\d+)?mender(-client|-authd?)?$/.test(file));
  const supervisor: ClientSetup['supervisor'] =
    generation === 'none'
      ? { by: 'nobody' }
      : units.length > 0
        ? { by: 'systemd', units: units.map((unit) => unit.name) }
        : script !== undefined
          ? { by: 'init-script', script }
          : daemons.length > 0
            ? { by: 'process', processes: daemons }
            : { by: 'nobody' };
  // What is said to `mender-update` says nothing of the key.
  const main = daemons.find((one) => !one.argv[0]?.endsWith('mender-update'));
  const argv = main?.argv ?? units.find((unit) => unit.argv.length > 0)?.argv ?? daemons[0]?.argv ?? [];
  const ofUnits = new Map(units.flatMap((unit) => [...unit.environment]));
  const environment =
    main?.environment ?? (units.length > 0 ? ofUnits : (daemons[0]?.environment ?? ofUnits));
  return {
    generation,
    version,
    supervisor,
    running: daemons.length > 0,
    starts:
      daemons.length > 0 || script !== undefined || units.some((unit) => unit.isActive || unit.isEnabled),
    isInstalling: processes.some(({ argv: words }) =>
      words.some((word) => ['install', '-install', 'commit', 'resume', 'rollback'].includes(word)),
    ),
    hasPassphrase: argv.some((word) => PASSPHRASE.test(word)),
    argv,
    environment,
    overrides: overridesOf(argv, environment),
  };
}

/** The name under which a person knows the service. */
export function serviceName(setup: ClientSetup): string | null {
  switch (setup.supervisor.by) {
    case 'systemd':
      return setup.supervisor.units[0] ?? null;
    case 'init-script':
      return setup.supervisor.script.replace(/^.*\//, '');
    case 'process':
    case 'nobody':
      return null;
  }
}

/** Words for the shell that call the client as its daemon is called, with another action. */
export function clientCall(setup: ClientSetup, action: string, quoted: (word: string) => string): string {
  const at = setup.argv.indexOf('daemon');
  const binary = setup.generation === '3' ? 'mender' : 'mender-auth';
  const flags = at > 0 ? setup.argv.slice(1, at) : [];
  // 4.x and 5.x may have it behind the action: without it they take the key for unreadable, and make another.
  const passphrase = at > 0 ? passphraseWords(setup.argv.slice(at + 1)) : [];
  const variables = [...setup.environment].map(([name, value]) => `${name}=${quoted(value)} `).join('');
  const all =
    setup.generation === '3' && !flags.some((flag) => /no-syslog/.test(flag))
      ? ['--no-syslog', ...flags]
      : flags;
  return `${variables}${[binary, ...all, action, ...passphrase].map(quoted).join(' ')}`;
}

function passphraseWords(words: readonly string[]): readonly string[] {
  const at = words.findIndex((word) => PASSPHRASE.test(word));
  const length = words[at]?.includes('=') === true ? 1 : 2;
  return at < 0 ? [] : words.slice(at, at + length);
}

const PASSPHRASE = /^-{1,2}(key-)?passphrase-file(=|$)/;

function belongs(unit: string, generation: ClientReading['generation']): boolean {
  return generation === '3' ? unit === 'mender-client' : /^mender-(authd|updated)$/.test(unit);
}

/** `systemctl show` writes a block of `Name=value` a unit, with an empty line between. */
function readUnits(text: readonly string[]): readonly Unit[] {
  return text
    .join('\n')
    .split('\n\n')
    .map((block) => new Map(block.split('\n').map((line) => halves(line))))
    .filter((unit) => unit.get('LoadState') === 'loaded')
    .map((unit) => ({
      name: (unit.get('Id') ?? '').replace(/\.service$/, ''),
      isActive: /^(active|activating)$/.test(unit.get('ActiveState') ?? ''),
      isEnabled: (unit.get('UnitFileState') ?? '').startsWith('enabled'),
      environment: menderVariables((unit.get('Environment') ?? '').split(' ')),
      argv: (/argv\[\]=([^;]*)/.exec(unit.get('ExecStart') ?? '')?.[1] ?? '')
        .split(' ')
        .filter((word) => word !== ''),
    }));
}

function readProcess(one: Section): ClientProcess {
  const [command = '', ...variables] = lines(one);
  return {
    pid: Number(one.args[0]),
    argv: command
      .split(' ')
      .filter((word) => word !== '')
      // A client that is a script has its shell before it.
      .filter((word, index) => index > 0 || !/(^|\/)(sh|bash|dash|ash|busybox)$/.test(word)),
    environment: menderVariables(variables),
  };
}

function menderVariables(words: readonly string[]): ReadonlyMap<string, string> {
  return new Map(words.filter((word) => word.startsWith('MENDER_')).map((word) => halves(word)));
}

function overridesOf(argv: readonly string[], environment: ReadonlyMap<string, string>): PathOverrides {
  const configurationDirectory = environment.get('MENDER_CONF_DIR');
  const dataDirectory = flag(argv, ['data', 'd', 'datastore']) ?? environment.get('MENDER_DATASTORE_DIR');
  const configuration =
    flag(argv, ['config', 'c']) ??
    (configurationDirectory === undefined ? undefined : `${configurationDirectory}/mender.conf`);
  const fallbackConfiguration =
    flag(argv, ['fallback-config', 'b']) ??
    (dataDirectory === undefined ? undefined : `${dataDirectory}/mender.conf`);
  const shared = environment.get('MENDER_DATA_DIR');
  return {
    ...(configuration === undefined ? {} : { configuration }),
    ...(fallbackConfiguration === undefined ? {} : { fallbackConfiguration }),
    ...(dataDirectory === undefined ? {} : { dataDirectory }),
    ...(shared === undefined ? {} : { identityScript: `${shared}/identity/mender-device-identity` }),
  };
}

/** A flag's value, written `--name value` or `--name=value`; Go's flags take one dash as well. */
function flag(argv: readonly string[], names: readonly string[]): string | undefined {
  for (const [index, word] of argv.entries()) {
    const [name, value] = halvesOrOne(word.replace(/^-{1,2}/, ''));
    if (!word.startsWith('-') || !names.includes(name)) continue;
    const found = value ?? argv[index + 1];
    if (found?.startsWith('/') === true) return found.replace(/\/+$/, '');
  }
  return undefined;
}

function halves(text: string): [string, string] {
  const [name, value] = halvesOrOne(text);
  return [name, value ?? ''];
}

function halvesOrOne(text: string): [string, string | undefined] {
  const at = text.indexOf('=');
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
