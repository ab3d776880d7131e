import type { ActRow } from '../reconcile/act-table.ts';
import type { IssueAct } from './decide.ts';

/** Every action of the flow for servers that make certificates and keys. Plans and `docs/flows.md` are written from this. */
export const ISSUE_ACTS: Readonly<Record<IssueAct['do'], ActRow>> = {
  'set-clock': { on: 'board', says: 'Set the clock of the board to that of the station.' },
  create: { on: 'server', says: 'Make the thing of the board, with its certificate and key.' },
  take: { on: 'server', says: 'Take certificate and key, and check that they belong together.' },
  prove: {
    on: 'server',
    says: 'Connect with them over MQTT as the board will: the endpoint has to answer with a CONNACK.',
  },
  stage: { on: 'board', says: 'Put certificate and key beside those in use, and compare.' },
  switch: { on: 'board', says: 'Put the staged files in their places, and read them back.' },
  discard: { on: 'board', says: 'Remove what an earlier job left staged.' },
};
