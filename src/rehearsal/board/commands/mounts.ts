/** The programs that handle whole file systems. */
import { NotSimulated } from '../not-simulated.ts';
import type { Program } from '../shell/program.ts';
import { busybox, forEach } from './operands.ts';
import { readOptions } from './options.ts';

/** `sync` of everything, of files, or with -f of their file systems. */
export const sync: Program = (run) => {
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

/** `df -P`. */
export const df: Program = async (run) => {
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

/** `mountpoint`. */
export const mountpoint: Program = async (run) => {
  const { flags, rest } = readOptions(run, { flags: 'qd' });
  const path = run.machine.files.resolve(run.process.who, run.path(rest[0] ?? ''));
  const is = run.machine.files.mounts.some((mount) => mount.path === path);
  if (!flags.has('q')) await run.out(`${rest[0] ?? ''} is ${is ? '' : 'not '}a mountpoint\n`);
  return is ? 0 : 1;
};

/** `mount`: the list, or a remount. */
export const mount: Program = async (run) => {
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
