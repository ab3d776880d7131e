import type { SlotView } from '../src/contract.ts';
import type { KeyOrigin, KeyType } from '../src/model/key.ts';
import type { OldKeyOutcome, Proof, StepName, Verdict } from '../src/model/job.ts';
import type { AuthSetStatus, DeviceStatus } from '../src/model/device.ts';
import type { CaseToConfirm, Plan, RekeyReasonCode, UnitCase } from '../src/model/rekey.ts';
import type { Missing } from './features/rekey/flow.ts';
import { batchMessages } from './messages/batches.ts';
import { inventoryMessages } from './messages/inventory.ts';
import { peopleMessages } from './messages/people.ts';
import { micMessages } from './messages/mic.ts';
import { requestMessages } from './messages/requests.ts';
import { serverMessages } from './messages/servers.ts';

/** Every text of the window that does not come from the station. One language, one place. */

const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;

/** What a step may change. */
type Effect = 'reads' | 'prepares' | 'server' | 'board' | 'record';
/** A step in words, and what it changes. */
export interface StepText {
  readonly label: string;
  readonly effect: Effect;
}

export const messages = {
  product: 'Station',

  common: {
    cancel: 'Cancel',
    close: 'Close',
    save: 'Save',
    remove: 'Remove',
    refresh: 'Look again',
    details: 'Details',
    none: '—',
    dismiss: 'Dismiss',
    copy: 'Copy',
    copied: 'Copied',
  },

  header: {
    label: 'Station and login',
    version: (version: string) => `Version ${version}`,
    operator: 'Operator',
    noOperator: 'Who is working?',
    toDark: 'Use the dark colours',
    toLight: 'Use the light colours',
    rehearsal: 'Rehearsal',
    rehearsalHint: 'Simulated boards and a simulated server. Nothing real is changed.',
    leaveRehearsal: 'End the rehearsal',
    noServer: 'Add a server',
    signedOut: 'Not signed in',
    timeLeft: (left: string) => `${left} left`,
    noEnd: 'no end set',
    expired: 'login has ended',
    session: (server: string) => `Server ${server}`,
  },

  guidance: {
    label: 'What to do next',
    connecting: { title: 'Starting the station', text: 'Looking at the ports of this machine.' },
    down: (cause: string | null) => ({
      title: 'The station process has stopped',
      text: `${cause ?? 'It ended without saying why.'} Unplug nothing yet: what was in flight is in the record.`,
    }),
    restarting: (cause: string | null) => ({
      title: 'The station process stopped and is being started again',
      text: `${cause ?? 'It ended without saying why.'} Leave the boards connected: what was interrupted can be finished in a moment.`,
    }),
    readOnly: 'The station can read but not change boards',
    firstRun: {
      title: 'New here? Try it first with simulated boards',
      text: 'Four boards and a server, inside the station. Nothing real is touched.',
    },
    noServer: {
      title: 'Add the server that shall know the boards',
      text: 'The station needs its URL and, for a private one, its certificate.',
    },
    signedOut: (server: string) => ({
      title: `Sign in at ${server}`,
      text: 'Boards are accepted in your name.',
    }),
    sessionEnded: (server: string) => ({
      title: `The login at ${server} has ended`,
      text: 'Sign in again to go on.',
    }),
    noProfile: {
      title: 'Choose a board profile',
      text: 'It says how to talk to the boards on this bench.',
    },
    noPorts: {
      title: 'Plug a board in',
      text: 'The station looks at the ports all the time; a new one shows up by itself.',
    },
    running: (running: number, done: number) => ({
      title: `Working on ${count(running, 'board', 'boards')}`,
      text:
        done === 0
          ? 'Leave cables and power alone until each one has its verdict.'
          : `${done} done. Leave the others alone until each one has its verdict.`,
    }),
    ready: (ready: number) => ({
      title: `Ready to start: ${count(ready, 'board', 'boards')}`,
      text: 'Press the space bar or the big button.',
    }),
    readyMarked: (ready: number) => ({
      title: `${count(ready, 'slot', 'slots')} marked`,
      text: 'The big button starts these and no other.',
    }),
    finished: (good: number, bad: number) => ({
      title: bad === 0 ? `All done: ${good} good` : `Done: ${good} good, ${bad} not`,
      text:
        bad === 0
          ? 'Swap the boards. The verdicts stay until the next ones come.'
          : 'Read what to do on each board that failed; the others can be swapped.',
    }),
    waiting: {
      title: 'Waiting for a board',
      text: 'Connect one and switch it on, or start a silent port by itself.',
    },
    blocked: {
      title: 'No port can be used',
      text: 'Each slot says what stands in the way.',
    },
    interrupted: (units: readonly string[], safe: boolean) => ({
      title: `${count(units.length, 'job was', 'jobs were')} interrupted: ${units.join(', ')}`,
      text: safe
        ? 'Finish it: the station looks for the board on every port.'
        : 'Do not unplug it. Finish it: the station looks for the board on every port.',
    }),
    sessionSoon: (left: string) => `The login ends in ${left}.`,
    actions: {
      startRehearsal: 'Start the rehearsal bench',
      addServer: 'Add a server',
      signIn: 'Sign in',
      setUp: 'Set up',
      restart: 'Start it again',
      details: 'Details',
      finish: 'Finish',
      unfinished: 'Show',
      plan: 'What would be done',
    },
  },

  command: {
    label: 'Start and stop',
    profile: 'Board profile',
    noProfile: 'Choose a profile',
    key: 'Key',
    setUp: 'Job settings',
    clear: 'Clear verdicts',
    cancelAll: 'Cancel all',
    start: (ready: number, which: 'marked' | 'all' | 'some') =>
      ready === 0
        ? 'Provision'
        : which === 'marked'
          ? `Provision ${ready} marked`
          : which === 'all' && ready > 1
            ? `Provision all ${ready} boards`
            : `Provision ${count(ready, 'board', 'boards')}`,
    starting: 'Starting…',
    running: (running: number) => `Working on ${count(running, 'board', 'boards')}…`,
    spaceBar: 'Space bar',
  },

  keys: {
    profile: {
      label: 'By the profile',
      help: 'Made on the board where it can, else at the station.',
    },
    board: {
      label: 'Made on the board',
      help: 'The private key never leaves the board. Best where the board has openssl.',
    },
    generate: {
      label: 'Made at the station',
      help: 'Works with every board. The private key crosses the serial line once and is destroyed here.',
    },
    keep: {
      label: 'The one that is there',
      help: 'Registers the key that the board has. Nothing is written but the server settings.',
    },
    import: {
      label: 'Imported from a folder',
      help: 'One key file for each board, found by its identity. Never given to two boards.',
    },
    type: 'Key type',
    typeAsNeeded: 'As the board’s client can read',
    types: {
      ed25519: 'Ed25519',
      p256: 'ECDSA P-256',
      p384: 'ECDSA P-384',
      rsa2048: 'RSA 2048',
      rsa3072: 'RSA 3072',
      rsa4096: 'RSA 4096',
    } satisfies Record<KeyType, string>,
    otherType: 'other',
    origins: {
      board: 'made on the board',
      station: 'made at the station',
      import: 'imported',
      kept: 'kept',
      server: 'made by the server',
    } satisfies Record<KeyOrigin, string>,
  },

  setUp: {
    title: 'Job settings',
    profileHelp: 'How to talk to the boards: baud rate, login, paths, time limits.',
    directory: 'Folder with the key files',
    directoryHelp: (pattern: string) => `On this machine. The profile looks for ${pattern} in it.`,
    directoryMissing: 'Name the folder first.',
    browse: 'Choose…',
    encrypted: 'The key files have a passphrase',
    encryptedHelp: 'It is asked for at each start, sent once and not kept.',
    label: 'Note for the record',
    labelHelp: 'For example an order number. It stands beside each verdict.',
    sound: 'Sound at each verdict',
    soundHelp: 'Rising tones for a good one, low ones for any other. What they mean is always shown as well.',
    credentials: 'Board passwords',
    credentialsHelp: (user: string) =>
      `The profile logs in as ${user} and tries these, each once. The station keeps them in its key store; the window does not.`,
    noCredentials: (user: string) => `The profile logs in as ${user} without a password.`,
    credential: (name: string) => `Password “${name}”`,
    credentialSet: 'A password is stored.',
    credentialUnset: 'No password is stored.',
    credentialPlaceholder: 'Type a new one to replace it',
    store: 'Store',
    stored: 'Stored.',
    forget: 'Forget it',
    forgotten: 'Forgotten.',
    tenantToken: 'Tenant token',
    tenantTokenHelp:
      'The organization’s token, written into the board’s configuration. Needed on hosted Mender and other servers with several organizations.',
    tenantTokenSet: 'A token is stored.',
    tenantTokenUnset: 'No token is stored.',
    passphraseTitle: 'Passphrase of the key files',
    passphraseText: 'It is sent to the station for this start and not kept.',
    passphrase: 'Passphrase',
    start: 'Start',
  },

  slot: {
    list: 'Slots on the bench',
    mark: (label: string) => `Mark ${label}`,
    simulated: 'simulated',
    provision: 'Provision',
    tryAnyway: 'Try anyway',
    identify: 'Identify',
    whatToDo: 'What to do',
    use: 'Use it',
    tryAgain: 'Try again',
    again: 'Run again',
    clear: (label: string) => `Clear ${label}`,
    details: 'Details',
    cancel: 'Cancel',
    cancelling: 'Stopping…',
    cancellingBefore: 'Stopping: what was staged is taken back; the key in use stays.',
    cancellingAfter: 'The new key is being put in use: the job is finished, not undone.',
    starting: 'Starting…',
    mute: (label: string) => `Leave ${label} alone`,
    unmute: (label: string) => `Use ${label} again`,
    notChanged: 'Not changed',
    boardNow: 'The board now',
    toDo: 'What to do',
    elapsed: 'elapsed',
    presence: {
      unknown: { word: 'Plugged in', text: 'Not looked at yet.' },
      silent: { word: 'Silent', text: 'No answer: is the board connected and powered?' },
      booting: { word: 'Booting', text: 'Boot messages are coming in.' },
      ready: { word: 'Ready', text: 'A console is waiting.' },
      garbled: { word: 'Unreadable', text: 'Check the baud rate of the profile and the ground wire.' },
      bootloader: { word: 'Boot loader', text: 'Stopped at its prompt. A job tells it to boot.' },
      busy: { word: 'In use', text: 'Another program holds this port.' },
      'in-job': { word: 'Working', text: '' },
      'no-permission': { word: 'No access', text: 'This user may not open the port.' },
      muted: { word: 'Muted', text: 'Left alone until it is used again.' },
    } satisfies Record<SlotView['presence'], { word: string; text: string }>,
    interrupted: {
      word: 'Interrupted',
      text: 'The station stopped during this job. Leave the board connected: it can be finished when the station is back.',
    },
    waiting: {
      word: { server: 'Waits for the server', board: 'Waits for the board' },
      text: 'Staged; the old key is active; nothing was sent. The board works as before.',
      until: (until: string) => `Until ${until}.`,
    },
    rekey: 'Re-key',
  },

  verdicts: {
    pass: { word: 'PASS', meaning: 'Accepted by the server, and recorded.' },
    already: { word: 'ALREADY', meaning: 'Done before; nothing was changed.' },
    fail: { word: 'FAIL', meaning: 'It did not succeed.' },
    stopped: { word: 'STOPPED', meaning: 'The station did not go on, on purpose.' },
  } satisfies Record<Verdict, { word: string; meaning: string }>,

  unrecorded: {
    word: 'NO RECORD',
    meaning: 'The job ended, but how could not be recorded: there is no verdict.',
  },

  proofs: {
    station: { short: 'station', text: 'The station authenticated with its key.' },
    'board-key': { short: 'board key', text: 'The board signed with its key.' },
    'board-client': { short: 'board client', text: 'The board’s own client was authorized.' },
  } satisfies Record<Proof, { short: string; text: string }>,
  noProof: 'Nothing was proved.',

  oldKeys: {
    none: 'There was none',
    'refused-tested': 'Refused by the server (tested)',
    'removed-not-tested': 'Removed (not tested)',
  } satisfies Record<OldKeyOutcome, string>,

  steps: {
    connect: { label: 'Log in', effect: 'reads' },
    identify: { label: 'Read the board', effect: 'reads' },
    'look-up': { label: 'Look up on server', effect: 'reads' },
    'make-key': { label: 'Make the key', effect: 'prepares' },
    stage: { label: 'Stage the key', effect: 'prepares' },
    submit: { label: 'Submit to server', effect: 'server' },
    accept: { label: 'Accept on server', effect: 'server' },
    authenticate: { label: 'Authenticate', effect: 'reads' },
    switch: { label: 'Put key in use', effect: 'board' },
    prove: { label: 'Board proves it', effect: 'reads' },
    tidy: { label: 'Tidy up', effect: 'board' },
    record: { label: 'Write the record', effect: 'record' },
    'log-out': { label: 'Log out', effect: 'reads' },
  } satisfies Record<StepName, StepText>,
  effects: {
    reads: 'changes nothing',
    prepares: 'can be undone',
    server: 'changes the server',
    board: 'changes the board',
    record: 'written for good',
  } satisfies Record<Effect, string>,
  stepStates: { running: 'running', done: 'done', failed: 'failed' },

  job: {
    title: (slot: string) => `Job on ${slot}`,
    result: 'Result',
    stepsTab: 'Steps',
    transcriptTab: 'Transcript',
    running: 'Still running. The result comes here.',
    identity: 'Identity',
    deviceId: 'Device on the server',
    authSet: 'Auth set',
    key: 'Key',
    fingerprint: 'Key fingerprint (SHA-256)',
    proof: 'Proof',
    oldKey: 'Old key',
    port: 'Port',
    started: 'Started',
    took: 'Took',
    line: 'On the line',
    lineCount: (sent: string, received: string, trips: number) =>
      `${sent} sent, ${received} received, ${count(trips, 'exchange', 'exchanges')}`,
    server: 'Server',
    label: 'Note',
    jobId: 'Job',
    notes: 'Worth knowing',
    noSteps: 'No step has begun.',
    transcriptLabel: 'What went over the line',
    transcriptEmpty: 'Nothing has gone over the line yet.',
    transcriptLoading: 'Reading the transcript…',
    transcriptDropped: (n: number) => `The first ${count(n, 'entry is', 'entries are')} not shown.`,
    transcriptHint: 'Secrets are masked where they are sent; they are in no transcript.',
    follow: 'Follow the end',
    masked: (kind: string, size: number) => `[${kind}, ${size} bytes]`,
    sent: 'sent',
    received: 'received',
    note: 'note',
  },

  error: {
    notChanged: 'Not changed',
    toDo: 'What to do',
    retriable: 'Trying again can help.',
    code: 'Code',
  },

  window: {
    noAnswer: (detail: string) => `The station gave no answer: ${detail}.`,
    noAnswerUnchanged: 'Whether it did what was asked shows in the slots and in the records.',
    noAnswerRemedy: 'Wait until the station is back, then look and try again.',
    restarted: (cause: string) => `The station process stopped and was started again. ${cause}`,
    restartedUnchanged: (jobs: number) =>
      jobs === 0
        ? 'No job was running.'
        : `${count(jobs, 'job was', 'jobs were')} interrupted; what had been done is in the record.`,
    restartedRemedy: (jobs: number) =>
      jobs === 0
        ? 'Go on as before.'
        : 'Leave these boards connected and finish their jobs: the station continues from what it finds.',
  },

  empty: {
    rehearsalTitle: 'See it work before you plug anything in',
    rehearsalText:
      'The rehearsal bench puts four simulated boards and a Mender-compatible server inside the station. One click provisions all four; you see every step, the verdicts and the records. Nothing real is touched.',
    rehearsalStart: 'Start the rehearsal bench',
    realTitle: 'Or start with a real board',
    realSteps: [
      'Add your server and sign in.',
      'Connect the board’s serial console by USB and switch it on.',
      'Press the space bar.',
    ],
    addServer: 'Add a server',
    noPortsTitle: 'No serial port',
    noPortsText: 'A port shows up here by itself as soon as the system sees one. If none does:',
    causes: [
      {
        title: 'Cable',
        text: 'Many USB cables only charge. Use one that carries data, straight into the machine or a powered hub.',
      },
      {
        title: 'Driver',
        text: 'Linux and macOS know FTDI, CP210x, CH340 and CDC adapters. On Windows install the maker’s driver and look for a COM port.',
      },
      {
        title: 'Permission',
        text: 'On Linux the user must be in the group of serial ports (dialout or uucp). In a virtual machine, pass the USB device through.',
      },
    ],
    check: 'Check this machine',
    tryRehearsal: 'Use the rehearsal bench',
    loading: 'Looking at the bench…',
  },

  doctor: {
    title: 'Check of this machine',
    running: 'Checking…',
    ok: 'fine',
    note: 'note',
    bad: 'in the way',
    empty: 'Nothing was found to check.',
  },

  servers: {
    title: 'Servers',
    add: 'Add a server',
    addTitle: 'Add a server',
    inUse: 'In use',
    use: 'Use this one',
    signIn: 'Sign in',
    signOut: 'Sign out',
    test: 'Test',
    remove: 'Remove',
    removeSure: (name: string) => `Remove ${name}? Its login and tenant token are forgotten, too.`,
    none: 'No server yet.',
    simulated: 'simulated',
    account: (account: string) => `Signed in as ${account}`,
    ends: (left: string) => `ends in ${left}`,
    kept: 'kept in the key store',
    notKept: 'until the station closes',
    trust: {
      system: 'Certificate checked by this system',
      ca: 'Certificate checked by your CA',
      pin: 'Key pinned',
    },
    name: 'Name',
    nameHelp: 'As you call it: letters, digits, blanks.',
    url: 'URL',
    urlHelp: 'Without a path, for example https://hosted.mender.io',
    boardUrl: 'URL for boards',
    boardUrlHelp: 'Only where boards reach the server by another URL than this machine.',
    trustTitle: 'How its certificate is checked',
    trustSystem: 'By the authorities that this system trusts',
    trustSystemHelp: 'For hosted Mender and every public certificate.',
    trustCa: 'By a CA certificate from a file',
    trustCaHelp: 'For a company’s own authority.',
    trustPin: 'By its very key',
    trustPinHelp: 'For a self-signed certificate: the station shows the key and you compare it.',
    caChoose: 'Choose the certificate file (PEM)',
    caChosen: (name: string) => `Chosen: ${name}`,
    caNotPem: 'This file holds no PEM certificate.',
    caUnreadable: 'The file cannot be read, or is too large for a certificate.',
    pinFetch: 'Show the server’s key',
    pinSubject: 'Issued to',
    pinIssuer: 'Issued by',
    pinValid: 'Valid',
    pinFromTo: (from: string, to: string) => `${from} to ${to}`,
    pinKey: 'SHA-256 of its key',
    pinKnown: 'This system trusts the certificate already; pinning is not needed.',
    pinConfirm: 'I have compared it with what the server’s administrator told me',
    pinFirst: 'Have the server’s key shown, compare it, and confirm.',
    submitAdd: 'Add',
    signInTitle: (name: string) => `Sign in at ${name}`,
    byPassword: 'E-mail and password',
    byToken: 'Access token',
    user: 'E-mail',
    password: 'Password',
    otp: 'Code of the second factor',
    otpHelp: 'Six digits from your authenticator.',
    token: 'Personal access token',
    tokenHelp: 'Made in the server’s own UI. It has all the rights of its owner.',
    keep: 'Stay signed in',
    keepHelp: 'Keeps the session, never the password, in this machine’s key store until it ends.',
    required: 'Needed',
  },

  operator: {
    title: 'Who is working?',
    name: 'Name',
    help: 'It stands in the record of each board.',
  },

  otherPorts: {
    title: 'Ports of this machine',
  },

  identify: {
    title: (slot: string) => `What is on ${slot}`,
    reading: 'Logging in and reading the board. Nothing is changed on it.',
    again: 'Read again',
    identity: 'Identity',
    host: 'Host name',
    system: 'System',
    client: 'Mender client',
    noClient: 'none',
    running: (service: string | null) => (service === null ? 'running' : `running as ${service}`),
    notRunning: 'not running',
    update: 'Update',
    updates: { none: 'none in progress', 'in-progress': 'in progress', unknown: 'not known' },
    key: 'Key in use',
    keyFile: 'Key file',
    keyStates: {
      missing: 'none yet',
      present: 'there, but its public half cannot be told',
      unreadable: 'not readable',
      passphrase: 'behind a passphrase',
      engine: 'in an engine or token',
    },
    staged: 'Key of an unfinished job',
    servers: 'Servers it is set to',
    noServers: 'none',
    clock: 'Clock',
    clockRight: 'right',
    clockAhead: (by: string) => `${by} ahead of this machine`,
    clockBehind: (by: string) => `${by} behind this machine`,
    space: 'Free in its data directory',
    canMake: 'Can make and use',
    canMakeNone: 'no key by itself: the station makes it',
    fine: 'Nothing stands in the way of a provisioning.',
    findings: {
      identity: 'Identity',
      client: 'Mender client',
      update: 'Update',
      data: 'Data directory',
      clock: 'Clock',
      key: 'Key',
      staged: 'Unfinished job',
      configuration: 'Configuration',
      identityMissing: (script: string) => `The identity script ${script} is missing.`,
      identityNotExecutable: (script: string) => `The identity script ${script} may not be executed.`,
      identityFailed: (script: string, detail: string) => `The identity script ${script} failed: ${detail}`,
      identityNonsense: (detail: string) => `The identity script did not print lines key=value: ${detail}`,
      identityRemedy: 'Mend or install it in the image; without an identity no request can be sent.',
      clientMissing: 'There is no mender-client on the board.',
      clientRemedy: 'Install it in the image.',
      updating: 'An update is in progress, or not yet committed.',
      updatingRemedy: 'Let it end before the board gets its key.',
      dataMissing: (path: string) => `${path} does not exist.`,
      dataReadOnly: (path: string) => `${path} cannot be written.`,
      dataFull: (path: string) => `There is no room left in ${path}.`,
      dataRemedy: 'The client keeps its key there: make it writable, with some room.',
      clockWrong: 'It is set right when the board is provisioned.',
      keyLocked: 'Such a key can only be kept: choose the key that is there.',
      stagedFound: 'A key lies beside the one in use. The next provisioning finishes or removes it.',
    },
  },

  records: {
    title: 'Last records',
    empty: 'No record yet. Each board’s verdict comes here, and stays in the journal.',
    columns: {
      at: 'Time',
      verdict: 'Verdict',
      identity: 'Identity',
      key: 'Key',
      proof: 'Proof',
      server: 'Server',
      slot: 'Port',
      ms: 'Took',
      error: 'Why',
    },
    open: (identity: string) => `Details of ${identity}`,
    title1: 'Record',
  },

  screens: { label: 'Screens', bench: 'Bench', rekey: 'Re-key', batches: 'Batches' },

  sheet: { handOver: 'Hand-over sheet…', of: 'Save as PDF…', saved: 'Sheet saved' },

  resume: {
    title: 'Unfinished jobs',
    badge: (n: number) => `${n} unfinished`,
    intro:
      'The station looks at each board and its server as they are now and does what is left. Nothing is done twice.',
    none: 'Everything is finished.',
    flows: { provision: 'Provisioning', rekey: 'Re-key' },
    cutIn: (step: string) => `cut in the step “${step}”`,
    cutBefore: 'cut before its first step',
    waits: 'waited for its board or server when the station ended',
    requested: 'waits for the approval of an admin elsewhere',
    safe: 'Safe to unplug',
    unsafe: 'Not safe to unplug',
    here: (port: string) => `Its board is on ${port}.`,
    notSeen: 'Its board has not been seen since: plug it in, any port.',
    notFound: 'Its board is on no port: plug it in, any port, and look again.',
    deadline: (until: string) => `It waits until ${until}.`,
    started: (at: string, server: string) => `Started ${at} for the server ${server}.`,
    finish: 'Finish',
    lookAndFinish: 'Look for it and finish',
    finishAll: (n: number) => `Finish all ${n}`,
    dismiss: 'Take off the list',
    dismissSure: 'Take this job off the list without finishing it? The record will say so.',
    dismissUnsafe: 'The board is left as it is: it may not be able to authenticate. Do not hand it over.',
    dismissYes: 'Take it off',
    dismissNo: 'Keep it',
  },

  plan: {
    title: 'What would be done',
    intro: 'Boards and server were read; nothing was changed.',
    reading: 'Reading boards and server. Nothing is changed.',
    again: 'Look again',
    ends: {
      pass: 'Would be provisioned',
      already: 'Nothing to do',
      stop: 'Would stop',
    } satisfies Record<Plan['ends'], string>,
    rekeyed: 'Would get its new key',
    on: { board: 'board', server: 'server', station: 'station' },
    noActions: 'Nothing would be changed.',
    notes: 'Worth knowing',
  },

  rekey: {
    label: 'Re-key a returned unit',
    steps: ['Read the unit', 'Say why', 'New key', 'Hand over'],
    stepsLabel: 'Where you are',
    lines: {
      choose: {
        title: 'A returned unit gets a new key, and the old one is dead',
        text: 'Connect its serial console, choose the port, and read it. Reading changes nothing.',
      },
      reading: {
        title: 'Reading the unit',
        text: 'On the board, on the server and in the records here. Nothing is changed.',
      },
      unreadable: { title: 'The unit could not be read', text: 'See what to do below, then read it again.' },
      obstacle: { title: 'This unit cannot be re-keyed as it is', text: 'What is in the way is said below.' },
      read: { title: 'Is this the unit? Say why it gets a new key', text: 'Nothing has been changed yet.' },
      offline: {
        title: 'The server cannot be reached: the new key can be prepared',
        text: 'It is staged and proved on the board. The old key stays active until the server is there.',
      },
      signedOut: (server: string) => ({
        title: `Not signed in at ${server}`,
        text: 'Sign in, or read the unit and have an admin elsewhere approve its new key.',
      }),
      unasked: {
        title: 'Not signed in: an admin elsewhere can approve the new key',
        text: 'It is staged and proved on the board first. The old key stays active; nothing is sent.',
      },
      requested: {
        title: 'Staged, old key active: now the admin’s turn',
        text: 'Save the request and send it. Once it is approved the unit may be refused until you finish with the approval.',
      },
      starting: { title: 'Starting', text: 'Leave cable and power alone.' },
      running: {
        title: 'The unit gets its new key',
        text: 'Leave cable and power alone until there is a verdict.',
      },
      waiting: {
        title: 'Staged, old key active, nothing sent',
        text: 'The job goes on by itself when board and server are both there.',
      },
      lost: {
        title: 'The station stopped during this job',
        text: 'Leave the board connected, and finish the job.',
      },
      good: {
        title: 'Done: the unit has its new key',
        text: 'Save the hand-over sheet, then unplug the unit.',
      },
      bad: {
        title: 'It did not succeed: do not hand the unit over',
        text: 'Read below what state it is in before you unplug it.',
      },
    },
    port: 'Where is the unit?',
    noPorts: 'No serial port. One shows up here by itself as soon as the system sees it.',
    portBusy: 'A job is running here.',
    server: 'Server',
    noServer: 'No server yet',
    profile: 'Board profile',
    with: 'Server and profile',
    read: 'Read the unit',
    reading: 'Reading…',
    readAgain: 'Read again',
    another: 'Another unit',
    start: 'Give it a new key',
    starting: 'Starting…',
    running: 'Working…',
    next: 'Next unit',
    toUnfinished: 'Show unfinished jobs',
    cancel: 'Cancel',
    details: 'Details',
    missing: {
      unit: 'Read the unit first',
      obstacle: 'It cannot be re-keyed as it is',
      confirmation: 'Confirm what was found',
      reason: 'Choose the reason',
      words: 'Say the reason in your own words',
      approver: 'Name the admin’s station',
    } satisfies Record<Missing, string>,
    mayStart: 'The old key stays until the new one is accepted',
    onBoard: 'On the board',
    onServer: (name: string) => `On the server ${name}`,
    inRecords: 'In the records here',
    identity: 'Identity',
    key: 'Key in use',
    noKey: 'none that can be read',
    keyFile: 'Key file',
    staged: 'Staged by an earlier job',
    stagedUnknown: 'a key that nobody can tell',
    servers: 'Set to',
    noServers: 'no server',
    status: 'Status',
    deviceStatus: {
      accepted: 'Accepted',
      preauthorized: 'Preauthorized',
      pending: 'Pending',
      rejected: 'Rejected',
      noauth: 'Without an auth set',
    } satisfies Record<DeviceStatus, string>,
    decommissioning: 'Being decommissioned',
    unknownThere: 'Not known there',
    offline: 'Could not be asked',
    lastCheckIn: 'Last check-in',
    never: 'never',
    authSets: 'Auth sets',
    authSet: {
      accepted: 'accepted',
      preauthorized: 'preauthorized',
      pending: 'pending',
      rejected: 'rejected',
    } satisfies Record<AuthSetStatus, string>,
    since: (since: string) => `since ${since}`,
    thisKey: 'key of this board',
    otherKey: 'another key',
    deviceId: 'Device',
    noJobs: 'This station has no record of it.',
    job: { provision: 'provisioned', rekey: 're-keyed' },
    found: 'What was found',
    offlineCase: 'The server could not be asked',
    cases: {
      known: 'Known: accepted with the key that it holds',
      'other-key': 'Accepted, but with a key that it does not hold',
      unknown: 'The server does not know it',
      rejected: 'Rejected on the server',
      decommissioned: 'Decommissioned on the server',
      'not-accepted': 'On the server, but not accepted',
      'key-unreadable': 'Its key cannot be read',
      'key-missing': 'It has no key',
      'identity-changed': 'Its identity has changed',
      elsewhere: 'It is set to another server or organization',
      'fixed-key': 'Its key cannot be replaced over the line',
    } satisfies Record<UnitCase, string>,
    confirm: {
      'identity-changed': 'It is the same unit with a replaced part; register it under its new identity',
      elsewhere: 'Take it over from the server or organization that it is set to now',
      unknown: 'Register it on this server as a new device',
      rejected: 'Accept it although somebody has rejected it',
    } satisfies Record<CaseToConfirm, string>,
    confirmTitle: 'Your word is needed',
    was: 'Was',
    is: 'Is now',
    formerDevice: 'Former device',
    noFormerDevice: 'not on the server',
    decommission: 'Decommission the former device once the new one is proved',
    decommissionHelp: 'Its record, auth sets and inventory on the server are deleted. It cannot be undone.',
    why: 'Why does it get a new key?',
    reasons: {
      returned: 'Returned from the field',
      'key-lost': 'Key lost',
      'key-exposed': 'Key exposed',
      'board-replaced': 'Board replaced',
      'change-of-owner': 'Change of owner',
      scheduled: 'Scheduled renewal',
      other: 'Other',
    } satisfies Record<RekeyReasonCode, string>,
    order: 'Work order',
    orderHelp: 'It stands beside the verdict in the record.',
    words: 'In your own words',
    wordsHelp: 'It stands in the record and on the hand-over sheet.',
    wordsNeeded: 'Needed for “Other”.',
    newKey: 'The new key',
    newKeys: {
      profile: 'Made as the profile says',
      board: 'Made on the board',
      generate: 'Made at the station',
    },
    wait: 'Wait for the server',
    waitFor: (hours: number) => (hours < 48 ? `${hours} hours` : `${hours / 24} days`),
    waitingTitle: 'Staged',
    waitingText: 'The old key is active. Nothing was sent.',
    waitsFor: {
      server: 'It waits for the server.',
      board: 'It waits for the board: plug it in, any port.',
    },
    until: 'Until',
    left: (left: string) => `${left} left`,
    waitingJobs: 'Waiting jobs',
    showJob: 'Show',
    unit: 'Unit',
    oldKey: {
      'refused-tested': {
        word: 'Old key refused',
        how: 'tested',
        text: 'The server answered a request signed with the old key with a refusal. Its auth set is deleted.',
      },
      'removed-not-tested': {
        word: 'Old key removed',
        how: 'not tested',
        text: 'Its auth set is deleted on the server. Nobody could sign with the old key, so its refusal was not tried.',
      },
      none: {
        word: 'No old key',
        how: 'there was none',
        text: 'The unit held no key before.',
      },
    } satisfies Record<OldKeyOutcome, { word: string; how: string; text: string }>,
    newFingerprint: 'New key',
    reason: 'Reason',
  },

  mic: micMessages,
  requests: requestMessages,
  batches: batchMessages,
  inventory: inventoryMessages,
  people: peopleMessages,
  signin: serverMessages,

  history: {
    title: 'Find a unit',
    open: 'Find a unit',
    search: 'Its identity begins with',
    searchHelp: 'Any value of it: a hardware address, a serial number, or the beginning of one.',
    none: (text: string) => `No record of a unit whose identity begins with “${text}”.`,
    found: (n: number) => `${count(n, 'record', 'records')}, the newest first`,
    most: (n: number) => `The newest ${n} records`,
  },

  journal: {
    title: 'Journal',
    open: (short: string) => `Journal head ${short}`,
    openEmpty: 'Journal',
    empty: 'Nothing has been recorded yet.',
    head: (row: number) => `Head, row ${row}`,
    headHelp:
      'The hash of the last row; every row is chained to it. Keep it elsewhere: a later check against it shows whether anything was cut off or changed.',
    key: 'Station key',
    keyHelp: 'The station signs the head with it. Exports and sheets are checked against this fingerprint.',
    verify: 'Verify now',
    exports: { json: 'Export as evidence…', csv: 'Export as a table…', db: 'Back up…' },
    backedUp: (path: string) => `The whole record was copied to ${path}, and the copy verified.`,
    saved: (rows: number, path: string) => `${count(rows, 'row', 'rows')} written to ${path}.`,
    verifying: 'Looking at every row, hash and signature…',
    whole: (rows: number) => `${count(rows, 'row', 'rows')}, all as they were written`,
    damaged: 'The journal is not as it was written',
    signed: (row: number) => `Signed by the station up to row ${row}.`,
  },

  live: {
    verdict: (slot: string, word: string, text: string) => `${slot}: ${word}. ${text}`,
  },
} as const;

export type Messages = typeof messages;
