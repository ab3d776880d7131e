/** The devices that a path in /dev may lead to. */
import { SystemError } from '../files/errors.ts';
import type { Machine } from '../machine.ts';
import type { Process } from './process.ts';
import type { Descriptors } from './program.ts';
import { EndlessFile, FullFile, NullFile, type OpenFile } from './streams.ts';

/** Opens a device by its name. */
export function openDevice(
  machine: Machine,
  device: string,
  descriptors: Descriptors,
  process: Process,
): OpenFile {
  switch (device) {
    case 'null':
      return new NullFile();
    case 'full':
      return new FullFile();
    case 'zero':
      return new EndlessFile((count) => '\0'.repeat(count));
    case 'random':
      return new EndlessFile((count) => machine.randomBytes(count));
    case 'tty':
    case 'console': {
      const file = device === 'tty' ? (process.session?.terminal ?? machine.console) : machine.console;
      file.retain();
      return file;
    }
    case 'stdin':
    case 'stdout':
    case 'stderr': {
      const file = descriptors.get(device === 'stdin' ? 0 : device === 'stdout' ? 1 : 2);
      if (!file) throw new SystemError('ENOENT');
      file.retain();
      return file;
    }
    default: {
      const file = device.startsWith('fd') ? descriptors.get(Number(device.slice(2))) : undefined;
      if (!file) throw new SystemError('EIO');
      file.retain();
      return file;
    }
  }
}
