import * as z from 'zod';
import {
  PREAUTHORIZE_CALLS,
  type PreauthorizeCallResults,
  type PreauthorizeStationEvent,
} from './contract/preauthorize.ts';
import {
  SERVER_CALLS,
  type CertificateView,
  type DoctorLine,
  type ServerCallResults,
  type ServerTest,
  type ServerView,
} from './contract/servers.ts';
import { BATCH_SHARE_CALLS, type BatchShareCallResults } from './contract/batch-shares.ts';
import { BATCH_CALLS, batchName, type BatchCallResults, type BatchStationEvent } from './contract/batches.ts';
import { INVENTORY_CALLS, inventoryWish, type InventoryCallResults } from './contract/inventory.ts';
import { BATCH_ALLOWANCES } from './model/batch.ts';
import {
  PEOPLE_CALLS,
  type PeopleCallResults,
  type PeopleEvent,
  type PeopleView,
} from './contract/people.ts';
import type { BoardObservation, Presence } from './model/board.ts';
import type { ErrorReport, JobResult, StepName, Verdict, WireCount } from './model/job.ts';
import type { JournalEntry } from './model/event.ts';
import type { Device } from './model/device.ts';
import type { Identity } from './model/identity.ts';
import type { InventoryStanding } from './model/inventory.ts';
import type { KeyFingerprint } from './model/key.ts';
import type { KeyMaker } from './model/step-labels.ts';
import type { Statistics } from './journal/statistics.ts';
import type { Verification } from './journal/verify.ts';
import type { BoardProfile } from './model/profile.ts';
import {
  REKEY_REASONS,
  TO_CONFIRM,
  type InterruptedJob,
  type Plan,
  type RekeyReason,
  type UnitReport,
} from './model/rekey.ts';
import type { TranscriptEntry } from './serial/transcript.ts';

/**
 * All that a front end may ask of a station, and all that it is told. Parameters are checked at run time where they
 * enter the station; a front end needs no check of what the station says.
 */

const text = z.string().max(4096);
const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/, 'letters, digits, blank . _ - (64 at most)');
const keySource = z
  .string()
  .max(4096)
  .regex(
    /^(board|keep|generate)(:(ed25519|p256|p384|rsa2048|rsa3072|rsa4096))?$|^import:.+/,
    'is none that there is: board[:TYPE], generate[:TYPE], import:DIR or keep',
  );
const trust = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('system') }),
  z.strictObject({ by: z.literal('ca'), pem: z.string().max(1_000_000) }),
  z.strictObject({ by: z.literal('pin'), spkiSha256: text }),
]);

/** A station key by its fingerprint, with or without `sha256:`. */
export const keyFingerprint = z
  .string()
  .regex(/^(sha256:)?[0-9a-f]{64}$/i, 'the fingerprint of a station key: 64 hex digits');
/** `SEQ:HASH`, as the window and exports show the record's head. */
export const journalHead = z
  .string()
  .regex(/^[1-9]\d{0,15}:[0-9a-f]{64}$/i, 'a head of the record: SEQ:HASH, its hash of 64 hex digits');

/** A secret on its way in: accepted as text, held as `Secret` from the first line of the station on. */
const secretText = z.string().min(1).max(16_384);

const rekeyReason = z
  .strictObject({ code: z.enum(REKEY_REASONS), text: z.string().max(2000).default('') })
  .refine(({ code, text: words }) => code !== 'other' || words.trim() !== '', 'say why in your own words');

export type { BenchRules, PeopleView, PersonView } from './contract/people.ts';

/** The batch that boards are to count in, and what an admin lets through beyond its rows. */
const againstBatch = {
  batch: batchName.optional(),
  allow: z.array(z.enum(BATCH_ALLOWANCES)).max(8).default([]),
};

/** The schemas of every call's parameters. */
export const CALLS = {
  ...BATCH_CALLS,
  ...BATCH_SHARE_CALLS,
  ...INVENTORY_CALLS,
  ...PEOPLE_CALLS,
  ...PREAUTHORIZE_CALLS,
  ...SERVER_CALLS,
  /** All that a window shows at its start. */
  snapshot: z.strictObject({}),
  'port.refresh': z.strictObject({}),
  'port.mute': z.strictObject({ slot: text, muted: z.boolean() }),
  'server.add': z.strictObject({
    name,
    /** Left out where the kind finds it by itself. */
    url: text.optional(),
    boardUrl: text.optional(),
    kind: z.enum(['mender', 'mic']).default('mender'),
    trust: trust.default({ by: 'system' }),
    /** For the kind `mic`; its URL is found by `host` where that is given. */
    mic: z
      .strictObject({
        host: text.min(1).optional(),
        /** Services to ask instead of the vendor's own. */
        discovery: z.array(text).max(8).optional(),
        thingType: text.min(1).optional(),
        domain: text.min(1).optional(),
        iotCa: z.string().max(1_000_000).optional(),
      })
      .optional(),
    /** Of the gateway before a server of the kind `mic`; else what the server tells. */
    apiKey: secretText.optional(),
  }),
  'server.api-key': z.strictObject({ name, key: secretText.nullable() }),
  'server.remove': z.strictObject({ name }),
  /** The certificate that a server shows, so that a person can compare and pin it. */
  'server.certificate': z.strictObject({ url: text }),
  'server.test': z.strictObject({ name }),
  'server.login': z.strictObject({
    name,
    user: text.optional(),
    password: secretText.optional(),
    otp: text.optional(),
    token: secretText.optional(),
    /** Keep the session in the key store until it ends. */
    keep: z.boolean().default(false),
  }),
  'server.logout': z.strictObject({ name }),
  'server.tenant-token': z.strictObject({ name, token: secretText.nullable() }),
  'profile.list': z.strictObject({}),
  'profile.show': z.strictObject({ name }),
  'profile.check': z.strictObject({ path: text }),
  /** A password for boards, under the name by which profiles mention it. Null removes it. */
  'credential.set': z.strictObject({ name, password: secretText.nullable() }),
  /** `password`: of the board, instead of the stored ones. */
  identify: z.strictObject({ port: text, profile: name, password: secretText.optional() }),
  provision: z.strictObject({
    ports: z.array(text).min(1).max(256),
    server: name,
    profile: name,
    keySource: keySource.optional(),
    /** Of the boards, instead of the stored ones. */
    password: secretText.optional(),
    /** Of imported keys. */
    passphrase: secretText.optional(),
    label: text.optional(),
    /** What devices are called once their boards are through; before what the profile says, after a row of the batch. */
    inventory: inventoryWish.optional(),
    ...againstBatch,
  }),
  /** What `provision` would do, from the same decision function. Reads board and server; changes nothing. */
  'provision.plan': z.strictObject({
    ports: z.array(text).min(1).max(256),
    server: name,
    profile: name,
    keySource: keySource.optional(),
    /** Of the boards, instead of the stored ones. */
    password: secretText.optional(),
    ...againstBatch,
  }),
  /** A returned unit as it is: on the board, on the server, in the record. Changes nothing. */
  'rekey.look': z.strictObject({
    port: text,
    server: name,
    profile: name,
    password: secretText.optional(),
  }),
  /** The file by which other stations seal their requests to this one. */
  'approver.export': z.strictObject({}),
  'approver.add': z.strictObject({ file: z.string().max(100_000) }),
  'approver.list': z.strictObject({}),
  /** Stages and proves a new key without the server; what comes back asks an admin elsewhere to have it accepted. */
  'rekey.request': z.strictObject({
    port: text,
    server: name,
    profile: name,
    keySource: keySource.optional(),
    passphrase: secretText.optional(),
    password: secretText.optional(),
    reason: rekeyReason,
    label: text.optional(),
    confirmed: z.array(z.enum(TO_CONFIRM)).max(16).default([]),
    /** The approving station by its name; may be left out where one is known. */
    approver: text.optional(),
    expiresMs: z
      .number()
      .int()
      .min(60_000)
      .max(7 * 86_400_000)
      .default(86_400_000),
  }),
  /** Who asks for what and why, and what the server has of the unit. Brings nothing of the request to the server. */
  'rekey.read-request': z.strictObject({
    file: z.string().max(1_000_000),
    server: name,
    otherAddress: z.boolean().default(false),
  }),
  /** Has the server take the requested key and writes the approval; with `tidy`, removes every other key once it is in use. */
  'rekey.approve': z.strictObject({
    file: z.string().max(1_000_000),
    server: name,
    /** The server of the request is the given one, under another address. */
    otherAddress: z.boolean().default(false),
    /** The unit still holds the key that it had at its request, though the server has accepted another one since. */
    otherKey: z.boolean().default(false),
    /** The unit has its new key: remove every other one of its device. */
    tidy: z.boolean().default(false),
  }),
  /** Finishes a re-key with the approval of its request; needs no login. */
  'rekey.finish': z.strictObject({ file: z.string().max(1_000_000), password: secretText.optional() }),
  'resume.list': z.strictObject({}),
  /** Finishes interrupted jobs whose boards are on the bench, found by identity on any port. Left out: all of them. */
  resume: z.strictObject({ job: text.optional(), password: secretText.optional() }),
  /** Takes an interrupted job off the list; its record says so. What it left on its board is told by `resume.list`. */
  'resume.dismiss': z.strictObject({ job: text }),
  rekey: z.strictObject({
    port: text,
    server: name,
    profile: name,
    keySource: keySource.optional(),
    /** Of the unit, instead of the stored ones. */
    password: secretText.optional(),
    passphrase: secretText.optional(),
    reason: rekeyReason,
    label: text.optional(),
    /** Go on where the unit's case needs a person's word: `identity-changed`, `elsewhere`, `unknown`, `rejected`. */
    confirmed: z.array(z.enum(TO_CONFIRM)).max(16).default([]),
    /** For `identity-changed`: decommission the device of the former identity once the new one is proved. */
    decommissionFormer: z.boolean().default(false),
    /** Without the server: stage, prove and wait for it this long, in milliseconds. */
    waitMs: z
      .number()
      .int()
      .min(0)
      .max(7 * 86_400_000)
      .default(86_400_000),
    dryRun: z.boolean().default(false),
  }),
  'job.cancel': z.strictObject({ job: text }),
  'job.transcript': z.strictObject({ job: text }),
  'slot.clear': z.strictObject({ slot: text }),
  'journal.list': z.strictObject({
    /** Units with such a value, of any attribute where `key` is left out; `prefix`: one that begins so. */
    identity: z
      .strictObject({
        key: text.optional(),
        value: text,
        match: z.enum(['equals', 'prefix']).default('equals'),
      })
      .optional(),
    since: z.iso.datetime({ offset: true }).optional(),
    limit: z.number().int().min(1).max(100_000).default(100),
  }),
  /**
   * The sheet of an ended job as a PDF file: for a re-keyed unit a hand-over sheet, for a provisioned one a certificate,
   * for one that did not pass a report that says so. `force` overwrites an earlier PDF, nothing else.
   */
  'rekey.sheet': z.strictObject({ job: text, path: text.min(1), force: z.boolean().default(false) }),
  /** Where a file for each ended job is put for another system; null ends it. Left out: how it is, and nothing changes. */
  'journal.drop': z.strictObject({ folder: text.min(1).nullable().optional() }),
  /** A verified copy of the whole record in a new file; recorded where this station may write. */
  'journal.backup': z.strictObject({ path: text.min(1) }),
  /** How the bench does, counted from the full hour on in which `since` lies. */
  'journal.stats': z.strictObject({ since: z.iso.datetime({ offset: true }).optional() }),
  /**
   * The record in a file: `json` is evidence that `verify` takes by itself, from `since` on; `csv` the ended jobs, for
   * people and their spreadsheets. `force` overwrites an earlier export, nothing else.
   */
  'journal.export': z.strictObject({
    format: z.enum(['csv', 'json']),
    path: text.min(1),
    since: z.iso.datetime({ offset: true }).optional(),
    force: z.boolean().default(false),
  }),
  /** Looks at every row, hash and signature of the record. Heads as people copy them: `SEQ:HASH`. */
  'journal.verify': z.strictObject({
    keys: z.array(keyFingerprint).max(256).default([]),
    heads: z.array(journalHead).max(256).default([]),
  }),
  doctor: z.strictObject({}),
  'rehearsal.start': z.strictObject({
    boards: z.number().int().min(1).max(64).default(4),
    /** What kind of server it has. */
    kind: z.enum(['mender', 'mic']).default('mender'),
    mode: z.enum(['2026', '2023']).default('2026'),
    /** Something that goes wrong, by the name that `station rehearse --fail` has for it. */
    fail: text.optional(),
  }),
  'rehearsal.stop': z.strictObject({}),
  'preferences.set': z.strictObject({
    server: name.nullable().optional(),
    profile: name.nullable().optional(),
    operator: text.nullable().optional(),
    /** The batch that boards on the bench count in. */
    batch: batchName.nullable().optional(),
    sound: z.boolean().optional(),
  }),
} as const;

export type CallName = keyof typeof CALLS;
/** What a front end passes. */
export type CallInput<N extends CallName> = z.input<(typeof CALLS)[N]>;
/** What the station works with, defaults filled in. */
export type CallParams<N extends CallName> = z.output<(typeof CALLS)[N]>;

/** What each call gives back. */
export interface CallResults
  extends
    BatchCallResults,
    BatchShareCallResults,
    InventoryCallResults,
    PreauthorizeCallResults,
    PeopleCallResults,
    ServerCallResults {
  snapshot: Snapshot;
  'port.refresh': readonly SlotView[];
  'port.mute': null;
  'server.add': ServerView;
  'server.api-key': ServerView;
  'server.remove': null;
  'server.certificate': CertificateView;
  'server.test': ServerTest;
  'server.login': ServerView;
  'server.logout': ServerView;
  'server.tenant-token': ServerView;
  'profile.list': readonly BoardProfile[];
  'profile.show': BoardProfile;
  'profile.check': BoardProfile;
  'credential.set': null;
  identify: IdentifyReport;
  provision: ProvisionReport;
  'provision.plan': readonly Plan[];
  'rekey.look': UnitReport;
  'approver.export': ApproverFile;
  'approver.add': ApproverView;
  'approver.list': readonly ApproverView[];
  'rekey.request': RekeyFileReport;
  'rekey.read-request': RekeyRequestView;
  'rekey.approve': RekeyApprovalReport;
  'rekey.finish': ProvisionReport;
  'resume.list': readonly InterruptedJob[];
  resume: ProvisionReport;
  'resume.dismiss': null;
  rekey: ProvisionReport & { readonly plan?: Plan };
  'job.cancel': null;
  'job.transcript': readonly TranscriptEntry[];
  'slot.clear': null;
  'journal.list': readonly RecordView[];
  'rekey.sheet': { readonly path: string };
  'journal.drop': DropView;
  'journal.backup': BackupReport;
  'journal.stats': Statistics;
  'journal.export': ExportReport;
  'journal.verify': Verification;
  doctor: readonly DoctorLine[];
  'rehearsal.start': Snapshot;
  'rehearsal.stop': Snapshot;
  'preferences.set': null;
}

/** The station as a front end calls it. `provision` resolves when every job has its verdict; progress comes as events. */
export interface StationApi {
  call<N extends CallName>(name: N, params: CallInput<N>, signal?: AbortSignal): Promise<CallResults[N]>;
  /** `told`: how many events the station told until then, this one included; see {@link Snapshot.told}. */
  subscribe(listener: (event: StationEvent, told: number) => void): () => void;
}

/** All that a station tells without being asked. Each carries the whole new state of its subject, so that none depends on another. */
export type StationEvent =
  | PeopleEvent
  | { readonly type: 'slot'; readonly slot: SlotView }
  | { readonly type: 'slot-gone'; readonly slot: string }
  | { readonly type: 'job'; readonly job: JobView }
  | { readonly type: 'server'; readonly server: ServerView }
  | { readonly type: 'server-gone'; readonly name: string }
  | { readonly type: 'record'; readonly record: RecordView }
  | { readonly type: 'line'; readonly job: string; readonly entries: readonly TranscriptEntry[] }
  | { readonly type: 'rehearsal'; readonly rehearsal: RehearsalView }
  | { readonly type: 'preferences'; readonly preferences: PreferencesView }
  /** Names of the stored credentials. */
  | { readonly type: 'credentials'; readonly credentials: readonly string[] }
  /** The record has grown; told at each job's end. */
  | { readonly type: 'journal'; readonly journal: JournalView }
  /** Jobs to be finished: at the start, and whenever the list changes. */
  | { readonly type: 'interrupted'; readonly interrupted: readonly InterruptedJob[] }
  | { readonly type: 'read-only'; readonly readOnly: ErrorReport | null }
  | BatchStationEvent
  | PreauthorizeStationEvent;

export interface Snapshot {
  /** How many events the station had told before: one with a higher number is newer than this snapshot. */
  readonly told: number;
  readonly station: {
    readonly id: string;
    readonly version: string;
    readonly home: string;
    readonly keyProtection: string;
    /** Why a login cannot be kept for the next start; null where it can. */
    readonly loginsNotKept: string | null;
  };
  readonly slots: readonly SlotView[];
  /** The last job of each slot, running or ended, while it is shown. */
  readonly jobs: readonly JobView[];
  readonly servers: readonly ServerView[];
  readonly profiles: readonly BoardProfile[];
  /** The names of the passwords for boards that are stored; profiles mention them. */
  readonly credentials: readonly string[];
  readonly records: readonly RecordView[];
  readonly journal: JournalView;
  readonly interrupted: readonly InterruptedJob[];
  readonly rehearsal: RehearsalView;
  readonly preferences: PreferencesView;
  /** Where `people.blind` says so, all of the record is left out of this snapshot. */
  readonly people: PeopleView;
  /** Set when the station can read but not change boards, and why (a lock held elsewhere, a full disk). */
  readonly readOnly: ErrorReport | null;
}

/** What a person notes down to be able to tell later that nothing was cut off or changed. */
export interface JournalView {
  /** Null for an empty record. `key`: the station key that signed last. */
  readonly head: {
    readonly seq: number;
    /** SHA-256, hex. */
    readonly hash: string;
    readonly key: KeyFingerprint | null;
  } | null;
}

export interface ExportReport {
  readonly path: string;
  readonly rows: number;
  /** The record's head when it was exported: with it, what is cut off later shows. */
  readonly head: { readonly seq: number; readonly hash: string } | null;
  /** The station key that signed this head; null where the key is not at hand, and for CSV. */
  readonly key: string | null;
}

export interface DropView {
  readonly folder: string | null;
  /** Records that are not there yet. */
  readonly waiting: number;
  /** Why they are not; null where nothing is in the way. */
  readonly error: string | null;
}

export interface BackupReport {
  readonly path: string;
  /** The last row in the copy. */
  readonly head: { readonly seq: number; readonly hash: string };
  /** Whether the record says that it was made; not so while another program is its writer. */
  readonly recorded: boolean;
}

export interface PreferencesView {
  readonly server: string | null;
  readonly profile: string | null;
  readonly operator: string | null;
  /** The batch that boards on the bench count in; null also once it is closed or removed. */
  readonly batch: string | null;
  /** Whether the window lets each verdict be heard. */
  readonly sound: boolean;
}

/** A place on the bench, named by where it is wired to and not by the order of plugging in. */
export interface SlotView {
  readonly slot: string;
  readonly port: string;
  readonly label: string;
  readonly usb: {
    readonly vendorId: string;
    readonly productId: string;
    readonly serialNumber: string | null;
    readonly product: string | null;
  } | null;
  readonly byId: string | null;
  readonly presence: Presence | 'busy' | 'in-job' | 'no-permission' | 'muted';
  /** Why a port that is `busy` or `no-permission` cannot be opened, and what to do about it. */
  readonly error: ErrorReport | null;
  readonly simulated: boolean;
  /** The last job here, running or ended and not yet cleared. */
  readonly job: string | null;
}

export interface JobView {
  readonly job: string;
  readonly slot: string;
  readonly port: string;
  readonly flow: 'provision' | 'rekey';
  /** Who makes the key of its board: its steps have their words by that. */
  readonly keyMaker: KeyMaker;
  /** `waiting`: staged, the old key active, nothing sent; it goes on when board and server are there. */
  readonly state: 'running' | 'waiting' | 'cancelling' | 'ended';
  /** For `waiting`: what for, and until when (ISO 8601). */
  readonly waiting: { readonly for: 'server' | 'board'; readonly deadline: string } | null;
  readonly startedAt: string;
  readonly identity: string | null;
  readonly deviceId: string | null;
  readonly keyFingerprint: string | null;
  readonly steps: readonly StepView[];
  readonly wire: WireCount;
  /** Set when it has ended; a `pass` is here only after its record is durable. */
  readonly result: JobResult | null;
  /** Why an ended job has no result: its verdict could not be recorded, and what is not recorded is no verdict. */
  readonly failure: ErrorReport | null;
}

export interface StepView {
  readonly step: StepName;
  readonly state: 'running' | 'done' | 'failed';
  /** Milliseconds since the job began. */
  readonly startedMs: number;
  /** Milliseconds; null while running. */
  readonly ms: number | null;
  /** A sentence on what is being done or came out, without secrets. */
  readonly detail: string | null;
}

export type { CertificateView, DoctorLine, ServerTest, ServerView };

export interface RehearsalView {
  readonly running: boolean;
  readonly boards: number;
  readonly serverUrl: string | null;
  /** True until the first real server is added or the first rehearsal has run: the window offers it then. */
  readonly offer: boolean;
}

/** A row of the record: one ended job. */
export interface RecordView {
  readonly seq: number;
  readonly at: string;
  readonly job: string;
  readonly flow: 'provision' | 'rekey';
  readonly port: string;
  readonly slot: string;
  readonly verdict: Verdict;
  readonly identity: string | null;
  readonly deviceId: string | null;
  readonly keyFingerprint: string | null;
  readonly keyType: string | null;
  readonly proof: string | null;
  readonly server: string;
  readonly ms: number;
  readonly error: ErrorReport | null;
  readonly label: string | null;
  /** The name of the batch that it was to count in. */
  readonly batch: string | null;
  /** How far it is with name tag, tags and group of its device; null where none was asked for. */
  readonly inventory: InventoryStanding | null;
}

export interface IdentifyReport {
  readonly port: string;
  readonly slot: string;
  /** The configuration's text is left out; what matters of it is in `serverUrls`. */
  readonly board: Omit<BoardObservation, 'configuration'>;
  readonly serverUrls: readonly string[];
  readonly warnings: readonly string[];
}

/** The result of a job with what goes on after it. */
export interface JobReport extends JobResult {
  /** How far it is with name tag, tags and group; left out where none was asked for. It changes no verdict. */
  readonly inventory?: InventoryStanding;
}

/** The command's JSON result. */
export interface ProvisionReport {
  readonly jobs: readonly JobReport[];
  readonly elapsedMs: number;
}

/** The journal as it is stored, for `journal export`-like readers. */
export type { JournalEntry };

/** A station whose admin approves requests; `key` is the fingerprint of the key that it signs with. */
export interface ApproverView {
  readonly station: string;
  readonly key: string;
  /** ISO 8601. */
  readonly at: string;
}

export interface ApproverFile {
  /** The text of the file. */
  readonly file: string;
  readonly view: ApproverView;
}

/** A request that was written for an admin elsewhere; its job waits. */
export interface RekeyFileReport {
  /** The text of the file. What is a credential in it is sealed to the approving station. */
  readonly file: string;
  readonly job: string;
  readonly identity: Identity;
  readonly fingerprint: string;
  readonly approver: string;
  /** ISO 8601. */
  readonly expires: string;
  /** The fingerprint of this station's key, for the admin to compare. */
  readonly stationKey: string;
}

/** A request as its admin sees it before anything is changed. */
export interface RekeyRequestView {
  readonly station: string;
  /** The fingerprint of the key that signed it. */
  readonly stationKey: string;
  readonly operator: string | null;
  readonly at: string;
  readonly expires: string;
  readonly identity: Identity;
  readonly fingerprint: string;
  readonly oldKey: string | null;
  readonly reason: RekeyReason;
  readonly serverUrl: string;
  readonly device: Device;
  /** What the server has of the requested key. `accepted`: once the unit has it, what is left is to remove the others. */
  readonly state: 'new' | 'preauthorized' | 'accepted';
}

export interface RekeyApprovalReport {
  /** The text of the file by which the unit's station goes on. */
  readonly file: string;
  readonly how: 'preauthorized' | 'accepted';
  readonly deviceId: string;
  /** Whether every other key of the device was removed. */
  readonly tidied: boolean;
}
