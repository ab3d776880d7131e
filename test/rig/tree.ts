/** The root tree that all boards share: built once by debootstrap, cached by what it is made of. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ensurePackages, offers, SUITE } from './packages.ts';
import { end, mustRun, run } from './proc.ts';

const HERE = import.meta.dirname;

/** Where the rig keeps what it builds: trees, downloaded packages and the folders of running boards. */
export const CACHE = path.resolve(HERE, '../../.cache/rig');

/** Debian packages of a board, beside what every Debian has. */
const BOARD_PACKAGES = [
  'mender-client', // the client itself, which brings no dependency on the rest
  'busybox-static', // init, ash and the small userland
  'login', // login(1) with PAM
  'util-linux', // agetty
  'dash',
  'bash',
  'sudo',
  'openssl',
  'iproute2',
  'procps',
  'ca-certificates',
  'curl', // only for the double of mender 5
  'jq', // the same
];

/** A file in every tree that is whole; its time is that of the last use. */
const MARK = '.rig';

/** A root tree ready to be shared by boards. */
export interface Tree {
  readonly root: string;
  /** Version of each Debian package asked for, e.g. `mender-client` -> `3.4.0+ds1-5+b1`. */
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * The boards' root tree, built when there is none of these packages and scripts yet: about half a minute and 100 MB of
 * downloads from the machine's own Debian mirror; otherwise at once. Only one process builds at a time, and what is
 * found in the cache is complete: it is built beside and renamed. Installs what building needs, as root.
 */
export function ensureTree(log: (line: string) => void): Promise<Tree> {
  // apt takes a second to say what it offers: it is asked once a process, not once a board.
  ensured ??= findOrBuild(log).catch((error: unknown) => {
    ensured = undefined;
    throw error;
  });
  return ensured;
}

let ensured: Promise<Tree> | undefined;

async function findOrBuild(log: (line: string) => void): Promise<Tree> {
  await ensurePackages(log);
  const offered = await offers(BOARD_PACKAGES, log);
  const versions = Object.fromEntries([...offered].map(([name, { version }]) => [name, version]));
  const scripts = await Promise.all(
    ['golden.sh', 'double/mender-auth', 'double/mender-update'].map((file) =>
      readFile(path.join(HERE, file)),
    ),
  );
  const base = path.join(CACHE, `base-${digest(SUITE, JSON.stringify(versions))}`);
  const root = path.join(CACHE, `tree-${digest(base, ...scripts)}`);
  if (existsSync(root)) {
    await used(base, root);
    return { root, versions };
  }

  await mkdir(CACHE, { recursive: true });
  await using _lock = await takeLock(path.join(CACHE, 'lock'));
  for (const name of await readdir(CACHE)) {
    // Left by a build that was killed: whoever built it held the lock.
    if (name.endsWith('.partial')) await rm(path.join(CACHE, name), { recursive: true, force: true });
  }
  if (!existsSync(base)) {
    const mirror = offered.get('mender-client')?.mirror ?? '';
    log(`building the boards' root tree of Debian ${SUITE} from ${mirror} (once, about half a minute)`);
    await beside(base, (partial) => bootstrap(partial, mirror));
  }
  if (!existsSync(root)) {
    await beside(root, async (partial) => {
      await mustRun('cp', ['-a', '--reflink=auto', base, partial]);
      await mustRun('sh', [path.join(HERE, 'golden.sh'), partial, path.join(HERE, 'double')]);
    });
    await removeUnused();
    log(`boards have mender-client ${versions['mender-client'] ?? '?'}: ${root}`);
  }
  return { root, versions };
}

async function bootstrap(target: string, mirror: string): Promise<void> {
  const downloads = path.join(CACHE, 'debs');
  await mkdir(downloads, { recursive: true });
  const proxy = (await run('apt-config', ['shell', 'PROXY', 'Acquire::http::Proxy'])).stdout;
  const viaProxy = /^PROXY='(.*)'/.exec(proxy)?.[1];
  await mustRun(
    'debootstrap',
    [
      '--variant=minbase',
      `--cache-dir=${downloads}`,
      `--include=${BOARD_PACKAGES.join(',')}`,
      SUITE,
      target,
      mirror,
    ],
    {
      timeoutMs: 900_000,
      env: { ...process.env, LC_ALL: 'C', ...(viaProxy === undefined ? {} : { http_proxy: viaProxy }) },
    },
  );
}

const KEEP_UNUSED_MS = 7 * 24 * 3_600_000;

/** Notes that these trees are in use, so that {@link removeUnused} leaves them. */
async function used(...trees: readonly string[]): Promise<void> {
  const now = new Date();
  const marks = trees.map((tree) => path.join(tree, MARK)).filter((mark) => existsSync(mark));
  for (const mark of marks) await utimes(mark, now, now);
}

/** Removes trees that nobody asked for in a week: each change of the packages or scripts leaves one behind. */
async function removeUnused(): Promise<void> {
  for (const name of await readdir(CACHE)) {
    if (!/^(base|tree)-/.test(name)) continue;
    const { mtimeMs } = await stat(path.join(CACHE, name, MARK));
    if (Date.now() - mtimeMs > KEEP_UNUSED_MS)
      await rm(path.join(CACHE, name), { recursive: true, force: true });
  }
}

/** Builds `target` under another name and renames it when it is whole. */
async function beside(target: string, build: (partial: string) => Promise<void>): Promise<void> {
  const partial = `${target}.partial`;
  await build(partial);
  await writeFile(path.join(partial, MARK), 'complete\n');
  await rename(partial, target);
}

/** Waits for the lock and holds it until disposed; the kernel releases it when this process dies. */
async function takeLock(file: string): Promise<AsyncDisposable> {
  const holder = spawn('flock', [file, 'sh', '-c', 'echo locked; cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    holder.once('error', reject);
    holder.once('exit', (status) => reject(new Error(`flock ${file} exited ${String(status)}`)));
    holder.stdout.once('data', () => resolve());
  });
  return {
    async [Symbol.asyncDispose]() {
      await end(holder);
    },
  };
}

function digest(...parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest('hex').slice(0, 16);
}
