/** The programs that handle files. */
import type { ByteString } from '../bytes.ts';
import { SystemError } from '../files/errors.ts';
import type { FileNode, Node } from '../files/file-system.ts';
import { NotSimulated } from '../shell/parser.ts';
import type { Invocation, Program } from '../shell/program.ts';
import { openDevice } from '../shell/shell.ts';
import { DiskFile, type OpenFile } from '../shell/streams.ts';
import { readOptions } from './options.ts';

const baseName = (path: string): string => path.replace(/\/+$/u, '').replace(/^.*\//u, '') || '/';
const dirName = (path: string): string => {
  const bare = path.replace(/\/+$/u, '');
  const at = bare.lastIndexOf('/');
  return at < 0
    ? path.startsWith('/')
      ? '/'
      : '.'
    : at === 0
      ? '/'
      : bare.slice(0, at).replace(/\/+$/u, '') || '/';
};

/** Does something for each name; a system error is printed with its words and makes the status 1. */
async function forEach(
  run: Invocation,
  names: readonly string[],
  words: (name: string, error: SystemError) => string,
  work: (name: string) => Promise<void> | void,
): Promise<number> {
  let status = 0;
  for (const name of names) {
    try {
      await work(name);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      status = run.fail(words(name, error));
    }
  }
  return status;
}

const busybox = (run: Invocation): boolean => run.machine.flavour === 'busybox';

const missing = (run: Invocation): number =>
  run.fail(
    busybox(run) ? 'missing operand' : `missing operand\nTry '${run.name} --help' for more information.`,
  );

/** A mode in octal, or changes such as `u+x,go-rwx` to an old one. */
function parseMode(text: string, old: number): number {
  if (/^[0-7]{1,4}$/u.test(text)) return parseInt(text, 8);
  let mode = old;
  for (const clause of text.split(',')) {
    const match = /^([ugoa]*)([-+=])([rwxX]*)$/u.exec(clause);
    if (!match) throw new NotSimulated(`the mode ${text}`);
    const who = match[1] === '' || match[1]?.includes('a') ? 'ugo' : (match[1] ?? '');
    let bits = 0;
    if (match[3]?.includes('r')) bits |= 4;
    if (match[3]?.includes('w')) bits |= 2;
    if (match[3]?.includes('x') || (match[3]?.includes('X') && (old & 0o111) !== 0)) bits |= 1;
    for (const [letter, shift] of [
      ['u', 6],
      ['g', 3],
      ['o', 0],
    ] as const) {
      if (!who.includes(letter)) continue;
      if (match[2] === '=') mode = (mode & ~(7 << shift)) | (bits << shift);
      else if (match[2] === '+') mode |= bits << shift;
      else mode &= ~(bits << shift);
    }
  }
  return mode;
}

const mkdir: Program = (run) => {
  const { flags, values, rest } = readOptions(run, {
    flags: 'pv',
    valued: 'm',
    long: { parents: 'p', mode: 'm' },
  });
  if (rest.length === 0) return missing(run);
  const { files } = run.machine;
  const { who } = run.process;
  const mode = values.has('m') ? parseMode(values.get('m') ?? '', 0o777) : 0o777 & ~run.umask;
  return forEach(
    run,
    rest,
    (name, error) =>
      busybox(run)
        ? `can't create directory '${name}': ${error.message}`
        : `cannot create directory ‘${name}’: ${error.message}`.replace(/[‘’]/gu, "'"),
    (name) => {
      const path = run.path(name);
      if (!flags.has('p')) {
        files.mkdir(who, path, mode);
        return;
      }
      const parts = path.split('/').filter((part) => part !== '');
      parts.forEach((_, index) => {
        const here = `/${parts.slice(0, index + 1).join('/')}`;
        const node = files.peek(who, here);
        if (node) {
          if (node.kind !== 'directory')
            throw new SystemError(index === parts.length - 1 ? 'EEXIST' : 'ENOTDIR');
          return;
        }
        files.mkdir(who, here, index === parts.length - 1 ? mode : 0o777 & ~run.umask);
      });
    },
  );
};

const rmdir: Program = (run) => {
  const { rest } = readOptions(run, {});
  return forEach(
    run,
    rest,
    (name, error) => `${busybox(run) ? '' : 'failed to remove '}'${name}': ${error.message}`,
    (name) => run.machine.files.rmdir(run.process.who, run.path(name)),
  );
};

function removeTree(run: Invocation, path: string): void {
  const { files } = run.machine;
  const { who } = run.process;
  const node = files.nodeItself(who, path);
  if (node.kind === 'directory') {
    for (const name of files.list(who, path)) removeTree(run, `${path}/${name}`);
    files.rmdir(who, path);
  } else files.unlink(who, path);
}

const rm: Program = (run) => {
  const { flags, rest } = readOptions(run, { flags: 'rRfvd' });
  if (rest.length === 0) return flags.has('f') ? 0 : missing(run);
  return forEach(
    run,
    rest,
    (name, error) =>
      busybox(run) ? `can't remove '${name}': ${error.message}` : `cannot remove '${name}': ${error.message}`,
    (name) => {
      const path = run.path(name);
      try {
        if (flags.has('r') || flags.has('R')) removeTree(run, path);
        else run.machine.files.unlink(run.process.who, path);
      } catch (error) {
        if (!(error instanceof SystemError && error.errno === 'ENOENT' && flags.has('f'))) throw error;
      }
    },
  );
};

function copyFile(run: Invocation, from: string, to: string, keep: boolean): void {
  const { files } = run.machine;
  const { who } = run.process;
  const source = files.open(who, from, { read: true });
  if (source.kind === 'directory') throw new SystemError('EISDIR');
  const data = source.kind === 'file' ? files.dataOf(source) : '';
  files.put(who, to, data, source.mode & 0o777 & ~(keep ? 0 : run.umask));
  if (keep) {
    files.chmod(who, to, source.mode);
    if (who.uid === 0) files.chown(who, to, source.uid, source.gid);
    files.touch(who, to, source.modified);
  }
}

function copyTree(run: Invocation, from: string, to: string, keep: boolean): void {
  const { files } = run.machine;
  const { who } = run.process;
  const node = files.nodeItself(who, from);
  if (node.kind === 'directory') {
    if (!files.peek(who, to)) files.mkdir(who, to, node.mode);
    for (const name of files.list(who, from)) copyTree(run, `${from}/${name}`, `${to}/${name}`, keep);
  } else if (node.kind === 'symlink') files.symlink(who, node.target, to);
  else copyFile(run, from, to, keep);
}

/** The paths that a list of sources goes to: into a directory, or to the one name given. */
function destinations(
  run: Invocation,
  rest: readonly string[],
  plain: boolean,
): { from: string; to: string; name: string; target: string }[] {
  const target = rest.at(-1) ?? '';
  const isDirectory =
    !plain && run.machine.files.peek(run.process.who, run.path(target))?.kind === 'directory';
  return rest.slice(0, -1).map((name) => {
    const to = isDirectory ? `${target.replace(/\/$/u, '')}/${baseName(name)}` : target;
    return { from: run.path(name), to: run.path(to), name, target: to };
  });
}

const cp: Program = (run) => {
  const { flags, rest } = readOptions(run, { flags: 'aprRfdTv' });
  if (rest.length < 2) return missing(run);
  let status = 0;
  for (const { from, to, name, target } of destinations(run, rest, flags.has('T'))) {
    try {
      const keep = flags.has('a') || flags.has('p');
      if (flags.has('a') || flags.has('r') || flags.has('R')) copyTree(run, from, to, keep);
      else copyFile(run, from, to, keep);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      const sourceThere = run.machine.files.peek(run.process.who, from) !== undefined;
      status = run.fail(
        error.errno === 'EISDIR'
          ? `-r not specified; omitting directory '${name}'`
          : busybox(run)
            ? `can't ${sourceThere ? 'create' : 'stat'} '${sourceThere ? target : name}': ${error.message}`
            : !sourceThere
              ? `cannot stat '${name}': ${error.message}`
              : error.errno === 'ENOSPC'
                ? `error writing '${target}': ${error.message}`
                : `cannot create regular file '${target}': ${error.message}`,
      );
    }
  }
  return status;
};

const mv: Program = (run) => {
  const { flags, rest } = readOptions(run, { flags: 'fnTv' });
  if (rest.length < 2) return missing(run);
  const { files } = run.machine;
  const { who } = run.process;
  let status = 0;
  for (const { from, to, name, target } of destinations(run, rest, flags.has('T'))) {
    try {
      if (flags.has('n') && files.peek(who, to, { follow: false })) continue;
      try {
        files.rename(who, from, to);
      } catch (error) {
        if (!(error instanceof SystemError && error.errno === 'EXDEV')) throw error;
        if (files.peek(who, to)) files.unlink(who, to);
        copyTree(run, from, to, true);
        removeTree(run, from);
      }
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      const there = files.peek(who, from, { follow: false }) !== undefined;
      status = run.fail(
        busybox(run)
          ? `can't rename '${name}': ${error.message}`
          : there
            ? `cannot move '${name}' to '${target}': ${error.message}`
            : `cannot stat '${name}': ${error.message}`,
      );
    }
  }
  return status;
};

const ln: Program = (run) => {
  const { flags, rest } = readOptions(run, { flags: 'sfnT' });
  const { files } = run.machine;
  const { who } = run.process;
  const [target = '', link = baseName(target)] = rest;
  const into = !flags.has('n') && !flags.has('T') && files.peek(who, run.path(link))?.kind === 'directory';
  const to = run.path(into ? `${link}/${baseName(target)}` : link);
  try {
    if (flags.has('f') && files.peek(who, to, { follow: false })) files.unlink(who, to);
    if (flags.has('s')) files.symlink(who, target, to);
    else files.link(who, run.path(target), to);
    return 0;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return run.fail(
      busybox(run)
        ? `${link}: ${error.message}`
        : `failed to create ${flags.has('s') ? 'symbolic' : 'hard'} link '${link}': ${error.message}`,
    );
  }
};

const touch: Program = (run) => {
  const { rest, flags } = readOptions(run, { flags: 'c', valued: 'd' });
  return forEach(
    run,
    rest,
    (name, error) =>
      busybox(run) ? `${name}: ${error.message}` : `cannot touch '${name}': ${error.message}`,
    (name) => {
      const path = run.path(name);
      if (run.machine.files.peek(run.process.who, path))
        run.machine.files.touch(run.process.who, path, run.machine.now());
      else if (!flags.has('c'))
        run.machine.files.open(run.process.who, path, { write: true, create: 0o666 & ~run.umask });
    },
  );
};

const chmod: Program = (run) => {
  // A mode such as -x would look like an option.
  const { rest, flags } = readOptions(run, { flags: 'Rfv' });
  const [mode = '', ...names] = rest;
  const change = (path: string): void => {
    const node = run.machine.files.node(run.process.who, path);
    run.machine.files.chmod(run.process.who, path, parseMode(mode, node.mode));
    if (flags.has('R') && node.kind === 'directory')
      for (const name of run.machine.files.list(run.process.who, path)) change(`${path}/${name}`);
  };
  return forEach(
    run,
    names,
    (name, error) =>
      busybox(run)
        ? `${name}: ${error.message}`
        : error.errno === 'ENOENT'
          ? `cannot access '${name}': ${error.message}`
          : `changing permissions of '${name}': ${error.message}`,
    (name) => change(run.path(name)),
  );
};

const chown: Program = (run) => {
  const { rest, flags } = readOptions(run, { flags: 'Rh' });
  const [owner = '', ...names] = rest;
  const [user = '', group] = owner.split(/[:.]/u);
  const found = run.machine.user(user);
  const uid = found?.uid ?? Number(user);
  const gid = group === undefined ? (found?.uid ?? uid) : (run.machine.user(group)?.uid ?? Number(group));
  if (!Number.isInteger(uid) || !Number.isInteger(gid)) return run.fail(`invalid user: '${owner}'`);
  const change = (path: string): void => {
    run.machine.files.chown(run.process.who, path, uid, gid);
    if (flags.has('R') && run.machine.files.node(run.process.who, path).kind === 'directory')
      for (const name of run.machine.files.list(run.process.who, path)) change(`${path}/${name}`);
  };
  return forEach(
    run,
    names,
    (name, error) => `changing ownership of '${name}': ${error.message}`,
    (name) => change(run.path(name)),
  );
};

const mktemp: Program = async (run) => {
  const { flags, values, rest } = readOptions(run, {
    flags: 'dqut',
    valued: 'p',
    long: { directory: 'd', tmpdir: 't' },
  });
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
  const template = rest[0] ?? 'tmp.XXXXXXXXXX';
  const inTmp = rest[0] === undefined || flags.has('t') || values.has('p');
  const name = template.replace(/X{3,}(?=[^X]*$)/u, (marks) =>
    Array.from(run.machine.randomBytes(marks.length))
      .map((c) => letters.charAt(c.charCodeAt(0) % letters.length))
      .join(''),
  );
  const shown = inTmp ? `${values.get('p') ?? run.environment.get('TMPDIR') ?? '/tmp'}/${name}` : name;
  try {
    if (flags.has('d')) run.machine.files.mkdir(run.process.who, run.path(shown), 0o700);
    else
      run.machine.files.open(run.process.who, run.path(shown), {
        write: true,
        create: 0o600,
        exclusive: true,
      });
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return run.fail(
      `failed to create ${flags.has('d') ? 'directory' : 'file'} via template '${inTmp ? `${dirName(shown)}/${template}` : template}': ${error.message}`,
    );
  }
  await run.out(`${shown}\n`);
  return 0;
};

const readlink: Program = async (run) => {
  const { flags, rest } = readOptions(run, { flags: 'fnemq' });
  let status = rest.length === 0 ? 1 : 0;
  for (const name of rest) {
    try {
      if (flags.has('f') || flags.has('e') || flags.has('m')) {
        const path = run.machine.files.resolve(run.process.who, run.path(name));
        if (flags.has('e')) run.machine.files.node(run.process.who, path);
        await run.out(`${path}${flags.has('n') ? '' : '\n'}`);
        continue;
      }
      const node = run.machine.files.nodeItself(run.process.who, run.path(name));
      if (node.kind !== 'symlink') status = 1;
      else await run.out(`${node.target}${flags.has('n') ? '' : '\n'}`);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      status = 1;
    }
  }
  return status;
};

const realpath: Program = async (run) => {
  const { rest } = readOptions(run, { flags: 'em' });
  let status = 0;
  for (const name of rest) {
    try {
      await run.out(`${run.machine.files.resolve(run.process.who, run.path(name))}\n`);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      status = run.fail(`${name}: ${error.message}`);
    }
  }
  return status;
};

const basename: Program = async (run) => {
  const [path = '', suffix = ''] = run.args;
  const name = baseName(path);
  await run.out(
    `${suffix !== '' && name.endsWith(suffix) && name !== suffix ? name.slice(0, -suffix.length) : name}\n`,
  );
  return 0;
};

const dirname: Program = async (run) => {
  for (const path of run.args) await run.out(`${dirName(path)}\n`);
  return 0;
};

const sync: Program = (run) => {
  const { flags, rest } = readOptions(run, { flags: 'df', long: { data: 'd', 'file-system': 'f' } });
  const { files } = run.machine;
  if (rest.length === 0) {
    files.syncAll();
    return 0;
  }
  return forEach(
    run,
    rest,
    (name, error) =>
      busybox(run) ? `can't open '${name}': ${error.message}` : `error opening '${name}': ${error.message}`,
    (name) => {
      const node = files.open(run.process.who, run.path(name), { read: true });
      if (flags.has('f')) files.syncAll(node.mount);
      else files.syncNode(node);
    },
  );
};

const typeNames: Readonly<Record<Node['kind'], string>> = {
  file: 'regular file',
  directory: 'directory',
  symlink: 'symbolic link',
  device: 'character special file',
};

const letters = (node: Node): string => {
  const kind =
    node.kind === 'directory' ? 'd' : node.kind === 'symlink' ? 'l' : node.kind === 'device' ? 'c' : '-';
  return (
    kind +
    [6, 3, 0]
      .map((shift) =>
        ['r', 'w', 'x'].map((letter, index) => ((node.mode >> shift) & (4 >> index) ? letter : '-')).join(''),
      )
      .join('')
  );
};

const sizeOf = (run: Invocation, node: Node): number =>
  node.kind === 'file'
    ? node.generate
      ? 0
      : node.data.length
    : node.kind === 'symlink'
      ? node.target.length
      : node.kind === 'directory'
        ? 4096
        : 0 * run.argv.length;

const nameOf = (run: Invocation, uid: number): string =>
  run.machine.userById(uid)?.name ?? (busybox(run) ? 'UNKNOWN' : String(uid));

const stat: Program = async (run) => {
  const { flags, values, rest } = readOptions(run, {
    flags: 'Lf',
    valued: 'c',
    long: { format: 'c', dereference: 'L' },
  });
  const pattern = values.get('c');
  if (pattern === undefined || flags.has('f')) throw new NotSimulated('stat without -c');
  return forEach(
    run,
    rest,
    (name, error) =>
      busybox(run) ? `can't stat '${name}': ${error.message}` : `cannot statx '${name}': ${error.message}`,
    async (name) => {
      const path = run.path(name);
      const { files } = run.machine;
      const { who } = run.process;
      const node = flags.has('L') ? files.node(who, path) : files.nodeItself(who, path);
      const seconds = String(Math.floor(node.modified / 1000));
      const text = pattern.replace(/%(.)/gu, (_, letter: string) => {
        switch (letter) {
          case 'a':
            return node.mode.toString(8);
          case 'A':
            return letters(node);
          case 'u':
            return String(node.uid);
          case 'g':
            return String(node.gid);
          case 'U':
            return nameOf(run, node.uid);
          case 'G':
            return nameOf(run, node.gid);
          case 's':
            return String(sizeOf(run, node));
          case 'n':
            return name;
          case 'N':
            return node.kind === 'symlink' ? `'${name}' -> '${node.target}'` : `'${name}'`;
          case 'F':
            return node.kind === 'file' && sizeOf(run, node) === 0
              ? 'regular empty file'
              : typeNames[node.kind];
          case 'i':
            return String(node.id);
          case 'd':
            return String(0xb300 + node.mount.id);
          case 'h':
            return String(node.links);
          case 'm':
            return node.mount.path;
          case 'X':
          case 'Y':
          case 'Z':
            return seconds;
          case 'b':
            return String(Math.ceil(sizeOf(run, node) / 4096) * 8);
          case 'B':
            return '512';
          case '%':
            return '%';
          default:
            throw new NotSimulated(`stat -c %${letter}`);
        }
      });
      await run.out(`${text}\n`);
    },
  );
};

const df: Program = async (run) => {
  const { rest } = readOptions(run, { flags: 'Pk' });
  const mounts = rest.length === 0 ? run.machine.files.mounts.filter((mount) => mount.capacity > 0) : [];
  const status = await forEach(
    run,
    rest,
    (name, error) => `${name}: ${error.message}`,
    (name) => {
      mounts.push(run.machine.files.node(run.process.who, run.path(name)).mount);
    },
  );
  if (mounts.length === 0) return status;
  const rows = mounts.map((mount) => {
    const total = Math.floor(mount.capacity / 1024);
    const used = Math.floor(mount.used / 1024);
    const free = Math.max(0, total - used);
    return [
      mount.device,
      String(total),
      String(used),
      String(free),
      `${total === 0 ? 0 : Math.ceil((used * 100) / total)}%`,
      mount.path,
    ];
  });
  const header = ['Filesystem', '1024-blocks', 'Used', 'Available', 'Capacity', 'Mounted on'];
  const width = (column: number): number =>
    Math.max(header[column]?.length ?? 0, ...rows.map((row) => row[column]?.length ?? 0));
  for (const row of [header, ...rows]) {
    await run.out(
      `${row.map((cell, column) => (column === 0 ? cell.padEnd(Math.max(14, width(0))) : column === 5 ? cell : cell.padStart(width(column)))).join(' ')}\n`,
    );
  }
  return status;
};

const ls: Program = async (run) => {
  const { flags, rest } = readOptions(run, { flags: '1aAldnihFtrL', long: { color: '1' } });
  const { files } = run.machine;
  const { who } = run.process;
  const line = (name: string, node: Node): string => {
    const inode = flags.has('i') ? `${node.id} ` : '';
    if (!flags.has('l') && !flags.has('n')) return `${inode}${name}\n`;
    const owner = (id: number): string => (flags.has('n') ? String(id) : nameOf(run, id));
    const date = new Date(node.modified);
    const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
    const when = `${months[date.getUTCMonth()] ?? ''} ${String(date.getUTCDate()).padStart(2)} ${date.toISOString().slice(11, 16)}`;
    return `${inode}${letters(node)} ${node.links} ${owner(node.uid)} ${owner(node.gid)} ${sizeOf(run, node)} ${when} ${name}${node.kind === 'symlink' ? ` -> ${node.target}` : ''}\n`;
  };
  const directories: string[] = [];
  const status = await forEach(
    run,
    rest.length === 0 ? ['.'] : rest,
    (name, error) =>
      busybox(run)
        ? `${name}: ${error.message}`
        : error.errno === 'EACCES'
          ? `cannot open directory '${name}': ${error.message}`
          : `cannot access '${name}': ${error.message}`,
    async (name) => {
      const path = run.path(name);
      const itself = files.nodeItself(who, path);
      const node = flags.has('l') && !name.endsWith('/') ? itself : (files.peek(who, path) ?? itself);
      if (node.kind === 'directory' && !flags.has('d')) {
        files.list(who, path);
        directories.push(name);
      } else await run.out(line(name, node));
    },
  );
  for (const [index, name] of directories.entries()) {
    if (rest.length > 1) await run.out(`${index > 0 ? '\n' : ''}${name}:\n`);
    if (flags.has('l')) await run.out('total 0\n');
    const names = files
      .list(who, run.path(name))
      .filter((entry) => flags.has('a') || flags.has('A') || !entry.startsWith('.'));
    for (const entry of flags.has('a') ? ['.', '..', ...names] : names)
      await run.out(line(entry, files.nodeItself(who, `${run.path(name)}/${entry}`)));
  }
  return status === 1 && !busybox(run) ? 2 : status;
};

const dd: Program = async (run) => {
  const operands = new Map(
    run.args.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)] as const),
  );
  for (const key of operands.keys())
    if (
      !['if', 'of', 'bs', 'ibs', 'obs', 'count', 'skip', 'seek', 'conv', 'status', 'iflag', 'oflag'].includes(
        key,
      )
    )
      throw new NotSimulated(`dd ${key}=`);
  const number = (key: string, otherwise: number): number => {
    const match = /^([0-9]+)([ckMKG]?)B?$/u.exec(operands.get(key) ?? String(otherwise));
    if (!match) throw new NotSimulated(`dd ${key}=${operands.get(key) ?? ''}`);
    return (
      Number(match[1]) *
      (match[2] === 'k' || match[2] === 'K'
        ? 1024
        : match[2] === 'M'
          ? 1_048_576
          : match[2] === 'G'
            ? 1_073_741_824
            : 1)
    );
  };
  const size = number('bs', number('ibs', 512));
  const conv = (operands.get('conv') ?? '').split(',');
  const bytesWanted = (operands.get('iflag') ?? '').includes('count_bytes');
  const wanted = operands.has('count') ? number('count', 0) * (bytesWanted ? 1 : size) : Infinity;
  const { files } = run.machine;
  const input = operands.get('if');
  const output = operands.get('of');
  const opened: OpenFile[] = [];
  let node: FileNode | undefined;
  const open = (name: string, write: boolean): OpenFile => {
    const found = files.open(run.process.who, run.path(name), {
      read: !write,
      write,
      ...(write ? { create: 0o666 & ~run.umask } : {}),
      truncate: write && !conv.includes('notrunc') && !operands.has('seek'),
    });
    if (found.kind === 'directory') throw new SystemError('EISDIR');
    if (write && found.kind === 'file') node = found;
    const file =
      found.kind === 'file'
        ? new DiskFile({ system: files, node: found }, { read: !write, write, append: false })
        : openDevice(run.machine, found.device, run.descriptors, run.process);
    opened.push(file);
    return file;
  };
  let source: OpenFile;
  let sink: OpenFile | undefined;
  let failing = input ?? '';
  try {
    source = input === undefined ? run.stdin : open(input, false);
    failing = output ?? '';
    sink = output === undefined ? run.descriptors.get(1) : open(output, true);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return run.fail(
      busybox(run)
        ? `can't open '${failing}': ${error.message}`
        : `failed to open '${failing}': ${error.message}`,
    );
  }
  let full = 0;
  let partial = 0;
  let total = 0;
  let status = 0;
  try {
    for (let left = number('skip', 0) * size; left > 0;) {
      const part = await source.read(run.process, left);
      if (part === '') break;
      left -= part.length;
    }
    if (sink instanceof DiskFile) sink.seek(number('seek', 0) * size);
    const fullBlocks = (operands.get('iflag') ?? '').includes('fullblock');
    let reads = 0;
    while (
      total < wanted &&
      (bytesWanted || fullBlocks || !operands.has('count') || reads < number('count', 0))
    ) {
      let part: ByteString = await source.read(run.process, Math.min(size, wanted - total));
      while (fullBlocks && part !== '' && part.length < Math.min(size, wanted - total)) {
        const more = await source.read(run.process, Math.min(size, wanted - total) - part.length);
        if (more === '') break;
        part += more;
      }
      if (part === '') break;
      reads++;
      if (part.length === size) full++;
      else partial++;
      total += part.length;
      await sink?.write(run.process, part);
    }
    if (
      node &&
      (conv.includes('fsync') || conv.includes('fdatasync') || /sync/u.test(operands.get('oflag') ?? ''))
    )
      files.syncNode(node);
  } catch (error) {
    if (!(error instanceof SystemError) || error.errno === 'EPIPE') throw error;
    status = run.fail(`error writing '${output ?? 'standard output'}': ${error.message}`);
  } finally {
    for (const file of opened) file.release();
  }
  if (operands.get('status') !== 'none') {
    run.err(`${full}+${partial} records in\n${full}+${partial} records out\n`);
    if (operands.get('status') !== 'noxfer')
      run.err(
        busybox(run)
          ? `${total} bytes copied, 0.000100 seconds, 1.0MB/s\n`
          : `${total} bytes copied, 0.0001 s, 1.0 MB/s\n`,
      );
  }
  return status;
};

const mountpoint: Program = async (run) => {
  const { flags, rest } = readOptions(run, { flags: 'qd' });
  const path = run.machine.files.resolve(run.process.who, run.path(rest[0] ?? ''));
  const is = run.machine.files.mounts.some((mount) => mount.path === path);
  if (!flags.has('q')) await run.out(`${rest[0] ?? ''} is ${is ? '' : 'not '}a mountpoint\n`);
  return is ? 0 : 1;
};

const mount: Program = async (run) => {
  if (run.args.length > 0) {
    const { values, rest } = readOptions(run, { valued: 'o' });
    const words = (values.get('o') ?? '').split(',');
    const found = run.machine.files.mounts.find((one) => one.path === rest.at(-1));
    if (!words.includes('remount') || !found) throw new NotSimulated(run.argv.join(' '));
    if (run.process.who.uid !== 0) return run.fail('only root can do that', 32);
    found.readOnly = words.includes('ro');
    return 0;
  }
  await run.out(
    run.machine.files.mounts
      .map(
        (one) => `${one.device} on ${one.path} type ${one.type} (${one.readOnly ? 'ro' : 'rw'},relatime)\n`,
      )
      .join(''),
  );
  return 0;
};

/** File programs by name. */
export const filePrograms: Readonly<Record<string, Program>> = {
  mkdir,
  rmdir,
  rm,
  cp,
  mv,
  ln,
  touch,
  chmod,
  chown,
  mktemp,
  readlink,
  realpath,
  basename,
  dirname,
  sync,
  stat,
  df,
  ls,
  dd,
  mountpoint,
  mount,
};
