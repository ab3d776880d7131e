/**
 * `mender-auth` and `mender-update` of 4.x and 5.x. Read in the source of 4.0 to 5.1, not run: a bootstrap that the server
 * refused exits 0, a configuration that cannot be parsed only warns, no server means nothing to do.
 */
import { SystemError } from '../files/errors.ts';
import { root } from '../files/credential.ts';
import { NotSimulated } from '../not-simulated.ts';
import type { Invocation, Program } from '../shell/program.ts';
import { Agent, type Outcome, type Severity } from './agent.ts';
import { BadConfiguration, loadConfiguration, type LoadedConfiguration } from './configuration.ts';
import { runDaemon } from './daemon.ts';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function logger(run: Invocation): (severity: Severity, message: string) => void {
  let record = 0;
  return (severity, message) => {
    const now = new Date(run.machine.now());
    const iso = now.toISOString();
    const time = `${iso.slice(0, 4)}-${months[now.getUTCMonth()] ?? ''}-${iso.slice(8, 10)} ${iso.slice(11, 23)}000`;
    run.err(`record_id=${++record} severity=${severity} time="${time}" name="Global" msg="${message}"\n`);
  };
}

const refuse = (run: Invocation, message: string): number => {
  run.err(`Failed to process command line options: ${message}\n`);
  return 1;
};

interface Call {
  readonly action: string;
  readonly main: string | undefined;
  readonly fallback: string | undefined;
  readonly store: string;
  readonly force: boolean;
  readonly passphraseFile: string | undefined;
}

function parseCall(run: Invocation): Call | string {
  let action = '';
  let main: string | undefined;
  let fallback: string | undefined;
  let store = run.environment.get('MENDER_DATASTORE_DIR') ?? '/var/lib/mender';
  let force = false;
  let passphraseFile: string | undefined;
  const args = [...run.args];
  for (let word = args.shift(); word !== undefined; word = args.shift()) {
    const [name = '', inline] = word.split('=');
    const value = (): string => run.path(inline ?? args.shift() ?? '');
    if (action === '') {
      if (name === '--config' || name === '-c') main = value();
      else if (name === '--fallback-config' || name === '-b') fallback = value();
      else if (name === '--datastore' || name === '-d') store = value();
      else if (['--data', '--log-file', '-L', '--log-level', '-l', '--trusted-certs', '-E'].includes(name))
        value();
      else if (name === '--skipverify') throw new NotSimulated(word);
      else if (name.startsWith('-')) return `Unrecognized option '${name}'`;
      else action = word;
    } else if (name === '--forcebootstrap' || name === '-F') force = true;
    else if (name === '--passphrase-file') passphraseFile = value();
    else return name.startsWith('-') ? `Unrecognized option '${name}'` : `Unexpected argument '${name}'`;
  }
  return { action, main, fallback, store, force, passphraseFile };
}

function configure(
  run: Invocation,
  call: Call,
  log: ReturnType<typeof logger>,
): LoadedConfiguration | string {
  const conf = run.environment.get('MENDER_CONF_DIR') ?? '/etc/mender';
  const places = {
    main: call.main ?? `${conf}/mender.conf`,
    fallback: call.fallback ?? `${call.store}/mender.conf`,
  };
  const tier = (loaded: LoadedConfiguration): LoadedConfiguration | string =>
    ['standard', 'system', 'micro'].includes(loaded.settings.DeviceTier ?? 'standard')
      ? loaded
      : 'Device tier error: Invalid DeviceTier';
  try {
    return tier(loadConfiguration(run.machine, places));
  } catch (error) {
    if (!(error instanceof BadConfiguration)) throw error;
    const words = error.message.startsWith('Both ')
      ? "Both 'Servers' AND 'ServerURL' fields given in the configuration. Please set only one of these fields"
      : 'Failed to parse configuration file';
    log(
      call.main === undefined ? 'warning' : 'error',
      `Failed to load config from '${error.file}': ${words}`,
    );
    if (call.main !== undefined && error.file === places.main) return words;
    // Each file is read on its own: a broken one leaves what the other says.
    try {
      const other =
        error.file === places.main
          ? { main: places.fallback, fallback: places.fallback }
          : { main: places.main, fallback: places.main };
      return tier(loadConfiguration(run.machine, other));
    } catch (second) {
      if (second instanceof BadConfiguration) return { settings: {}, servers: [], files: [] };
      throw second;
    }
  }
}

function tell(log: ReturnType<typeof logger>, outcome: Outcome): void {
  switch (outcome.kind) {
    case 'authorized':
      log('info', 'Got Auth response');
      log('info', `Successfully authorized with the server '${outcome.server}'`);
      return;
    case 'refused': {
      const reasons: Readonly<Record<number, string>> = {
        400: 'Bad Request',
        401: 'Unauthorized',
        500: 'Internal Server Error',
      };
      const status = reasons[outcome.status] ?? String(outcome.status);
      const kind =
        outcome.status === 401
          ? 'Unauthorized error'
          : outcome.status === 400 || outcome.status === 500
            ? 'API error'
            : 'HTTP client response error';
      const words =
        kind === 'HTTP client response error'
          ? `Unexpected error code: ${status}`
          : `Authentication error(${status}): Failed to authorize with the server.(${outcome.words})`;
      log('info', `Authentication error trying server '${outcome.server}': ${kind}: ${words}`);
      break;
    }
    case 'unreachable':
      log('info', `Authentication error trying server '${outcome.server}': ${outcome.words}`);
      break;
    case 'no-server':
      log('info', 'No server set in the configuration, skipping authentication');
      return;
    default:
      log('error', outcome.words);
      return;
  }
  log('info', 'Got Auth response');
  log('error', 'Authentication error: No more servers to try for authentication');
}

/** `mender-auth`: bootstrap, daemon, --version. */
export const menderAuth: Program = async (run) => {
  if (run.args.length === 1 && (run.args[0] === '--version' || run.args[0] === '-v')) {
    await run.out(`${run.machine.options.client.version}\n`);
    return 0;
  }
  const call = parseCall(run);
  if (typeof call === 'string') return refuse(run, `Invalid options given: ${call}`);
  if (call.action === '') return refuse(run, 'Invalid options given: Need an action');
  if (call.action !== 'bootstrap' && call.action !== 'daemon')
    return refuse(run, `Invalid options given: No such action: ${call.action}`);
  const log = logger(run);
  const configuration = configure(run, call, log);
  if (typeof configuration === 'string') return refuse(run, configuration);
  if (call.action === 'daemon' && configuration.servers.length === 0) {
    log('error', 'Cannot run in daemon mode with no server URL specified');
    return 1;
  }
  const generation = run.machine.options.client.version.startsWith('4') ? 4 : 5;
  const passphrase =
    call.passphraseFile === undefined
      ? undefined
      : run.machine.files.read(root, call.passphraseFile).replace(/\n[^]*$/u, '');
  const agent = new Agent({ run, generation, configuration, data: call.store, log, passphrase });
  try {
    if (!(await agent.prepareKey(call.force)))
      return refuse(run, 'Cannot replace static key: A static key cannot be re-generated');
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return refuse(
      run,
      `Failed to open the private key file ${agent.place.path} for writing: ${error.message}`,
    );
  }
  if (call.action === 'daemon')
    return runDaemon(run, agent, configuration.settings.RetryPollIntervalSeconds ?? 300, (outcome) =>
      tell(log, outcome),
    );
  const outcome = await agent.authorize();
  if (outcome.kind === 'no-identity' || outcome.kind === 'no-key') return refuse(run, outcome.words);
  tell(log, outcome);
  return 0;
};

/** `mender-update`: show-artifact, daemon, --version. */
export const menderUpdate: Program = async (run) => {
  const [action = ''] = run.args;
  switch (action) {
    case '--version':
    case '-v':
      await run.out(`${run.machine.options.client.version}\n`);
      return 0;
    case 'show-artifact':
      await run.out(
        `${/^artifact_name=(.*)$/mu.exec(run.machine.files.read(root, '/etc/mender/artifact_info'))?.[1] ?? 'Unknown'}\n`,
      );
      return 0;
    case 'daemon':
      return run.process.wait<number>(() => undefined);
    case 'show-provides':
    case 'commit':
    case 'rollback':
    case 'install':
    case 'resume':
      throw new NotSimulated(`mender-update ${action}`);
    default:
      return refuse(
        run,
        action.startsWith('-')
          ? `Invalid options given: Unrecognized option '${action}'`
          : `Invalid options given: No such action: ${action}`,
      );
  }
};
