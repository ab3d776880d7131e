import type { Act } from './decision.ts';

/** What an action is done on, and what it does, in words for a person. */
export interface ActRow {
  readonly on: 'board' | 'server' | 'station';
  readonly says: string;
}

/** Every action of the flows. Plans and `docs/flows.md` are written from this. */
export const ACTS: Readonly<Record<Act['do'], ActRow>> = {
  'set-clock': { on: 'board', says: 'Set the clock of the board to that of the station.' },
  'make-key': { on: 'station', says: 'Make a key pair at the station, or take the imported one.' },
  'discard-staged': { on: 'board', says: 'Remove what an earlier job left staged.' },
  stage: { on: 'board', says: 'Put the new key, and the configuration, beside those in use, and compare.' },
  'prove-staged': { on: 'board', says: 'Have the staged key sign on the board.' },
  configure: { on: 'board', says: 'Bring the configuration of the client up to date, and start it again.' },
  'find-device': {
    on: 'server',
    says: 'Look for the device by its identity where the inventory does not show it.',
  },
  submit: { on: 'server', says: 'Send an auth request that the key has signed.' },
  preauthorize: {
    on: 'server',
    says: 'Preauthorize the new key beside the accepted one, which stays as it is.',
  },
  accept: { on: 'server', says: 'Accept the auth set of the key; an accepted one before it ends rejected.' },
  reject: { on: 'server', says: 'Reject an auth set that is not that of the key on the board.' },
  authenticate: { on: 'server', says: 'See that the server gives a token for the key, for this device.' },
  switch: {
    on: 'board',
    says: 'Stop the client, put the staged files in their places, start it again, read the key back.',
  },
  knock: {
    on: 'board',
    says: 'Have the client of the board ask for authorization, to see which key it has.',
  },
  prove: { on: 'board', says: 'Have the board prove the key as the profile asks for.' },
  'revoke-tokens': { on: 'server', says: 'End the tokens of the old key.' },
  'test-refusal': {
    on: 'server',
    says: 'Ask for authorization with the old key, while its auth set is there as rejected: it has to be refused.',
  },
  'remove-auth-set': { on: 'server', says: 'Remove the auth set of a key that is not to stay.' },
  'destroy-former': { on: 'board', says: 'Overwrite and remove the old key file.' },
  'decommission-former': {
    on: 'server',
    says: 'Decommission the device of the former identity, and wait half a minute for it to be gone.',
  },
  'consume-import': { on: 'station', says: 'Take the file of the imported key out of the way.' },
  'verify-device': {
    on: 'server',
    says: 'Read the device once more: another program may have accepted another key meanwhile.',
  },
};
