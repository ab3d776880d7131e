import type { Command } from 'commander';
import type { SlotView } from '../../contract.ts';
import { action, type ProgramParts } from '../context.ts';
import { table } from '../output.ts';

/** `station ports`. */
export function addPortsCommand(program: Command, parts: ProgramParts): void {
  const command = program
    .command('ports')
    .description('the serial ports: path, slot, USB ids, who holds a busy one');
  action(command, parts, ({ output, withStation }) =>
    withStation('read', async (station) => {
      const slots = await station.call('port.refresh', {});
      output.result(slots, listing);
      return 0;
    }),
  );
}

function listing(slots: readonly SlotView[]): string {
  if (slots.length === 0) {
    return 'No serial port found. Plug an adapter in; on Linux its driver makes /dev/ttyUSB* or /dev/ttyACM*. station doctor tells what stands in the way.';
  }
  return table(
    ['SLOT', 'PORT', 'USB', 'PRODUCT', 'BY ID', 'IN THE WAY'],
    slots.map(({ slot, port, usb, byId, error }) => [
      slot,
      port,
      usb === null ? '' : `${usb.vendorId}:${usb.productId}`,
      usb?.product ?? '',
      byId ?? '',
      error?.message ?? '',
    ]),
  );
}
