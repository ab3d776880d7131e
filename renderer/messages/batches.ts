import type { ReconcileFindingKind, ReconcileFix } from '../../src/contract/preauthorize.ts';
import type { BatchKind, RowOutcome } from '../../src/model/batch.ts';

const count = (n: number, one: string, many: string): string =>
  `${n.toLocaleString('en')} ${n === 1 ? one : many}`;

/** What a column is by its name. */
const foundAs: Readonly<Record<string, string>> = {
  identity: 'By its name: a part of the identity',
  pubkey: 'By its name: the public key',
  pubkey_file: 'By its name: the file of the public key',
  certificate: 'By its name: a certificate with the key',
  csr: 'By its name: a request with the key',
  tier: 'By its name: the tier',
  group: 'By its name: the group',
  tag: 'By its name: a tag',
  ignored: 'By its name: not looked at',
  unknown: 'Unknown',
};

/** Texts of the batches: lists of boards that are preauthorized, or that technicians provision against. */
export const batchMessages = {
  label: 'Batches',
  lines: {
    none: {
      title: 'Import a list of boards',
      text: 'With keys they are preauthorized on the server; without, technicians provision against the list.',
    },
    list: { title: 'Batches', text: 'Open one to see its rows, send it to a server, or follow its boards.' },
    running: (name: string) => ({
      title: `Preauthorizing ${name}`,
      text: 'Every answer is recorded as it comes. You may go to another screen meanwhile.',
    }),
    interrupted: (name: string) => ({
      title: `${name} was cut off`,
      text: 'Resume it: what was answered is in the record, and no row is sent twice.',
    }),
    paused: (name: string) => ({ title: `${name} is paused`, text: 'It goes on where it stopped.' }),
    toSend: (rows: number) => ({
      title: `${count(rows, 'row', 'rows')} to send`,
      text: 'Preauthorize them: each board is accepted then as soon as it first shows its key.',
    }),
    failed: (rows: number) => ({
      title: `${count(rows, 'row', 'rows')} failed`,
      text: 'Save them as a CSV file, mend it, and import it again; or send them once more.',
    }),
    done: {
      title: 'Every row is on the server',
      text: 'Boards are accepted when they first show their keys.',
    },
    open: (left: number) => ({
      title: `${count(left, 'board', 'boards')} to go`,
      text: 'Choose this batch on the bench: each board that passes counts.',
    }),
    full: { title: 'The batch is full', text: 'It takes no more boards. Its certificate lists every unit.' },
    closed: { title: 'The batch is closed', text: 'It takes no more boards.' },
  },

  empty: {
    title: 'No batch yet',
    text: 'A batch is a list of boards from a spreadsheet: one row for each, with its identity.',
    kinds: [
      {
        title: 'With their public keys',
        text: 'The station preauthorizes every row on a server, at the pace that the server takes. A board is accepted as soon as it first shows its key; nobody has to be there.',
      },
      {
        title: 'Without keys',
        text: 'An expectation: technicians provision against the list. The bench counts n of N, and lets no stranger and no repeat through unseen.',
      },
    ],
    columns:
      'A CSV file with a header row: identity columns such as mac or serial, and pubkey or pubkey_file, tier, group and tag.NAME where you want them.',
  },

  kinds: { keys: 'Keys to preauthorize', expectation: 'Expected boards' } satisfies Record<BatchKind, string>,
  import: 'Import a file…',
  back: 'All batches',
  progress: (done: number, all: number) => `${done.toLocaleString('en')} of ${all.toLocaleString('en')}`,
  doneWord: { keys: 'answered', expectation: 'through' } satisfies Record<BatchKind, string>,
  states: {
    running: 'running',
    paused: 'paused',
    cancelling: 'stopping',
    interrupted: 'cut off',
    full: 'full',
    closed: 'closed',
    open: 'open',
  },
  rate: (perSecond: number) => `${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)} rows/s`,
  left: (time: string) => `${time} left`,
  waits: (time: string) => `the server asks to wait ${time}`,
  outcomes: {
    pending: 'Pending',
    created: 'Created',
    already: 'Already there',
    conflict: 'Conflict',
    limit: 'Limit',
    refused: 'Refused',
  } satisfies Record<RowOutcome, string>,
  sent: 'Sent, no answer known',
  all: 'All rows',
  failedRows: 'Failed',
  filter: 'Which rows',
  rows: 'Rows',
  noRows: 'No such row.',
  loading: 'Reading the rows…',
  columns: { line: 'Line', identity: 'Identity', key: 'Key', outcome: 'Outcome', more: 'Device, or why not' },
  unitColumns: { line: 'Line', identity: 'Identity', state: 'Board', at: 'When', station: 'Bench' },
  through: 'through',
  expected: 'expected',

  certificate: {
    label: 'Certificate',
    save: { pdf: 'Save as PDF…', csv: 'Save as CSV…', json: 'Save as signed JSON…' },
    result: 'Save the result…',
    forOrigin: (station: string) =>
      `This is a part of a batch of ${station}. Save what came of it for that station, to be merged there.`,
  },
  removing: (name: string) => ({ go: 'Remove…', yes: `Remove ${name} from the list`, no: 'Keep it' }),
  benches: {
    go: 'Several benches…',
    title: (name: string) => `${name} over several benches`,
    intro:
      'Each bench gets a part as a file, imports it, and provisions its boards. What it saves then is merged here: n of N is over all benches.',
    none: 'No part of it is at another bench.',
    parts: 'Parts',
    part: (part: number, parts: number, units: number, rows: number, back: boolean) =>
      `Part ${part} of ${parts}: ${units.toLocaleString('en')} of ${count(rows, 'board', 'boards')} through${back ? ', the rest is back' : ''}`,
    back: 'Take back…',
    backOf: (part: number) => `Take part ${part} back`,
    sure: 'Boards of it that are not through are provisioned here from now on. Does nobody work on them at the other bench any more?',
    yes: 'Nobody does: take it back',
    no: 'Leave it there',
    give: 'Give parts away',
    count: 'How many benches',
    keep: 'This one is one of them, and keeps the first part',
    write: 'Choose a folder, write the parts…',
    written: 'These boards are refused here from now on. Import each file at its bench:',
    file: (name: string, rows: number) => `${name}: ${count(rows, 'row', 'rows')}`,
    key: 'There the key of this station is asked for:',
    merge: 'Merge what came back',
    mergeText: 'The signed file that the other bench has saved. All of it counts, or nothing.',
    choose: 'Choose a file…',
    merged: (station: string, added: number, units: number, returned: boolean) =>
      `${station}: ${added.toLocaleString('en')} new of ${count(units, 'board', 'boards')}${returned ? '; it has closed its part, the rest is back here' : ''}`,
    unknown: (station: string) => `The key of ${station}`,
    compare: (station: string) =>
      `The file is signed by ${station}, whose key is not known here. Compare it with what that station shows under Check this station:`,
    trust: 'It is the same: go on',
    leave: 'Leave it',
    shareFile: 'Part of',
    shareOf: (batch: string, part: number, parts: number, rows: number, station: string) =>
      `${batch} of ${station}: part ${part} of ${parts}, ${count(rows, 'row', 'rows')} in all`,
    signedBy: 'Signed by the key',
  },

  files: { rows: 'Save as CSV…', failed: 'Save failed rows…', saved: 'Saved' },
  closing: { go: 'Close the batch', yes: 'Close it: no more boards', no: 'Keep it open' },

  importing: {
    title: 'Import a file',
    intro:
      'A CSV file with a header row. It is looked at first: every bad row is named, and nothing is stored before you say so.',
    choose: 'Choose a file…',
    another: 'Choose another…',
    again: 'Look again',
    reading: {
      reading: (rows: number) => `Reading: ${count(rows, 'row', 'rows')}`,
      server: (rows: number) => `Holding it against the server: ${count(rows, 'device', 'devices')}`,
      storing: (rows: number) => `Storing: ${count(rows, 'row', 'rows')}`,
    },
    looking: 'Looking at the file…',
    file: 'File',
    read: 'Read as',
    readAs: (encoding: string, delimiter: string) => `${encoding}, cells divided by ${delimiter}`,
    delimiters: { ',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'bars' } as Readonly<
      Record<string, string>
    >,
    columns: 'Columns',
    rows: 'Rows',
    counted: (good: number, bad: number) =>
      bad === 0
        ? `${good.toLocaleString('en')}, all good`
        : `${good.toLocaleString('en')} good, ${bad.toLocaleString('en')} bad`,
    bad: (rows: number) => count(rows, 'bad row', 'bad rows'),
    problems: 'What is wrong',
    problemColumns: ['Line', 'Column', 'Why'],
    wholeRow: 'whole row',
    none: 'Nothing is wrong.',
    notes: (n: number) => `${count(n, 'thing', 'things')} worth knowing`,
    preview: 'What the server will see',
    how: 'How it is to be read',
    against: 'Hold it against the devices of',
    againstHelp:
      'Every row whose identity or key the server has already is named. All of its devices are read for it.',
    noServer: 'no server',
    notSignedIn: (name: string) => `${name} (not signed in)`,
    tier: 'Tier of rows that name none',
    tierHelp: 'Servers of today count boards by it.',
    column: (name: string) => `Column ${name}`,
    asFound: (use: string) => foundAs[use] ?? use,
    isIdentity: 'A part of the identity',
    isIgnored: 'Not to be looked at',
    sayWhat: 'Say what it is: a column that was misspelled must not be left out in silence.',
    attribute: (name: string) => `What boards call ${name}`,
    ignoreUnknown: (n: number) => `Look at none of the ${n} unknown columns`,
    stale: 'Something was changed since it was looked at.',
    lookSo: 'Look at it so',
    name: 'Name of the batch',
    nameHelp: 'Letters, digits, blanks, . _ -',
    store: (rows: number) => `Store ${count(rows, 'row', 'rows')}`,
    acceptGood: (good: number, bad: number) =>
      `Store the ${count(good, 'good row', 'good rows')}, leave out ${bad}`,
    acceptHelp:
      'The rows that are left out can be saved from the batch with their reasons, mended, and imported again. Their keys are not kept: take those from the file.',
  },

  bench: {
    label: 'Batch on the bench',
    use: 'Use on the bench',
    leave: 'Leave the batch',
    allow: 'Let it through…',
    allowSure: 'Sure: let it through',
  },

  facts: {
    file: 'File',
    imported: 'Imported',
    by: (who: string) => `by ${who}`,
    sha: 'SHA-256 of the file',
    leftOut: 'Bad rows left out',
    server: 'Server',
    boards: 'Boards through',
    boardsOf: (units: number, rows: number) =>
      `${units.toLocaleString('en')} of ${rows.toLocaleString('en')}`,
    share: 'Share of',
    shareOf: (station: string, part: number, parts: number) => `${station}, part ${part} of ${parts}`,
    admitted: 'Let through by an admin',
  },

  preauthorize: {
    go: 'Preauthorize…',
    resume: 'Resume',
    pause: 'Pause',
    cancel: 'Cancel',
    title: (name: string) => `Preauthorize ${name}`,
    server: 'Server',
    toSend: (rows: number) => `${count(rows, 'row is', 'rows are')} to be sent.`,
    retry: (rows: number) => `Send the ${count(rows, 'row', 'rows')} that failed once more`,
    force: 'Where the identity is there with another key, change it over to this one',
    forceHelp: 'Only a server of today can. Never done to a key that is accepted already.',
    signIn: 'Sign in first: the devices are created in your name.',
    start: 'Start',
    anyway: 'Send as many as there is room for',
    ended: {
      ended: 'The run has come to its end',
      paused: 'Paused',
      cancelled: 'Cancelled: what has been created stays on the server',
    },
    unsettled: (rows: number) =>
      `The server gave no answer for ${count(rows, 'row', 'rows')}; they are still pending. Resume, and each is looked up first.`,
  },

  reconcile: {
    go: 'Compare with the server…',
    title: (name: string) => `${name} and its server`,
    goRecord: 'Compare with the record…',
    titleOfRecord: (server: string) => `${server} and the record`,
    byBatch:
      'What is missing or dead of a batch is mended where that batch is compared; any other unit is provisioned or re-keyed again.',
    reading: 'Reading every device of the server. Nothing is changed.',
    mending: 'Mending, and reading again…',
    again: 'Look again',
    devices: 'Devices on the server',
    matching: 'As expected',
    same: 'The server is as it should be.',
    differs: (n: number) => count(n, 'difference', 'differences'),
    findings: 'Differences',
    columns: ['What', 'Identity', 'On the server', 'Mended'],
    kinds: {
      missing: 'Missing',
      extra: 'Extra',
      'other-key': 'Another key',
      'other-status': 'Another status',
      pending: 'Pending',
      'stray-pending': 'Stray request',
      dead: 'Dead',
    } satisfies Record<ReconcileFindingKind, string>,
    fixes: {
      missing: (n: number) => `Have ${count(n, 'missing row', 'missing rows')} sent again`,
      dead: (n: number) => `Remove ${count(n, 'dead device', 'dead devices')} and send again`,
      'stray-pending': (n: number) => `Remove ${count(n, 'stray request', 'stray requests')}`,
      pending: (n: number) =>
        `Accept ${count(n, 'pending board', 'pending boards')} with the key of the list`,
    } satisfies Record<ReconcileFix, (n: number) => string>,
    yes: 'Do it',
    no: 'Leave it',
    mended: 'yes',
    notMended: 'no',
  },

  takeBack: {
    go: 'Take back…',
    title: (name: string) => `Take back ${name}`,
    text: 'Removes from the server what this batch created there and nobody has used: for a batch that was sent to the wrong server. Devices that were there before, or that a board has used since, stay.',
    look: 'Look what would be removed',
    looking: 'Looking at every device…',
    outcomes: {
      removed: 'removed',
      gone: 'gone already',
      used: 'in use: they stay',
      failed: 'could not be told',
    },
    inFlight: 'without a lasting answer: left alone, go on with the batch first',
    would: 'would be removed',
    nothing: 'Nothing would be removed.',
    sure: (devices: number, server: string) =>
      `Remove ${count(devices, 'device', 'devices')} from ${server}?`,
    yes: 'Remove them',
    no: 'Leave them',
    stopped: 'It was stopped: run it again for the rest.',
    done: 'Taken back',
  },
} as const;
