/**
 * Who may ask a station for what. Rights are a person's at the station; what an account may do at a server is the server's
 * to say. A station that knows no people asks for none of them.
 */

/** What a person is at the station. */
export const ROLES = ['technician', 'field', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export const RIGHTS = [
  'look',
  'export',
  'test',
  'rehearse',
  'provision',
  'provision-freely',
  'rekey',
  'server-login',
  'approve',
  'batches',
  'servers',
  'settings',
  'people',
  'restore',
  'remove-auth-sets',
  'decommission',
] as const;
export type Right = (typeof RIGHTS)[number];

/** What each right lets a person do, as the end of the sentence "... may". */
export const RIGHT_TEXTS: Readonly<Record<Right, string>> = {
  look: 'look at the bench and its record',
  export: 'write the record, sheets and lists into files',
  test: 'test servers with their logins, and files of board profiles',
  rehearse: 'rehearse with simulated boards',
  provision: 'provision boards in open batches',
  'provision-freely': 'provision boards without a batch',
  rekey: 're-key returned units, also by request and approval',
  'server-login': 'log in and out at servers',
  approve: 'approve re-keys that other stations ask for',
  batches: 'import, preauthorize and close batches',
  servers: 'add and remove servers',
  settings: 'change the settings of the station and its stored passwords',
  people: 'say who may work here',
  restore: 'put a backup in the place of the record',
  'remove-auth-sets': 'remove auth sets that the station did not make',
  decommission: 'decommission devices',
};

const TECHNICIAN: readonly Right[] = ['look', 'export', 'test', 'rehearse', 'provision'];
const FIELD: readonly Right[] = [...TECHNICIAN, 'rekey', 'server-login'];

/** The rights that come with each role. What ends a device or its keys comes with none: an admin gives it to a person. */
export const ROLE_RIGHTS: Readonly<Record<Role, readonly Right[]>> = {
  technician: TECHNICIAN,
  field: FIELD,
  admin: [...FIELD, 'provision-freely', 'approve', 'batches', 'servers', 'settings', 'people', 'restore'],
};

/** What an admin may give to a person beside the role. */
export const GRANTABLE = [
  'provision-freely',
  'rekey',
  'server-login',
  'approve',
  'batches',
  'remove-auth-sets',
  'decommission',
] as const satisfies readonly Right[];
export type Grantable = (typeof GRANTABLE)[number];

/** What a locked bench, or one at which nobody has signed in, still does. Jobs that run are finished in any case. */
export const WHILE_LOCKED = ['nothing', 'look', 'go-on'] as const;
export type WhileLocked = (typeof WHILE_LOCKED)[number];

/** What a call's rights depend on beside its name. */
export interface CallCase {
  /** The call's parameters, checked. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Whether the server that they name is that of a rehearsal. */
  readonly simulated: boolean;
  /** Whether technicians may provision without a batch. */
  readonly freely: boolean;
}

/** `anybody`: also where nobody has signed in. `person`: whoever has. */
export type CallRule = 'anybody' | 'person' | Right | ((call: CallCase) => readonly Right[]);

/** A batch's own boards need less than any other. */
const provisioning = ({ params, simulated, freely }: CallCase): readonly Right[] => {
  const { batch, allow } = params;
  // What is in no row is let through by who may change the rows.
  const beyond: readonly Right[] = Array.isArray(allow) && allow.length > 0 ? ['batches'] : [];
  if (simulated) return ['rehearse', ...beyond];
  return freely || batch !== undefined
    ? ['provision', ...beyond]
    : ['provision', 'provision-freely', ...beyond];
};

/**
 * Every call of the contract and the right that it takes. A call without a row does not compile. What a locked bench may be
 * asked takes `look`: nothing that writes or reads a file that the call names, and nothing that uses a login.
 */
export const CALL_RULES = {
  snapshot: 'anybody',
  'people.show': 'anybody',
  'people.sign-in': 'anybody',
  'people.sign-out': 'anybody',
  'people.lock': 'anybody',
  'people.active': 'anybody',
  'people.set-pin': 'person',
  'people.add': 'people',
  'people.set': 'people',
  'people.remove': 'people',
  'people.rules': 'people',
  'batch.list': 'look',
  'batch.show': 'look',
  'batch.rows': 'look',
  'batch.export': 'export',
  'batch.certificate': 'export',
  'batch.check': 'batches',
  'batch.import': 'batches',
  'batch.close': 'batches',
  'batch.remove': 'batches',
  'batch.share': 'batches',
  'batch.return-share': 'batches',
  'batch.merge': 'batches',
  'batch.preauthorize': 'batches',
  'batch.pause': 'batches',
  'batch.cancel': 'batches',
  // Only what the batch itself made and nobody used.
  'batch.take-back': 'batches',
  'batch.reconcile': ({ params }) => {
    const { fix } = params;
    if (fix === undefined) return ['test'];
    // These two are what a preauthorization does; the others take away what somebody else may have made.
    if (fix === 'missing' || fix === 'pending') return ['batches'];
    // A dead device has no auth set to remove: it is decommissioned.
    return fix === 'dead' ? ['batches', 'remove-auth-sets', 'decommission'] : ['batches', 'remove-auth-sets'];
  },
  'inventory.list': 'look',
  'inventory.counts': 'look',
  'inventory.retry': 'provision',
  'inventory.apply': 'batches',
  'port.refresh': 'look',
  'port.mute': 'provision',
  'server.add': 'servers',
  'server.remove': 'servers',
  'server.certificate': 'servers',
  'server.test': 'test',
  'server.login': 'server-login',
  'server.logout': 'server-login',
  'server.tenant-token': 'servers',
  'server.shown-certificate': 'servers',
  'server.pin': 'servers',
  'server.first-user': 'servers',
  'server.read-tenant-token': 'servers',
  'shift.check': 'test',
  'server.api-key': 'servers',
  'profile.list': 'look',
  'profile.show': 'look',
  // It tells how a file begins that is none.
  'profile.check': 'test',
  'credential.set': 'settings',
  identify: 'provision',
  provision: provisioning,
  'provision.plan': 'provision',
  'rekey.look': 'rekey',
  'approver.export': 'approve',
  'approver.add': 'settings',
  'approver.list': 'look',
  'rekey.request': 'rekey',
  'rekey.read-request': 'approve',
  'rekey.approve': 'approve',
  'rekey.finish': 'rekey',
  'resume.list': 'look',
  // Each job takes what it would take to be begun: `unfinished.ts` asks.
  resume: 'provision',
  'resume.dismiss': 'rekey',
  rekey: ({ params }) =>
    params['decommissionFormer'] === true && params['dryRun'] !== true
      ? ['rekey', 'decommission']
      : ['rekey'],
  'job.cancel': 'provision',
  'job.transcript': 'look',
  'slot.clear': 'provision',
  'journal.list': 'look',
  'rekey.sheet': 'export',
  'journal.drop': ({ params }) => (params['folder'] === undefined ? ['look'] : ['settings']),
  'journal.backup': 'export',
  'journal.stats': 'look',
  'journal.export': 'export',
  'journal.verify': 'look',
  // Behind the lock it tests no server.
  doctor: 'look',
  'rehearsal.start': 'rehearse',
  'rehearsal.stop': 'rehearse',
  // Where people sign in, the name of whoever works is theirs to give, and none that anybody writes down.
  'preferences.set': ({ params }) => (params['operator'] === undefined ? ['provision'] : ['settings']),
} as const satisfies Readonly<Record<string, CallRule>>;

/** The rights that a call takes; none where it takes nobody, or anybody who has signed in. */
export function rightsFor(rule: CallRule, call: CallCase): readonly Right[] {
  if (rule === 'anybody' || rule === 'person') return [];
  return typeof rule === 'function' ? rule(call) : [rule];
}

/** What goes on at a bench that may go on while it is locked: what was armed before. */
export const GOES_ON: ReadonlySet<string> = new Set(['provision', 'slot.clear', 'port.refresh']);
