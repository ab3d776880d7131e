import type { SlotView } from '../src/contract.ts';

/** Names of UARTs that are part of a machine; a USB adapter's are others, or have USB ids. */
const ON_BOARD = /^(?:\/dev\/tty(?:S|AMA|mxc|LP|HS|O)\d+|COM\d+)$/;

/** Whether a port is one of the machine itself, where a board is the exception. */
export function isBuiltIn({ simulated, usb, byId, port }: SlotView): boolean {
  return !simulated && usb === null && byId === null && ON_BOARD.test(port);
}
