import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listPorts } from '../../../src/serial/list.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'ports-'));
  await Promise.all(['sys/class/tty', 'dev/serial/by-id', 'dev/serial/by-path'].map((dir) => folder(dir)));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const folder = (dir: string): Promise<unknown> => mkdir(path.join(root, dir), { recursive: true });
const file = async (name: string, content: string): Promise<void> => {
  await folder(path.dirname(name));
  await writeFile(path.join(root, name), content);
};

/** A tty of a USB adapter, as the kernel shows it. */
async function usbTty(name: string, device: string, interfaceName: string, ids: Record<string, string>) {
  const base = `sys/devices/pci0000:00/usb1/1-1/${device}`;
  for (const [key, value] of Object.entries(ids)) await file(`${base}/${key}`, `${value}\n`);
  const tty = name.startsWith('ttyUSB')
    ? `${base}/${interfaceName}/${name}/tty/${name}`
    : `${base}/${interfaceName}/tty/${name}`;
  await folder(tty);
  await symlink(path.join(root, tty, '../..'), path.join(root, tty, 'device'));
  await symlink(path.join(root, tty), path.join(root, 'sys/class/tty', name));
}

const QUAD = { idVendor: '0403', idProduct: '6011', serial: 'FT4X', product: 'Quad RS232-HS' };

test('the ports of a quad adapter differ in the interface of their slot', async () => {
  await usbTty('ttyUSB10', '1-1.4', '1-1.4:1.1', QUAD);
  await usbTty('ttyUSB2', '1-1.4', '1-1.4:1.0', QUAD);
  await symlink('../../ttyUSB2', path.join(root, 'dev/serial/by-id/usb-FTDI_Quad_RS232-HS_FT4X-if00-port0'));
  await symlink('../../ttyUSB2', path.join(root, 'dev/serial/by-path/pci-0000:00:14.0-usb-0:1.4:1.0-port0'));
  expect(await listPorts({ root, platform: 'linux' })).toEqual([
    {
      slot: '1-1.4:1.0',
      path: '/dev/ttyUSB2',
      label: 'Quad RS232-HS',
      usb: { vendorId: '0403', productId: '6011', serialNumber: 'FT4X', product: 'Quad RS232-HS' },
      byId: '/dev/serial/by-id/usb-FTDI_Quad_RS232-HS_FT4X-if00-port0',
      byPath: '/dev/serial/by-path/pci-0000:00:14.0-usb-0:1.4:1.0-port0',
    },
    {
      slot: '1-1.4:1.1',
      path: '/dev/ttyUSB10',
      label: 'Quad RS232-HS',
      usb: { vendorId: '0403', productId: '6011', serialNumber: 'FT4X', product: 'Quad RS232-HS' },
      byId: null,
      byPath: null,
    },
  ]);
});

test('a CDC-ACM port is named by its interface, too, and does without serial number and product', async () => {
  await usbTty('ttyACM0', '1-1.2', '1-1.2:1.0', { idVendor: '2341', idProduct: '0043' });
  expect(await listPorts({ root, platform: 'linux' })).toMatchObject([
    { slot: '1-1.2:1.0', label: 'ttyACM0', usb: { vendorId: '2341', serialNumber: null, product: null } },
  ]);
});

test('a built-in port is listed only where the kernel found a UART', async () => {
  for (const [name, type] of [
    ['ttyS0', '4'],
    ['ttyS1', '0'],
  ] as const) {
    await folder(`sys/devices/platform/serial8250/tty/${name}`);
    await symlink(
      path.join(root, 'sys/devices/platform/serial8250'),
      path.join(root, `sys/devices/platform/serial8250/tty/${name}/device`),
    );
    await file(`sys/devices/platform/serial8250/tty/${name}/type`, `${type}\n`);
    await symlink(
      path.join(root, `sys/devices/platform/serial8250/tty/${name}`),
      path.join(root, 'sys/class/tty', name),
    );
  }
  await folder('sys/devices/virtual/tty/tty1');
  await symlink(path.join(root, 'sys/devices/virtual/tty/tty1'), path.join(root, 'sys/class/tty/tty1'));
  expect((await listPorts({ root, platform: 'linux' })).map((port) => [port.slot, port.usb])).toEqual([
    ['ttyS0', null],
  ]);
});

test('a link of the link folder is a port with the name of the link; a dangling one is an unplugged board', async () => {
  await folder('bench');
  await symlink('/dev/null', path.join(root, 'bench/left'));
  await symlink('/dev/gone', path.join(root, 'bench/right'));
  const ports = await listPorts({ root, platform: 'linux', links: path.join(root, 'bench') });
  expect(ports).toEqual([
    { slot: 'left', path: path.join(root, 'bench/left'), label: 'left', usb: null, byId: null, byPath: null },
  ]);
});

test('no sysfs, no link folder: no ports', async () => {
  expect(
    await listPorts({
      root: path.join(root, 'nothing'),
      platform: 'linux',
      links: path.join(root, 'nothing either'),
    }),
  ).toEqual([]);
});
