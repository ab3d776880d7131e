import { row } from './error-row.ts';

const DEVICE = 'The board and its key are as they were; the unit works.';
const AGAIN = 'then have it tried again (station inventory retry).';

/** Errors of name tags, tags and groups. None of them changes a verdict. */
export const INVENTORY_ERRORS = {
  'inventory/refused': row(
    '{server} does not take the name tag, the tags or the group: {detail}.',
    DEVICE,
    `Correct them on the server or make room there, ${AGAIN}`,
  ),
  'inventory/not-known': row(
    'The inventory of {server} has not come to know the device {device} in {minutes} minutes.',
    DEVICE,
    `Look whether the device is still there and the inventory works, ${AGAIN}`,
    true,
  ),
  'inventory/contended': row(
    'Others kept changing the tags of the device {device} at {server}.',
    DEVICE,
    'Try again (station inventory retry).',
    true,
  ),
  'inventory/not-offered': row(
    '{server} is of a kind that has no name tags, tags and groups.',
    DEVICE,
    'Nothing is to be done; leave them out for boards of this server.',
  ),
  'inventory/other-server': row(
    '{server} was {was} when the board was accepted, and is {now} now.',
    DEVICE,
    'Set name tag, tags and group by hand where the device is.',
  ),
} as const;
