import { readdir, readlink, realpath, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { SerialPort } from 'serialport';
import { systemClock } from '../model/clock.ts';
import { StationError } from '../model/station-error.ts';
import { describeHolder, portHolders } from './holder.ts';
import type { ByteLink } from './link.ts';
import { howToMayOpen } from './rights.ts';
import { ttyLink } from './tty-link.ts';
import { Turns } from './turns.ts';

/** How a line is set: 8 data bits, no parity, one stop bit. */
export interface LineSettings {
  readonly baudRate: number;
  readonly rtscts: boolean;
  readonly xonxoff: boolean;
}

/** Pauses between tries of a port that is locked, in milliseconds: whoever has it may be just closing it. */
const RETRY_MS = [50, 100, 200, 400];
const OPEN_MS = 5_000;

const turns = new Turns();

/**
 * Opens a serial port, locked against other programs, without dropping DTR when it is closed (some boards reset by it).
 * Opening and closing are done one after the other for each port.
 *
 * @throws StationError `port/not-found`, `port/no-permission`, `port/busy` with its likely holder, `port/not-serial`,
 * `port/failed`; the signal's reason when aborted.
 */
export async function openPort(path: string, line: LineSettings, signal: AbortSignal): Promise<ByteLink> {
  checkLine(path, line);
  const target = await inspect(path);
  const link = await turns.take(target, () => openWithRetries(path, target, line, signal));
  return { ...link, close: () => turns.take(target, () => link.close()) };
}

async function openWithRetries(
  path: string,
  target: string,
  line: LineSettings,
  signal: AbortSignal,
): Promise<ByteLink> {
  // Terminal programs often take no lock: two readers on one port would each get half of the bytes.
  if ((await isHardware(target)) && (await portHolders(path)).length > 0) {
    throw new StationError('port/busy', { port: path, holder: await describeHolder(path) });
  }
  for (const pause of [...RETRY_MS, null]) {
    signal.throwIfAborted();
    const port = new SerialPort({
      path,
      baudRate: line.baudRate,
      rtscts: line.rtscts,
      xon: line.xonxoff,
      xoff: line.xonxoff,
      hupcl: false,
      lock: true,
      autoOpen: false,
    });
    const fault = await begin(port, path);
    if (fault === null) {
      if (!signal.aborted) return ttyLink(port, path, line.baudRate);
      await new Promise<void>((resolve) => port.close(() => resolve()));
      signal.throwIfAborted();
    } else if (!/cannot lock port|temporarily unavailable|resource busy/i.test(fault.message)) {
      throw await translate(path, fault);
    }
    if (pause !== null) await systemClock.sleep(pause, signal);
  }
  const others = await portHolders(path);
  const holder = others.length > 0 || !(await isOwn(target)) ? await describeHolder(path) : 'this station';
  throw new StationError('port/busy', { port: path, holder });
}

function begin(port: SerialPort, path: string): Promise<Error | null> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      // An open that comes back after all must not hold the port.
      port.once('open', () => port.close());
      reject(new StationError('port/failed', { port: path, detail: 'opening it takes too long' }));
    }, OPEN_MS);
    port.open((error) => {
      clearTimeout(timer);
      resolve(error);
    });
  });
}

/** What the path is, before it is opened: serialport's own errors carry no codes. */
async function inspect(path: string): Promise<string> {
  if (process.platform === 'win32') return path.toUpperCase();
  try {
    const target = await realpath(path);
    if (!(await stat(target)).isCharacterDevice()) throw new StationError('port/not-serial', { port: path });
    return target;
  } catch (error) {
    if (error instanceof StationError) throw error;
    throw await translate(path, error instanceof Error ? error : new Error(String(error)));
  }
}

async function translate(path: string, error: Error): Promise<StationError> {
  const { message } = error;
  const details = { port: path };
  if (/no such (file|device)|ENOENT|ENODEV|ENXIO|file not found/i.test(message))
    return new StationError('port/not-found', details, { cause: error });
  if (/permission denied|EACCES|access denied/i.test(message))
    return new StationError(
      'port/no-permission',
      { ...details, remedy: await howToMayOpen(path) },
      { cause: error },
    );
  if (/inappropriate ioctl|is a directory|not a serial/i.test(message))
    return new StationError('port/not-serial', details, { cause: error });
  return new StationError('port/failed', { ...details, detail: message }, { cause: error });
}

/** Whether it is a serial port of the machine: a pseudo-terminal is always open in the program that made it. */
async function isHardware(target: string): Promise<boolean> {
  try {
    await stat(`/sys/class/tty/${basename(target)}`);
    return true;
  } catch {
    return false;
  }
}

async function isOwn(target: string): Promise<boolean> {
  try {
    const fds = await readdir('/proc/self/fd');
    const files = await Promise.all(fds.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => null)));
    return files.includes(target);
  } catch {
    return false; // no /proc on this system
  }
}

function checkLine(path: string, { baudRate }: LineSettings): void {
  // The driver takes any number and does what it likes with it.
  if (!Number.isInteger(baudRate) || baudRate < 50 || baudRate > 12_000_000)
    throw new StationError('port/failed', { port: path, detail: `${baudRate} is not a baud rate` });
}
