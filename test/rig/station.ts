/** The `station` command as a person runs it: a process of its own, over a home of its own. */
import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { JobResult } from '../../src/model/job.ts';
import type { ErrorReport } from '../../src/model/job.ts';
import {
  startMenderServer,
  type MenderServer,
  type ServerOptions,
} from '../../src/rehearsal/server/index.ts';
import type { Board } from './board.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../../src/cli/cli.ts');

/** The server's name in a station's home. */
export const SERVER = 'bench';
/** The admin of a bench server; the password is a canary, as that of the boards: it may be found nowhere. */
export const ADMIN = { email: 'admin@rig.local', password: 'canary-admin-5f1c' } as const;
export const BOARD_PASSWORD = 'canary-board-77ab';

/** A bench server with an account whose password is looked for afterwards. */
export function startServer(options: ServerOptions): Promise<MenderServer> {
  return startMenderServer({ admin: ADMIN, ...options });
}

/** What a call of the command came to. */
export interface Said {
  /** Exit status; null where a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

/** A call of `provision`, read. */
export interface Provisioned extends Said {
  readonly jobs: readonly JobResult[];
  /** The only job's result; throws where there is none. */
  readonly job: JobResult;
  /** What ended the call before any job. */
  readonly error: ErrorReport | null;
}

export interface CallOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Told of each whole line on stdout, with a way to send the process a signal. */
  readonly onLine?: (line: string, kill: (signal: NodeJS.Signals) => void) => void;
  /** Default 150 s. */
  readonly timeoutMs?: number;
}

/** A profile for the rig's boards: root by default, the server's CA installed with the key. */
export interface ProfileFile {
  readonly [member: string]: unknown;
}

export const PROFILES: Readonly<Record<string, ProfileFile>> = {
  root: { installServerCa: true },
  sudo: { installServerCa: true, login: { user: 'tech', become: 'sudo' } },
};

/** A home with a server in it, and the command that works on it. */
export class Station implements AsyncDisposable {
  readonly home: string;
  /** All that any call wrote. */
  readonly said: string[] = [];

  private constructor(home: string) {
    this.home = home;
  }

  /** A home that knows the profiles `root` and `sudo`, and nothing else. */
  static async make(profiles: Readonly<Record<string, ProfileFile>> = {}): Promise<Station> {
    const home = await mkdtemp(path.join(tmpdir(), 'station-rig-'));
    const station = new Station(home);
    await mkdir(path.join(home, 'board-profiles'));
    for (const [name, profile] of Object.entries({ ...PROFILES, ...profiles }))
      await writeFile(path.join(home, 'board-profiles', `${name}.json`), JSON.stringify(profile));
    return station;
  }

  /** Makes a home, adds the server to it and logs in there. */
  static async loggedIn(
    server: MenderServer,
    profiles: Readonly<Record<string, ProfileFile>> = {},
  ): Promise<Station> {
    const station = await Station.make(profiles);
    await station.addServer(server);
    await station.logIn();
    return station;
  }

  /** Another station with the same settings and logins, in a home of its own. */
  async twin(): Promise<Station> {
    const home = await mkdtemp(path.join(tmpdir(), 'station-rig-'));
    await cp(this.home, home, { recursive: true });
    return new Station(home);
  }

  /** `station server add`, with the address under which boards see this machine. */
  async addServer(server: MenderServer): Promise<void> {
    const url = new URL(server.url);
    const args = ['--url', server.url, '--board-url', `${url.protocol}//10.0.2.2:${url.port}`];
    if (server.ca !== undefined) {
      const file = path.join(this.home, '..', `${path.basename(this.home)}.ca.pem`);
      await writeFile(file, server.ca);
      args.push('--ca', file);
      try {
        await this.must(['server', 'add', SERVER, ...args]);
      } finally {
        await rm(file);
      }
    } else await this.must(['server', 'add', SERVER, ...args]);
  }

  async logIn(): Promise<void> {
    await this.must(['server', 'login', SERVER, '--user', ADMIN.email, '--password-stdin'], {
      input: `${ADMIN.password}\n`,
    });
  }

  /** Runs `station ARGS... --home HOME` to its end. Rejects when it has not ended in time. */
  async run(args: readonly string[], options: CallOptions = {}): Promise<Said> {
    const began = performance.now();
    const child = spawn(process.execPath, [PROGRAM, ...args, '--home', this.home], {
      stdio: 'pipe',
      env: { PATH: process.env['PATH'], HOME: this.home, ...options.env },
    });
    let stdout = '';
    let stderr = '';
    let line = '';
    const kill = (signal: NodeJS.Signals): void => void child.kill(signal);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      const lines = (line + text).split('\n');
      line = lines.pop() ?? '';
      for (const whole of lines) options.onLine?.(whole, kill);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    // A call that fails early has gone before it has read what it does not need.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    const timeoutMs = options.timeoutMs ?? 150_000;
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(
        new Error(`station ${args.join(' ')} has not ended within ${timeoutMs} ms: ${stderr.slice(-800)}`),
      );
    }, timeoutMs);
    child.once('error', reject);
    child.once('close', resolve);
    const status = await promise.finally(() => clearTimeout(timer));
    this.said.push(stdout, stderr);
    return { status, stdout, stderr, ms: Math.round(performance.now() - began) };
  }

  /** Runs a call that has to succeed. */
  async must(args: readonly string[], options: CallOptions = {}): Promise<Said> {
    const said = await this.run(args, options);
    if (said.status !== 0)
      throw new Error(`station ${args.join(' ')}: ${said.status}: ${said.stdout}${said.stderr}`);
    return said;
  }

  /** `station provision` of boards on their ports; the profile is that of the first board's login. */
  async provision(
    boards: readonly Pick<Board, 'port' | 'login'>[],
    args: readonly string[] = [],
    options: CallOptions = {},
  ): Promise<Provisioned> {
    const profile = boards[0]?.login.user === 'root' ? 'root' : 'sudo';
    return this.jobs(
      [
        ...['provision', '--server', SERVER],
        ...(args.includes('--profile') ? [] : ['--profile', profile]),
        ...boards.flatMap(({ port }) => ['--port', port]),
        ...args,
      ],
      options,
    );
  }

  /** A call that works on boards, with its result read. */
  async jobs(args: readonly string[], options: CallOptions = {}): Promise<Provisioned> {
    const said = await this.run([...args, '--json=lines', '--quiet'], {
      ...options,
      env: { STATION_BOARD_PASSWORD: BOARD_PASSWORD, ...options.env },
    });
    const last = said.stdout.trim().split('\n').at(-1) ?? '';
    // What the command prints with --json=lines: its last line is the result, where it came to one.
    const { result } = (last.includes('"type":"result"') ? JSON.parse(last) : { result: {} }) as {
      readonly result: { readonly jobs?: readonly JobResult[]; readonly error?: ErrorReport };
    };
    const jobs = result.jobs ?? [];
    if (jobs.length === 0 && result.error === undefined && said.status !== null)
      throw new Error(`no result: ${said.status}: ${said.stdout}${said.stderr}`);
    return {
      ...said,
      jobs,
      error: result.error ?? null,
      get job() {
        const [job] = jobs;
        if (job === undefined)
          throw new Error(`no job: ${said.status}: ${said.stdout.slice(-600)}${said.stderr}`);
        return job;
      },
    };
  }

  /** `station journal list --json`. */
  async journal(): Promise<readonly JournalLine[]> {
    const { stdout } = await this.must(['journal', 'list', '--json']);
    return JSON.parse(stdout) as readonly JournalLine[];
  }

  /** Everything that this station ever wrote: its home, and what its calls printed. */
  async written(): Promise<readonly { readonly where: string; readonly bytes: Buffer }[]> {
    const names = await readdir(this.home, { recursive: true, withFileTypes: true });
    const files = names
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name));
    return [
      ...(await Promise.all(files.map(async (where) => ({ where, bytes: await readFile(where) })))),
      { where: 'its output', bytes: Buffer.from(this.said.join('\n')) },
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.home, { recursive: true, force: true });
  }
}

/** A line of the record, as far as tests look at it. */
export interface JournalLine {
  readonly job: string;
  readonly verdict: string;
  readonly keyFingerprint: string | null;
  readonly deviceId: string | null;
}
