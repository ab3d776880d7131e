/** Opens what the redirections of a command name. */
import type { ByteString } from '../bytes.ts';
import { SystemError } from '../files/errors.ts';
import type { Machine } from '../machine.ts';
import type { Redirect } from './ast.ts';
import { openDevice } from './devices.ts';
import { expandText } from './expand.ts';
import { cannotOpen } from './flavour.ts';
import type { Shell } from './shell.ts';
import { DiskFile, type OpenFile } from './streams.ts';

function open(
  shell: Shell,
  redirect: Redirect,
  target: ByteString,
  descriptors: Map<number, OpenFile>,
): OpenFile {
  if (redirect.operator === 'here') return new DiskFile(target);
  if (redirect.operator === '<&' || redirect.operator === '>&') {
    const file = descriptors.get(Number(target));
    if (!/^[0-9]+$/u.test(target) || !file) throw new SystemError('EBADF');
    file.retain();
    return file;
  }
  const mode = {
    read: redirect.operator === '<' || redirect.operator === '<>',
    write: redirect.operator !== '<',
    append: redirect.operator === '>>',
  };
  const node = shell.machine.files.open(shell.process.who, shell.path(target), {
    ...mode,
    ...(mode.write ? { create: 0o666 & ~shell.umask } : {}),
    truncate: redirect.operator === '>' || redirect.operator === '>|',
    exclusive: false,
  });
  return openNode(shell, node, mode);
}

/** Makes an open file of what is at a path. */
function openNode(
  shell: Shell,
  node: ReturnType<Machine['files']['open']>,
  mode: { read: boolean; write: boolean; append: boolean },
): OpenFile {
  if (node.kind === 'file') return new DiskFile({ system: shell.machine.files, node }, mode);
  if (node.kind === 'directory') throw new SystemError('EISDIR');
  return openDevice(shell.machine, node.device, shell.descriptors, shell.process);
}

/** The descriptors with redirections done; undefined (and a message printed) when one failed. */
export async function redirect(
  shell: Shell,
  redirects: readonly Redirect[],
): Promise<{ readonly descriptors: Map<number, OpenFile>; readonly close: () => void } | undefined> {
  const descriptors = new Map(shell.descriptors);
  const opened: OpenFile[] = [];
  const close = (): void => {
    for (const file of opened) file.release();
  };
  for (const one of redirects) {
    const target = await expandText(shell, one.target);
    if ((one.operator === '<&' || one.operator === '>&') && target === '-') {
      descriptors.delete(one.fd);
      continue;
    }
    try {
      const file = open(shell, one, target, descriptors);
      opened.push(file);
      descriptors.set(one.fd, file);
    } catch (error) {
      close();
      if (!(error instanceof SystemError)) throw error;
      if (one.operator === '<&' || one.operator === '>&') shell.complain(`${target}: ${error.message}`);
      else shell.complain(cannotOpen(shell.flavour, target, one.operator !== '<', error));
      return undefined;
    }
  }
  return { descriptors, close };
}
