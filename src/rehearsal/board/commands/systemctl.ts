/** `systemctl` over the board's services. */
import { NotSimulated } from '../not-simulated.ts';
import type { Unit } from '../services.ts';
import type { Invocation, Program } from '../shell/program.ts';

function stateOf(unit: Unit | undefined): 'active' | 'inactive' | 'failed' {
  if (!unit) return 'inactive';
  return unit.process ? 'active' : unit.failed ? 'failed' : 'inactive';
}

function properties(unit: Unit | undefined, name: string): Readonly<Record<string, string>> {
  const state = stateOf(unit);
  const path = unit?.argv[0] ?? '';
  return {
    Id: `${name}.service`,
    LoadState: unit?.masked ? 'masked' : unit ? 'loaded' : 'not-found',
    ActiveState: state,
    SubState: state === 'active' ? 'running' : state === 'failed' ? 'failed' : 'dead',
    UnitFileState: unit ? (unit.masked ? 'masked' : unit.enabled ? 'enabled' : 'disabled') : '',
    MainPID: String(unit?.process?.pid ?? 0),
    Type: unit?.name === 'mender-client' ? 'idle' : 'simple',
    Description: unit?.description ?? `${name}.service`,
    FragmentPath: unit ? `/lib/systemd/system/${name}.service` : '',
    DropInPaths: '',
    Environment: '',
    EnvironmentFiles: '',
    ExecStart: unit
      ? `{ path=${path} ; argv[]=${unit.argv.join(' ')} ; ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=${unit.process?.pid ?? 0} ; code=(null) ; status=0/0 }`
      : '',
    Result: state === 'failed' ? 'exit-code' : 'success',
    NRestarts: '0',
    User: 'root',
    Restart: 'on-abort',
  };
}

async function show(
  run: Invocation,
  names: readonly string[],
  wanted: readonly string[],
  bare: boolean,
): Promise<number> {
  for (const [index, name] of names.entries()) {
    const all = properties(run.machine.services.units.get(name), name);
    if (index > 0) await run.out('\n');
    const keys = wanted.length === 0 ? Object.keys(all) : wanted;
    for (const key of keys) {
      const value = all[key];
      if (value === undefined) throw new NotSimulated(`systemctl show -p ${key}`);
      if (value === '' && wanted.length === 0) continue;
      await run.out(bare ? `${value}\n` : `${key}=${value}\n`);
    }
  }
  return 0;
}

/** `systemctl` for is-active, is-enabled, start, stop, restart, show, status, cat, enable, disable, mask and the like. */
export const systemctl: Program = async (run) => {
  const wanted: string[] = [];
  const names: string[] = [];
  let quiet = false;
  let bare = false;
  let now = false;
  let verb = '';
  const args = [...run.args];
  for (let word = args.shift(); word !== undefined; word = args.shift()) {
    if (word === '-p' || word === '--property') wanted.push(...(args.shift() ?? '').split(','));
    else if (word.startsWith('--property=')) wanted.push(...word.slice(11).split(','));
    else if (word.startsWith('-p') && word.length > 2) wanted.push(...word.slice(2).split(','));
    else if (word === '--value') bare = true;
    else if (word === '-q' || word === '--quiet') quiet = true;
    else if (word === '--now') now = true;
    else if (
      [
        '--no-pager',
        '--no-ask-password',
        '--system',
        '-l',
        '--full',
        '--plain',
        '--no-legend',
        '-a',
        '--all',
      ].includes(word)
    )
      continue;
    else if (word === '-n' || word === '-t' || word === '-s') args.shift();
    else if (/^--(?:lines|type|state|signal|kill-who|output)=/u.test(word)) continue;
    else if (word === '--version') {
      await run.out('systemd 252 (252.39-1~deb12u1)\n');
      return 0;
    } else if (word.startsWith('-')) throw new NotSimulated(`systemctl ${word}`);
    else if (verb === '') verb = word;
    else names.push(word.replace(/\.service$/u, ''));
  }
  const { services } = run.machine;
  const changes = [
    'start',
    'stop',
    'restart',
    'try-restart',
    'enable',
    'disable',
    'mask',
    'unmask',
    'kill',
    'reload-or-restart',
    'reset-failed',
    'daemon-reload',
    'reboot',
    'poweroff',
  ];
  if (changes.includes(verb) && run.process.who.uid !== 0) {
    run.err(`Failed to ${verb} ${names[0] ?? ''}.service: Interactive authentication required.\n`);
    return 1;
  }
  switch (verb) {
    case 'is-system-running':
      await run.out('running\n');
      return 0;
    case 'daemon-reload':
    case 'reset-failed':
      return 0;
    case 'reboot':
    case 'poweroff':
      run.machine.restart(verb);
      return 0;
    case 'is-active': {
      const states = names.map((name) => stateOf(services.units.get(name)));
      if (!quiet) await run.out(states.map((state) => `${state}\n`).join(''));
      return states.includes('active') ? 0 : 3;
    }
    case 'is-failed': {
      const states = names.map((name) => stateOf(services.units.get(name)));
      if (!quiet) await run.out(states.map((state) => `${state}\n`).join(''));
      return states.includes('failed') ? 0 : 1;
    }
    case 'is-enabled': {
      let status = 1;
      for (const name of names) {
        const unit = services.units.get(name);
        if (!unit) {
          run.err(`Failed to get unit file state for ${name}.service: No such file or directory\n`);
          continue;
        }
        if (!quiet) await run.out(`${unit.masked ? 'masked' : unit.enabled ? 'enabled' : 'disabled'}\n`);
        if (unit.enabled && !unit.masked) status = 0;
      }
      return status;
    }
    case 'show':
      return show(run, names, wanted, bare);
    case 'cat': {
      let status = 0;
      for (const name of names) {
        const unit = services.units.get(name);
        if (!unit) {
          run.err(`No files found for ${name}.service.\n`);
          status = 1;
          continue;
        }
        const path = `/lib/systemd/system/${name}.service`;
        await run.out(`# ${path}\n${run.machine.files.read(run.process.who, path)}`);
      }
      return status;
    }
    case 'status': {
      let status = 0;
      for (const name of names) {
        const unit = services.units.get(name);
        if (!unit) {
          run.err(`Unit ${name}.service could not be found.\n`);
          status = 4;
          continue;
        }
        const active = stateOf(unit) === 'active';
        await run.out(
          `${active ? '●' : '○'} ${name}.service - ${unit.description}\n     Loaded: loaded (/lib/systemd/system/${name}.service; ${unit.enabled ? 'enabled' : 'disabled'}; preset: enabled)\n     Active: ${active ? 'active (running)' : 'inactive (dead)'}\n`.replace(
            /[●○]/gu,
            (mark) => Buffer.from(mark).toString('latin1'),
          ),
        );
        if (!active) status = 3;
      }
      return status;
    }
    case 'list-units':
    case 'list-unit-files': {
      const rows = [...services.units.values()]
        .filter((unit) => verb === 'list-unit-files' || unit.process)
        .filter(
          (unit) =>
            names.length === 0 ||
            names.some((name) => new RegExp(`^${name.replaceAll('*', '.*')}$`, 'u').test(unit.name)),
        );
      await run.out(
        rows
          .map((unit) =>
            verb === 'list-unit-files'
              ? `${unit.name}.service ${unit.enabled ? 'enabled' : 'disabled'} enabled\n`
              : `${unit.name}.service loaded active running ${unit.description}\n`,
          )
          .join(''),
      );
      return 0;
    }
    case 'start':
    case 'stop':
    case 'restart':
    case 'try-restart':
    case 'reload-or-restart':
    case 'enable':
    case 'disable':
    case 'mask':
    case 'unmask':
    case 'kill': {
      let status = 0;
      for (const name of names) {
        const unit = services.units.get(name);
        if (!unit) {
          run.err(
            verb === 'stop' || verb === 'kill'
              ? `Failed to ${verb} ${name}.service: Unit ${name}.service not loaded.\n`
              : verb === 'enable' || verb === 'disable'
                ? `Failed to ${verb} unit: Unit file ${name}.service does not exist.\n`
                : `Failed to ${verb} ${name}.service: Unit ${name}.service not found.\n`,
          );
          status = verb === 'enable' || verb === 'disable' ? 1 : 5;
          continue;
        }
        if (verb === 'enable' || verb === 'disable') unit.enabled = verb === 'enable';
        if (verb === 'mask' || verb === 'unmask') unit.masked = verb === 'mask';
        const running = unit.process !== undefined;
        if (verb === 'kill') unit.process?.signal('TERM');
        if (
          ['stop', 'restart', 'reload-or-restart'].includes(verb) ||
          (verb === 'try-restart' && running) ||
          (now && (verb === 'disable' || verb === 'mask'))
        ) {
          const stopping = services.stop(unit);
          await run.process.join(stopping);
        }
        if (
          ['start', 'restart', 'reload-or-restart'].includes(verb) ||
          (verb === 'try-restart' && running) ||
          (now && verb === 'enable')
        ) {
          if (unit.masked) {
            run.err(`Failed to ${verb} ${name}.service: Unit ${name}.service is masked.\n`);
            status = 1;
          } else services.start(unit);
        }
      }
      return status;
    }
    default:
      throw new NotSimulated(`systemctl ${verb}`);
  }
};
