/**
 * Real boards without hardware: agetty, login, a shell and Debian's mender-client behind a tty, each board in its own
 * mount, pid, net, uts and ipc namespaces on the shared tree. To a board, 10.0.2.2 is this machine's loopback.
 */
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { Wires, type Cable, type CableShape } from './cable.ts';
import { end, endRecorded, run, spawnOwned, startTime, until, type Outcome } from './proc.ts';
import { CACHE, ensureTree } from './tree.ts';

/** What kind of board it is. Everything has a default: a root login into bash with Debian's client running. */
export interface BoardSpec {
  readonly shell?: 'bash' | 'dash' | 'ash';
  /** Who logs in: root, or `tech`, who may become root by sudo with the same password. */
  readonly user?: 'root' | 'sudo';
  /** Default `board`; '' logs in without asking. */
  readonly password?: string;
  /** What answers on the tty: a getty, a getty that logs root in, busybox's `askfirst`. */
  readonly console?: 'getty' | 'autologin' | 'askfirst';
  /** Whose commands come first on the path. Default: busybox's applets with ash, else Debian's. */
  readonly userland?: 'debian' | 'busybox';
  /** Debian's real client, or a double of mender 5, which Debian does not have. */
  readonly client?: 'mender-3.4' | 'mender-5-double';
  /** Whether the client's daemon is started at boot. Default true: it makes its own key, as on a first boot. */
  readonly daemon?: boolean;
  /** Whether the board has the openssl command. Default true. */
  readonly openssl?: boolean;
  /** What /etc/mender/mender.conf holds: the file that `mender setup` wrote with these members changed, or no file. */
  readonly conf?: Readonly<Record<string, unknown>> | 'none';
  /** Ethernet address, which is the identity. Default 52:54:00:c0:00:<slot number>. */
  readonly mac?: string;
  /** An identity script in place of mender's own example. */
  readonly identityScript?: string;
  /** More files, by absolute path on the board. */
  readonly files?: Readonly<Record<string, { readonly content: string; readonly mode?: number }>>;
  /** Commands run as root in the board's file system before it starts, for what no other member says. */
  readonly setup?: string;
  readonly cable?: CableShape;
}

/** A running board. */
export interface Board {
  readonly name: string;
  /** The station's tty, a link that comes and goes with the plug. */
  readonly port: string;
  readonly mac: string;
  /** Name and password that its login takes. */
  readonly login: { readonly user: string; readonly password: string };
  readonly spec: BoardSpec;
  readonly cable: Cable;
  /** Runs a command on the board behind the station's back, as root, for a test to see what became of it. */
  run(command: string, options?: { readonly timeoutMs?: number }): Promise<Outcome>;
  /** Ends the board as by cutting its power: everything it wrote is gone. */
  kill(): Promise<void>;
}

/** A bench of running boards. */
export interface Bench extends AsyncDisposable {
  readonly boards: readonly Board[];
  /** A folder of links `slot-1`, `slot-2`, ... to the ttys that are plugged in: the station's extra port source. */
  readonly ports: string;
  /** Ends every process of the bench and removes its folder. */
  close(): Promise<void>;
}

const RUNS = path.join(CACHE, 'run');

/** Starts a board for each of `specs`, all at once, and resolves when each is up (its login may still be starting). */
export async function startBoards(
  specs: readonly BoardSpec[],
  options: { readonly log?: (line: string) => void } = {},
): Promise<Bench> {
  const tree = await ensureTree(options.log ?? (() => undefined));
  await mkdir(RUNS, { recursive: true });
  await clearStale();
  const dir = await mkdtemp(path.join(RUNS, 'r-'));
  await writeFile(path.join(dir, 'owner'), `${process.pid} ${startTime(process.pid) ?? '?'}\n`);
  const pidFile = path.join(dir, 'pids');
  const ports = path.join(dir, 'ports');
  await mkdir(ports);
  const wires = Wires.start(pidFile);
  const boards: Board[] = [];
  const close = async () => {
    await Promise.all(boards.map((board) => board.kill()));
    await wires.close();
    await rm(dir, { recursive: true, force: true });
  };
  const started = await Promise.allSettled(
    specs.map(async (spec, index) => {
      const slot = {
        name: `slot-${index + 1}`,
        number: index + 1,
        dir: path.join(dir, `slot-${index + 1}`),
        ports,
      };
      boards[index] = await startBoard({ tree: tree.root, pidFile, wires, slot, spec });
    }),
  );
  const failed = started.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    await close();
    throw failed.reason;
  }
  return { boards, ports, close, [Symbol.asyncDispose]: close };
}

/** Ends what is left of runs whose harness died, and removes their folders. */
export async function clearStale(): Promise<void> {
  for (const name of await readdir(RUNS)) {
    const dir = path.join(RUNS, name);
    let owner: string;
    try {
      owner = await readFile(path.join(dir, 'owner'), 'utf8');
    } catch {
      // Being made, or being removed, by another run at this moment.
      continue;
    }
    const [pid, started] = owner.trim().split(' ');
    if (startTime(Number(pid)) === started) continue;
    endRecorded(path.join(dir, 'pids'));
    await rm(dir, { recursive: true, force: true });
  }
}

interface Slot {
  readonly name: string;
  readonly number: number;
  readonly dir: string;
  readonly ports: string;
}

async function startBoard(on: {
  readonly tree: string;
  readonly pidFile: string;
  readonly wires: Wires;
  readonly slot: Slot;
  readonly spec: BoardSpec;
}): Promise<Board> {
  const { tree, pidFile, wires, slot, spec } = on;
  const mac = spec.mac ?? `52:54:00:c0:00:${slot.number.toString(16).padStart(2, '0')}`;
  const login = { user: spec.user === 'sudo' ? 'tech' : 'root', password: spec.password ?? 'board' };
  const port = path.join(slot.ports, slot.name);
  const hostName = `board${slot.number}`;
  await mkdir(slot.dir);
  await seed(tree, slot.dir, spec, login);

  const boardEnd = path.join(slot.dir, 'tty');
  const cable = await wires.cable(slot.name, boardEnd, port, spec.cable ?? {});
  const unshared = ['--mount', '--pid', '--net', '--uts', '--ipc', '--fork', '--kill-child=KILL'];
  const script = path.join(import.meta.dirname, 'board-init.sh');
  const machine = spawnOwned(
    pidFile,
    'unshare',
    [...unshared, 'sh', script, tree, slot.dir, hostName, await realpath(boardEnd)],
    ['pipe', 'pipe', 'pipe'],
  );
  let network: ChildProcess | undefined;
  const kill = async () => {
    await end(machine);
    if (network !== undefined) await end(network);
    await cable.unplug();
  };
  try {
    await mounted(machine);
    const init = await until(`${slot.name}: process 1`, 5000, () => childOf(machine.pid));
    network = spawnOwned(
      pidFile,
      'slirp4netns',
      [
        '--configure',
        '--mtu=1500',
        `--macaddress=${mac}`,
        '--disable-dns',
        '--ready-fd=3',
        String(init),
        'eth0',
      ],
      ['ignore', 'ignore', 'ignore', 'pipe'],
    );
    await firstByte(`${slot.name}: network`, network, network.stdio[3] as Readable);
    machine.stdin?.end('go\n');
    await cable.plug();
    return {
      name: slot.name,
      port,
      mac,
      login,
      spec,
      cable,
      kill,
      run: (command, { timeoutMs = 30_000 } = {}) =>
        run('nsenter', [...INSIDE, '-t', String(init), 'env', '-i', ...ENV, 'sh', '-c', command], {
          timeoutMs,
        }),
    };
  } catch (error) {
    await kill();
    throw error;
  }
}

const INSIDE = ['-m', '-p', '-n', '-u', '-i', '-r', '-w'];
const ENV = ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root', 'LC_ALL=C'];

/** Writes the files that make a board of its kind: `seed/` is laid over the tree, `setup.sh` is run in it. */
async function seed(tree: string, dir: string, spec: BoardSpec, login: Board['login']): Promise<void> {
  const place = async (file: string, content: string, mode = 0o644) => {
    const target = path.join(dir, 'seed', file);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, content);
    await chmod(target, mode);
  };
  const shell = `/bin/${spec.shell ?? 'bash'}`;
  const doubled = spec.client === 'mender-5-double';
  const setup: string[] = [];

  const terminal = {
    getty: 'ttyS0::respawn:/sbin/agetty -L 115200 ttyS0 vt102',
    autologin: 'ttyS0::respawn:/sbin/agetty -a root -L 115200 ttyS0 vt102',
    askfirst: `ttyS0::askfirst:-${shell}`,
  }[spec.console ?? 'getty'];
  await place('etc/inittab', `::sysinit:/etc/init.d/rcS\n${terminal}\n::ctrlaltdel:/bin/true\n`);
  const start = spec.daemon === false ? '' : '/etc/init.d/mender-client start\n';
  await place('etc/init.d/rcS', `#!/bin/sh\nmkdir -p -m 0700 /data/mender\n${start}`, 0o755);

  if (spec.conf === 'none') setup.push('rm -f /etc/mender/mender.conf');
  else if (spec.conf !== undefined) {
    const file = 'etc/mender/mender.conf';
    const written = JSON.parse(await readFile(path.join(tree, file), 'utf8')) as Record<string, unknown>;
    await place(file, `${JSON.stringify({ ...written, ...spec.conf }, null, 2)}\n`, 0o600);
  }
  if (spec.identityScript !== undefined) {
    await place('usr/share/mender/identity/mender-device-identity', spec.identityScript, 0o755);
  }
  for (const [file, { content, mode }] of Object.entries(spec.files ?? {})) await place(file, content, mode);

  if (login.user === 'tech') {
    setup.push(
      'useradd --create-home --shell /bin/bash tech',
      "printf 'tech ALL=(ALL:ALL) ALL\\n' > /etc/sudoers.d/tech",
      'chmod 0440 /etc/sudoers.d/tech',
    );
  }
  setup.push(`usermod --shell ${shell} ${login.user}`);
  setup.push(
    login.password === ''
      ? `passwd -d ${login.user}`
      : `printf '%s:%s\\n' ${login.user} ${quote(login.password)} | chpasswd`,
  );
  if ((spec.userland ?? (spec.shell === 'ash' ? 'busybox' : 'debian')) === 'busybox') {
    // Getty, login and the client stay what they are: they are found by their own paths.
    setup.push("printf 'ENV_SUPATH PATH=/opt/busybox:/usr/sbin:/usr/bin:/sbin:/bin\\n' >> /etc/login.defs");
    setup.push("printf 'ENV_PATH PATH=/opt/busybox:/usr/bin:/bin\\n' >> /etc/login.defs");
  }
  if (spec.openssl === false) setup.push('rm -f /usr/bin/openssl');
  if (doubled) setup.push('rm -f /usr/bin/mender', 'cp /opt/mender-double/mender-* /usr/bin/');
  if (spec.setup !== undefined) setup.push(spec.setup);
  await writeFile(path.join(dir, 'setup.sh'), `exec >/dev/null\n${setup.join('\n')}\n`, { mode: 0o600 });
}

/** Waits for `mounted` from a board's process 1; rejects with what it said instead. */
async function mounted(machine: ChildProcess): Promise<void> {
  let complaint = '';
  machine.stderr?.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const timer = setTimeout(
    () => reject(new Error(`a board did not come up within 30 s: ${complaint}`)),
    30_000,
  );
  if (machine.stdout !== null) {
    createInterface({ input: machine.stdout }).on('line', (line) => {
      if (line === 'mounted') resolve(undefined);
    });
  }
  machine.once('error', reject);
  machine.once('exit', (status) => reject(new Error(`a board ended with ${String(status)}: ${complaint}`)));
  await promise.finally(() => clearTimeout(timer));
}

async function firstByte(what: string, child: ChildProcess, from: Readable): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => reject(new Error(`${what}: not ready within 20 s`)), 20_000);
  from.once('data', () => resolve(undefined));
  child.once('error', reject);
  child.once('exit', (status) => reject(new Error(`${what}: ended with ${String(status)}`)));
  await promise.finally(() => clearTimeout(timer));
}

/** The pid, as this machine counts, of the one child of `pid`. */
function childOf(pid: number | undefined): number | undefined {
  if (pid === undefined) return undefined;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return children === '' ? undefined : Number(children.split(' ')[0]);
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
