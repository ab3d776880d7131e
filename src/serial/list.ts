import { readdir, readFile, readlink, realpath } from 'node:fs/promises';
import path from 'node:path';

/** A serial port of this machine, named by its place. */
export interface PortEntry {
  /**
   * USB device path and interface (`1-1.4:1.2`: the ports of a quad adapter differ only in the interface), the name of
   * a fixed link, or the tty's own name for a port that is not on USB.
   */
  readonly slot: string;
  readonly path: string;
  readonly label: string;
  readonly usb: UsbIds | null;
  /** Names that udev gives it, e.g. `/dev/serial/by-id/usb-FTDI_...-if02-port0`. */
  readonly byId: string | null;
  readonly byPath: string | null;
}

export interface UsbIds {
  /** Four hex digits. */
  readonly vendorId: string;
  readonly productId: string;
  readonly serialNumber: string | null;
  readonly product: string | null;
}

export interface ListOptions {
  /** Where /sys and /dev are; another folder for tests. */
  readonly root?: string;
  /** A folder whose every link is a port with the link's name for a slot: fixed bench wiring, and tests. */
  readonly links?: string | null;
  readonly platform?: NodeJS.Platform;
}

/**
 * Lists the serial ports: on Linux from sysfs (no udev needed), elsewhere from the operating system by serialport; then
 * the links of `links`. A port that a link points to is listed once, under the link's name.
 */
export async function listPorts(options: ListOptions = {}): Promise<readonly PortEntry[]> {
  const { root = '/', links = null, platform = process.platform } = options;
  const own = platform === 'linux' ? await fromSysfs(root) : await fromSystem();
  const linked = links === null ? [] : await fromLinks(links, own);
  const targets = new Set(linked.map(({ target }) => target));
  const ports = [...linked.map(({ port }) => port), ...own.filter((port) => !targets.has(port.path))];
  return ports.sort((a, b) => a.path.localeCompare(b.path, 'en', { numeric: true }));
}

async function fromSysfs(root: string): Promise<PortEntry[]> {
  const classDirectory = path.join(root, 'sys/class/tty');
  const [byId, byPath, names] = await Promise.all([
    udevNames(root, 'by-id'),
    udevNames(root, 'by-path'),
    entries(classDirectory),
  ]);
  const found = await Promise.all(
    names.map(async (name): Promise<PortEntry | null> => {
      const device = await orNull(realpath(path.join(classDirectory, name, 'device')));
      // Virtual consoles and pseudo-terminals have no device.
      if (device === null) return null;
      // An 8250 slot of type 0 is one where the kernel found no UART.
      if (/^ttyS\d/.test(name) && (await text(path.join(classDirectory, name, 'type'))) === '0') return null;
      const usb = await usbDevice(device, path.join(await realpath(root), 'sys'));
      const port = `/dev/${name}`;
      return {
        slot: usb === null ? name : usb.slot,
        path: port,
        label: usb?.ids.product ?? name,
        usb: usb?.ids ?? null,
        byId: byId.get(name) ?? null,
        byPath: byPath.get(name) ?? null,
      };
    }),
  );
  return found.filter((port) => port !== null);
}

/** The USB device above a tty's device: the first folder on the way up that has an `idVendor`. */
async function usbDevice(device: string, top: string): Promise<{ slot: string; ids: UsbIds } | null> {
  let interfaceName = '';
  for (let folder = device; folder.length > top.length; folder = path.dirname(folder)) {
    const vendorId = await text(path.join(folder, 'idVendor'));
    if (vendorId !== null) {
      const [productId, serialNumber, product] = await Promise.all(
        ['idProduct', 'serial', 'product'].map((file) => text(path.join(folder, file))),
      );
      return {
        slot: interfaceName === '' ? path.basename(folder) : interfaceName,
        ids: {
          vendorId,
          productId: productId ?? '',
          serialNumber: serialNumber ?? null,
          product: product ?? null,
        },
      };
    }
    // ttyUSB lies one folder below its interface (1-1.4:1.2/ttyUSB3), ttyACM's device is the interface itself.
    interfaceName = path.basename(folder);
  }
  return null;
}

async function fromLinks(
  folder: string,
  known: readonly PortEntry[],
): Promise<readonly { port: PortEntry; target: string }[]> {
  const names = await entries(folder);
  const found = await Promise.all(
    names.map(async (name) => {
      const link = path.join(folder, name);
      const target = await orNull(realpath(link));
      if (target === null) return null; // unplugged: the link is there, the port is not
      const port = known.find((candidate) => candidate.path === target);
      return {
        target,
        port: {
          slot: name,
          path: link,
          label: name,
          usb: port?.usb ?? null,
          byId: port?.byId ?? null,
          byPath: port?.byPath ?? null,
        },
      };
    }),
  );
  return found.filter((entry) => entry !== null);
}

async function fromSystem(): Promise<PortEntry[]> {
  const { SerialPort } = await import('serialport');
  const ports = await SerialPort.list();
  return ports.map((port) => {
    const friendly: unknown = 'friendlyName' in port ? port.friendlyName : undefined;
    const product = typeof friendly === 'string' ? friendly : null;
    return {
      slot: port.locationId ?? port.path,
      path: port.path,
      label: product ?? port.path,
      usb:
        port.vendorId === undefined
          ? null
          : {
              vendorId: port.vendorId.toLowerCase(),
              productId: (port.productId ?? '').toLowerCase(),
              serialNumber: port.serialNumber ?? null,
              product,
            },
      byId: port.pnpId ?? null,
      byPath: null,
    };
  });
}

/** tty name -> udev's link to it. */
async function udevNames(root: string, kind: 'by-id' | 'by-path'): Promise<ReadonlyMap<string, string>> {
  const folder = path.join(root, 'dev/serial', kind);
  const pairs = await Promise.all(
    (await entries(folder)).map(async (name): Promise<[string, string] | null> => {
      const target = await orNull(readlink(path.join(folder, name)));
      return target === null ? null : [path.basename(target), `/dev/serial/${kind}/${name}`];
    }),
  );
  return new Map(pairs.filter((pair) => pair !== null));
}

async function entries(folder: string): Promise<readonly string[]> {
  return (await orNull(readdir(folder))) ?? [];
}

async function text(file: string): Promise<string | null> {
  const content = await orNull(readFile(file, 'utf8'));
  return content === null ? null : content.trim();
}

/** Ports come and go while they are listed: what is gone is not there. Any other fault is one. */
async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENODEV' || code === 'EINVAL' || code === 'EIO')
      return null;
    throw error;
  }
}
