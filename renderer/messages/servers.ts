/** Texts about trust in servers, first users, organizations and whether a shift can begin. */
export const serverMessages = {
  codeTitle: (server: string) => `${server} asks for the second factor`,
  codeHelp: 'The password was right. It is asked for again after five minutes.',
  codeBack: 'Another account',
  refreshed: 'renews itself',
  refreshedHelp:
    'Until an end that the server chose and does not tell; MIC: 30 days, or what the stack has set.',
  short: (minutes: number) => `Logins at this server last ${minutes} min: a long job may need a new one.`,
  notKept: (why: string) => `It cannot be kept here. ${why}`,

  shift: 'Before the shift',
  shiftHours: 'Hours until its end',
  notSignedIn: 'Sign in first: its devices are read in your name.',
  shiftUntil: 'Or its end, by this clock',
  shiftUntilHelp: 'In the place of the hours; where that is past, of tomorrow.',
  shiftBatch: 'Batch whose boards are to come',
  shiftNoBatch: 'none',
  shiftUnits: 'Boards to come',
  shiftUnitsHelp:
    'Left empty where the limit does not matter, or all that are left of the batch are to come.',
  shiftCheck: 'Check',
  shiftGood: (until: string) => `The shift can begin (until ${until}).`,
  shiftBad: (count: number, until: string) =>
    `${count === 1 ? 'One thing is' : `${count} things are`} to be mended before the shift (until ${until}).`,

  key: 'Compare its key',
  keyPinned: 'Pinned key',
  keySeen: (at: string) => `Key since ${at}`,
  keyNow: 'Key that it shows now',
  keySame: 'It shows the pinned key.',
  keyTrust: 'Trust this key from now on',
  keyTrusted: 'This key is trusted from now on.',

  organization: 'Read the organization’s token',
  organizationRead: 'The organization’s token was read from the server and is stored for boards.',

  empty: 'This server has no user yet.',
  firstUser: 'Make its first user',
  password: 'Password, of 8 characters or more',
  again: 'Once more',
  differ: 'The two passwords differ.',
};
