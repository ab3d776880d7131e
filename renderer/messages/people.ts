import type { Role, WhileLocked } from '../../src/model/rights.ts';

/** Texts of who works here: signing in, the lock, and the people that an admin defines. */
export const peopleMessages = {
  locked: 'Locked',
  lockTitle: 'The bench is locked',
  lockNobody: 'Nobody has signed in.',
  lockLast: (person: string) => `${person} was here last.`,
  lockJobs: (running: number) =>
    running === 0
      ? 'No job is running.'
      : running === 1
        ? 'One job is running and is being finished. Leave its board alone.'
        : `${running} jobs are running and are being finished. Leave their boards alone.`,
  look: 'Look at the bench',
  back: 'Sign in',

  who: 'Who are you?',
  byBadge: 'I have a badge',
  code: 'PIN or badge',
  codeHelp: 'Scan a badge at any time, or choose your name and enter your PIN.',
  signIn: 'Sign in',
  signingIn: 'Looking…',
  waits: (seconds: number) => `No try counts for another ${seconds} s.`,

  personTitle: 'At the bench',
  is: (person: string, role: string) => `${person}, ${role}`,
  change: 'Change operator',
  changeHelp: 'Jobs that run go on, and stay in the name of who began them.',
  lockNow: 'Lock now',
  signOut: 'Sign out',
  ownPin: 'A new PIN for me',
  codeNow: 'PIN of now (or badge)',
  newPin: 'New PIN (6 digits at least)',
  pinSet: 'The new PIN counts from now on.',
  open: 'People and lock…',
  nobodyYet: 'Whoever is here may do everything, and only a name is recorded.',

  title: 'People and lock',
  none: 'Nobody is defined: whoever is at this station may do everything. From the first person on, everybody signs in; the first one has to be an admin.',
  needsAdmin: 'Only an admin can change this.',
  roles: { technician: 'Technician', field: 'Field', admin: 'Admin' } satisfies Record<Role, string>,
  roleHelp: {
    technician: 'Provisions boards of open batches.',
    field: 'Also re-keys returned units, and logs in at servers.',
    admin: 'Also servers, batches, settings, approvals, people and restoring.',
  } satisfies Record<Role, string>,
  also: (rights: string) => `May also ${rights}.`,
  has: (pin: boolean, badge: boolean) =>
    pin && badge ? 'PIN and badge' : badge ? 'badge alone' : pin ? 'PIN' : 'neither PIN nor badge',
  edit: 'Change',
  editing: (name: string) => `Change ${name}`,
  remove: 'Remove',
  removeSure: (name: string) => `Remove ${name}? What is in the record stays.`,
  addTitle: 'Add a person',
  firstTitle: 'Name the first admin',
  name: 'Name',
  role: 'Role',
  pin: 'PIN (6 digits at least)',
  badge: 'Badge (scan it here)',
  keepPin: 'Left empty: as it is',
  keepBadge: 'Left empty: as it is',
  noBadge: 'Take the badge away',
  rights: 'Rights beside the role',
  add: 'Add',
  save: 'Save',

  rulesTitle: 'The lock',
  idle: 'Locks itself after',
  idleOf: (minutes: number) => (minutes === 0 ? 'never' : `${minutes} min without a sign of anybody`),
  idlePerson: 'Locks after',
  idleAsBench: 'as the bench',
  whileLocked: 'While it is locked',
  whileLockedOf: {
    nothing: 'Nothing is shown',
    look: 'The bench and its record can be looked at',
    'go-on': 'Provisioning goes on for who was here last',
  } satisfies Record<WhileLocked, string>,
  whileLockedHelp: 'Jobs that run are finished in any case.',
  freely: 'Technicians may also provision without a batch',

  mayNot: (person: string, what: string) =>
    `${person} may not ${what}. An admin of this station may give that right.`,
  rekeyNot: 'Re-keying is not possible now',
  signInFirst: 'The bench is locked: sign in first.',
  guidanceLocked: { title: 'The bench is locked', text: 'Sign in to start anything.' },
  guidanceMayNot: (person: string, what: string) => ({
    title: `${person} may not ${what}`,
    text: 'Work on a batch, change the operator, or ask an admin of this station.',
  }),
} as const;
