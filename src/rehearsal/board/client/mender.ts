/** `mender` of 3.x: one program for everything, with the texts and exit statuses of Debian's 3.4.0. */
import { SystemError } from '../files/errors.ts';
import { root } from '../files/credential.ts';
import type { Invocation, Program } from '../shell/program.ts';
import { Agent, errorText, type Outcome, type Severity } from './agent.ts';
import {
  BadConfiguration,
  fallbackFile,
  loadConfiguration,
  type LoadedConfiguration,
  mainFile,
} from './configuration.ts';
import { runDaemon } from './daemon.ts';
import { NotSimulated } from '../not-simulated.ts';

function logger(run: Invocation): (severity: Severity, message: string) => void {
  return (severity, message) =>
    run.err(
      `time="${new Date(run.machine.now()).toISOString().slice(0, 19)}Z" level=${severity} msg=${JSON.stringify(message)}\n`,
    );
}

interface Call {
  readonly command: string;
  readonly rest: readonly string[];
  readonly main: string;
  readonly fallback: string;
  readonly data: string;
  readonly passphraseFile: string | undefined;
  readonly syslog: boolean;
}

function parseCall(run: Invocation): Call {
  let main = mainFile;
  let fallback = fallbackFile;
  let data = '/var/lib/mender';
  let passphraseFile: string | undefined;
  let syslog = true;
  const args = [...run.args];
  for (let word = args.shift(); word !== undefined; word = args.shift()) {
    const [name = '', inline] = word.split('=');
    const value = (): string => inline ?? args.shift() ?? '';
    if (name === '--config' || name === '-c') main = run.path(value());
    else if (name === '--fallback-config' || name === '-b') fallback = run.path(value());
    else if (name === '--data' || name === '-d') data = run.path(value());
    else if (name === '--passphrase-file') passphraseFile = run.path(value());
    else if (name === '--log-level' || name === '-l' || name === '--log-file' || name === '-L') value();
    else if (name === '--no-syslog') syslog = false;
    else return { command: word, rest: args, main, fallback, data, passphraseFile, syslog };
  }
  return { command: '', rest: [], main, fallback, data, passphraseFile, syslog };
}

/** The words after `Failed to authorize with "URL": `. */
function reason(outcome: Outcome, place: string): { readonly server: string; readonly words: string } {
  const building = 'failed to build authorization request: failed to obtain authorization message data: ';
  switch (outcome.kind) {
    case 'refused':
      return {
        server: outcome.server,
        words: `${outcome.status === 401 ? 'authentication request rejected' : `unexpected authorization status ${outcome.status}`} server error message: ${errorText(outcome.words)}`,
      };
    case 'unreachable':
      return {
        server: outcome.server,
        words: outcome.words.startsWith('Post ') ? outcome.words : `Unknown url.Error type: ${outcome.words}`,
      };
    case 'no-identity':
      return { server: '', words: `${building}failed to obtain identity data: ${outcome.words}` };
    case 'no-key':
      return {
        server: '',
        words: `${building}failed to obtain device public key: ${outcome.words}; ks '&{0xc000152580 <nil> ${place}   true}'`,
      };
    default:
      return { server: '', words: '' };
  }
}

function tell(
  log: ReturnType<typeof logger>,
  outcome: Outcome,
  agent: Agent,
  servers: readonly string[],
): void {
  if (outcome.kind === 'authorized') {
    log('info', `successfully received new authorization data from server ${outcome.server}`);
    log('info', 'Local proxy started');
    return;
  }
  const { server, words } = reason(outcome, agent.place.path);
  const named = server === '' ? (servers[0] ?? '') : server;
  if (outcome.kind === 'unreachable')
    log(
      'error',
      `Failure occurred while executing authorization request: Method: Post, URL: ${named}/api/devices/v1/authentication/auth_requests`,
    );
  log('error', `Failed to authorize with ${JSON.stringify(named)}: ${words}`);
}

/** Opens the data directory's store; a client without its directory can do nothing. */
function storeOpens(run: Invocation, call: Call, log: ReturnType<typeof logger>): boolean {
  const { files } = run.machine;
  try {
    if (run.process.who.uid !== 0) throw new SystemError('EACCES');
    for (const name of ['mender-store', 'mender-store-lock']) {
      const path = `${call.data}/${name}`;
      if (!files.peek(root, path)) files.put(root, path, '\0'.repeat(8192), 0o600);
    }
    return true;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    log('error', `Failed to open DB environment: mdb_env_open: ${error.message.toLowerCase()}`);
    log('error', 'failed to initialize DB store');
    return false;
  }
}

function configure(
  call: Call,
  run: Invocation,
  log: ReturnType<typeof logger>,
): LoadedConfiguration | undefined {
  let loaded: LoadedConfiguration;
  try {
    loaded = loadConfiguration(run.machine, call);
  } catch (error) {
    if (!(error instanceof BadConfiguration)) throw error;
    if (error.message.startsWith('Both ')) {
      log('info', `Loaded configuration file: ${error.file}`);
      log(
        'error',
        "In mender.conf: don't specify both Servers field AND the corresponding fields in base structure (i.e. ServerURL). The first server on the list overwritesthese fields.",
      );
      log('error', error.message);
    } else {
      log(
        'error',
        `Error loading configuration from file: ${error.file} (Error parsing mender configuration file: ${error.message})`,
      );
      log('error', `Error parsing mender configuration file: ${error.message}`);
    }
    return undefined;
  }
  if (loaded.files.length === 0) log('info', 'No configuration files present. Using defaults');
  for (const file of loaded.files) log('info', `Loaded configuration file: ${file}`);
  if (loaded.servers.length === 0) {
    log('warning', 'No server URL(s) specified in mender configuration.');
    log('warning', 'Server entry 1 has no associated server URL.');
  }
  log(
    'info',
    "'UpdateControlMapExpirationTimeSeconds' is not set in the Mender configuration file. Falling back to the default of 2*UpdatePollIntervalSeconds",
  );
  log(
    'info',
    "'UpdateControlMapBootExpirationTimeSeconds' is not set in the Mender configuration file. Falling back to the default of 600 seconds",
  );
  return loaded;
}

function passphraseOf(run: Invocation, call: Call): string | undefined {
  if (call.passphraseFile === undefined) return undefined;
  return run.machine.files.read(root, call.passphraseFile).replace(/\n[^]*$/u, '');
}

async function bootstrap(run: Invocation, call: Call): Promise<number> {
  const log = logger(run);
  const force = call.rest.some((word) => word === '-F' || word === '--forcebootstrap');
  const unknown = call.rest.find((word) => word !== '-F' && word !== '--forcebootstrap');
  if (unknown !== undefined) {
    run.err(
      `Incorrect Usage: flag provided but not defined: ${unknown.replace(/^--/u, '-')}\n\nNAME:\n   mender bootstrap - Perform bootstrap and exit.\n\nUSAGE:\n   mender bootstrap [command options] [arguments...]\n\nOPTIONS:\n   --forcebootstrap, -F  Force bootstrap. (default: false)\n   --help, -h            show help (default: false)\n   \n`,
    );
    log('error', `flag provided but not defined: ${unknown.replace(/^--/u, '-')}`);
    return 1;
  }
  const configuration = configure(call, run, log);
  if (!configuration || !storeOpens(run, call, log)) return 1;
  const agent = new Agent({
    run,
    generation: 3,
    configuration,
    data: call.data,
    log,
    passphrase: passphraseOf(run, call),
  });
  await agent.prepareKey(force);
  const outcome = await agent.authorize();
  tell(log, outcome, agent, configuration.servers);
  if (outcome.kind === 'authorized') log('info', 'Local proxy stopped');
  if (!run.machine.options.system.dbus)
    run.err(
      `\n(process:${run.process.pid}): GLib-GIO-CRITICAL **: ${new Date(run.machine.now()).toISOString().slice(11, 23)}: g_dbus_connection_emit_signal: assertion 'G_IS_DBUS_CONNECTION (connection)' failed\n`,
    );
  if (outcome.kind === 'authorized') return 0;
  log('error', 'transient error: authorization request failed');
  return 1;
}

async function daemon(run: Invocation, call: Call): Promise<number> {
  const log = logger(run);
  const configuration = configure(call, run, log);
  if (!configuration || !storeOpens(run, call, log)) return 1;
  const agent = new Agent({
    run,
    generation: 3,
    configuration,
    data: call.data,
    log,
    passphrase: passphraseOf(run, call),
  });
  await agent.prepareKey(false);
  return runDaemon(run, agent, configuration.settings.RetryPollIntervalSeconds ?? 300, (outcome) =>
    tell(log, outcome, agent, configuration.servers),
  );
}

async function showArtifact(run: Invocation, call: Call): Promise<number> {
  const log = logger(run);
  const configuration = configure(call, run, log);
  if (!configuration || !storeOpens(run, call, log)) return 1;
  log(
    'warning',
    'Returning artifact name from /etc/mender/artifact_info file. This is a fallback, in case the information can not be retrieved from the database, and is only expected when an update has never been installed before.',
  );
  try {
    const name =
      /^artifact_name=(.*)$/mu.exec(run.machine.files.read(root, '/etc/mender/artifact_info'))?.[1] ?? '';
    await run.out(`${name}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    log('error', `open /etc/mender/artifact_info: ${error.message.toLowerCase()}`);
    return 1;
  }
}

/** `mender` 3.x: bootstrap, daemon, show-artifact, commit, --version. */
export const mender: Program = async (run) => {
  const call = parseCall(run);
  if (call.command === '--version' || call.command === '-v') {
    await run.out(`${run.machine.options.client.version}\truntime: go1.19.8\n`);
    return 0;
  }
  if (call.syslog)
    logger(run)(
      'warning',
      'Could not connect to syslog daemon: Unix syslog delivery error. (use --no-syslog to disable completely)',
    );
  switch (call.command) {
    case 'bootstrap':
      return bootstrap(run, call);
    case 'daemon':
      return daemon(run, call);
    case 'show-artifact':
      return showArtifact(run, call);
    case 'setup':
    case 'install':
    case 'commit':
    case 'rollback':
    case 'check-update':
    case 'send-inventory':
    case 'show-provides':
    case 'snapshot':
      throw new NotSimulated(`mender ${call.command}`);
    default:
      await run.out(`No help topic for '${call.command}'\n`);
      return 3;
  }
};
