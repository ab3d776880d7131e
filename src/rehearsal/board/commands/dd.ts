/** `dd`. */
import type { ByteString } from '../bytes.ts';
import { SystemError } from '../files/errors.ts';
import type { FileNode } from '../files/nodes.ts';
import { NotSimulated } from '../not-simulated.ts';
import type { Program } from '../shell/program.ts';
import { openDevice } from '../shell/devices.ts';
import { DiskFile, type OpenFile } from '../shell/streams.ts';
import { busybox } from './operands.ts';

/** `dd`, with the operands that reading and writing a file need. */
export const dd: Program = async (run) => {
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
