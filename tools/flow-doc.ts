import { writeFileSync } from 'node:fs';
import { foresee } from '../src/flows/plan.ts';
import { ISSUE_ACTS } from '../src/flows/issue/act-table.ts';
import { afterIssue, decideIssue, type FileFact, type IssueFacts } from '../src/flows/issue/decide.ts';
import { ACTS } from '../src/flows/reconcile/act-table.ts';
import type { Facts, KnownKey, Wanted } from '../src/flows/reconcile/facts.ts';
import { STOPS } from '../src/flows/stops.ts';
import { ERRORS } from '../src/model/error-table.ts';
import type { AuthSetStatus, Device } from '../src/model/device.ts';
import type { KeyFingerprint } from '../src/model/key.ts';

const [OLD, STAGED, OTHER] = ['old', 'staged', 'other'].map((name) => `sha256:${name}`) as [
  KeyFingerprint,
  KeyFingerprint,
  KeyFingerprint,
];

interface Situation {
  readonly says: string;
  readonly inUse: KnownKey;
  readonly staged?: KnownKey;
  readonly former?: KnownKey;
  /** What the server has; null for no device. */
  readonly sets: readonly (readonly [KeyFingerprint, AuthSetStatus])[] | null;
  readonly configuration?: Facts['board']['configuration'];
  readonly reachable?: boolean;
  readonly decommissioning?: boolean;
  readonly resumed?: readonly KeyFingerprint[];
}

const SITUATIONS: readonly Situation[] = [
  {
    says: 'A new board without a key; the server has no device',
    inUse: 'none',
    sets: null,
    configuration: 'differs',
  },
  {
    says: 'A new board whose client made itself a key, which is pending',
    inUse: OLD,
    sets: [[OLD, 'pending']],
    configuration: 'differs',
  },
  { says: 'Accepted with the key that it holds', inUse: OLD, sets: [[OLD, 'accepted']] },
  { says: 'Preauthorized with the key that it holds', inUse: OLD, sets: [[OLD, 'preauthorized']] },
  { says: 'Accepted with a key that it does not hold', inUse: OLD, sets: [[OTHER, 'accepted']] },
  {
    says: 'Two accepted keys, one of them on the board',
    inUse: OLD,
    sets: [
      [OLD, 'accepted'],
      [OTHER, 'accepted'],
    ],
  },
  { says: 'Rejected', inUse: OLD, sets: [[OLD, 'rejected']] },
  { says: 'Unknown to the server', inUse: OLD, sets: null },
  {
    says: 'Being decommissioned',
    inUse: OLD,
    sets: [[OLD, 'accepted']],
    decommissioning: true,
  },
  { says: 'Its key file is missing', inUse: 'none', sets: [[OLD, 'accepted']] },
  { says: 'Its key file cannot be read', inUse: 'unknown', sets: [[OLD, 'accepted']] },
  {
    says: 'Its configuration names another server',
    inUse: OLD,
    sets: [[OLD, 'accepted']],
    configuration: 'elsewhere',
  },
  { says: 'The server cannot be reached', inUse: OLD, sets: null, reachable: false },
  {
    says: 'Cut off after the new key was staged and preauthorized',
    inUse: OLD,
    staged: STAGED,
    resumed: [STAGED],
    sets: [
      [OLD, 'accepted'],
      [STAGED, 'preauthorized'],
    ],
  },
  {
    says: 'Cut off after the new key was accepted, before it was put in use',
    inUse: OLD,
    staged: STAGED,
    resumed: [STAGED],
    sets: [
      [OLD, 'rejected'],
      [STAGED, 'accepted'],
    ],
  },
  {
    says: 'Cut off after the new key was put in use, before the server changed to it',
    inUse: STAGED,
    former: OLD,
    resumed: [STAGED],
    sets: [
      [OLD, 'accepted'],
      [STAGED, 'preauthorized'],
    ],
  },
];

const ALL_CASES: ReadonlySet<string> = new Set(['unknown', 'rejected', 'elsewhere', 'identity-changed']);

function factsOf(situation: Situation): Facts {
  const {
    inUse,
    staged = 'none',
    former = 'none',
    configuration = 'as-wanted',
    reachable = true,
  } = situation;
  const isKnown = (key: KnownKey): boolean => key !== 'none' && key !== 'unknown';
  return {
    board: {
      inUse,
      staged,
      former,
      signsInUse: isKnown(inUse),
      signsStaged: isKnown(staged),
      signsFormer: isKnown(former),
      knowsStaged: isKnown(staged),
      configuration,
      fixedKey: null,
      clock: 'right',
    },
    server: { reachable, preauthorizesBeside: 'unknown', device: deviceOf(situation), refused: [] },
    job: {
      key: null,
      holdsPrivateKey: false,
      authenticated: null,
      knocks: 0,
      proof: null,
      verified: false,
      changed: false,
      switched: false,
      configured: false,
      importSettled: false,
      formerKey: inUse,
      provedStaged: null,
      searched: true,
      revoked: [],
      refusalTested: null,
      identityChanged: false,
      formerDevice: null,
    },
  };
}

function deviceOf({ sets, decommissioning = false }: Situation): Device | null {
  if (sets === null) return null;
  const order = ['accepted', 'preauthorized', 'pending', 'rejected'] as const;
  const authSets = sets.map(([fingerprint, status]) => ({ id: `of ${fingerprint}`, fingerprint, status }));
  const status = order.find((one) => sets.some(([, of]) => of === one)) ?? 'noauth';
  return { id: 'device', identity: {}, status, decommissioning, authSets };
}

/** What is done, in order, and how it ends; played from the decision function. */
function pathOf(situation: Situation, wanted: Wanted, preauthorizesBeside: 'yes' | 'no'): string {
  const { acts, ends } = foresee(factsOf(situation), wanted, { boardSigns: true, preauthorizesBeside });
  const ending =
    ends.ends === 'stop'
      ? `stop \`${ends.error.code}\``
      : ends.ends === 'wait'
        ? 'wait for the server'
        : ends.ends;
  return [...acts.map((act) => act.do), `**${ending}**`].join(', ');
}

const KEY = { from: 'board', type: 'ed25519' } as const;

const FILES = ['certificate', 'key'];
const files = (...parts: readonly Partial<FileFact>[]): readonly FileFact[] =>
  FILES.map((path, index) => ({ path, inPlace: false, staged: 'none', ...parts[index] }));
const START: IssueFacts = {
  clock: 'right',
  device: 'there',
  issued: false,
  proved: false,
  files: files(),
  changed: false,
};
const ISSUE_SITUATIONS: readonly { readonly says: string; readonly facts: IssueFacts }[] = [
  { says: 'A new board; the server has no thing of it', facts: { ...START, device: 'none' } },
  { says: 'Its thing is there, the board has nothing, or something else', facts: START },
  {
    says: 'An earlier job had staged certificate and key',
    facts: { ...START, files: files({ staged: 'wanted' }, { staged: 'wanted' }) },
  },
  {
    says: 'A switch was cut between two renames',
    facts: { ...START, files: files({ inPlace: true }, { staged: 'wanted' }) },
  },
  {
    says: 'The board has both, and something else lies staged',
    facts: { ...START, files: files({ inPlace: true }, { inPlace: true, staged: 'other' }) },
  },
  { says: 'The board has both', facts: { ...START, files: files({ inPlace: true }, { inPlace: true }) } },
];

function issueOrder(facts: IssueFacts): string {
  const done: string[] = [];
  for (let now = facts; ;) {
    const decision = decideIssue(now);
    if ('done' in decision) return `${done.map((name) => `\`${name}\``).join(', ')}: **${decision.done}**`;
    done.push(decision.do);
    now = afterIssue(now, decision);
  }
}

/** `docs/flows.md`: what the flows do and how they stop, from the decision function and the tables in the code. */
export function flowDocument(): string {
  const provisioning: Wanted = { flow: 'provision', key: KEY, leastProof: 'board-client' };
  const rekeying = (resumed: readonly KeyFingerprint[], confirmed: ReadonlySet<string>): Wanted => ({
    flow: 'rekey',
    key: KEY,
    leastProof: 'board-client',
    resumed,
    confirmed,
    decommissionFormer: false,
  });
  const rows = SITUATIONS.map((situation) => {
    const { says, resumed = [], reachable = true } = situation;
    const provision = reachable ? pathOf(situation, provisioning, 'yes') : '**stop `server/unreachable`**';
    const plain = pathOf(situation, rekeying(resumed, new Set()), 'yes');
    const confirmed = pathOf(situation, rekeying(resumed, ALL_CASES), 'yes');
    const without = pathOf(situation, rekeying(resumed, ALL_CASES), 'no');
    const rekey = plain === confirmed ? confirmed : `${plain}; confirmed: ${confirmed}`;
    return `| ${says} | ${provision} | ${rekey} | ${without === confirmed ? 'the same' : without} |`;
  });
  const acts = Object.entries(ACTS).map(([name, { on, says }]) => `| \`${name}\` | ${on} | ${says} |`);
  const stops = Object.entries(STOPS).map(([code, { board, server, unplug }]) => {
    const { remedy } = ERRORS[code as keyof typeof STOPS];
    return `| \`${code}\` | ${board} | ${server} | ${unplug} | ${remedy} |`;
  });
  return [
    '# What the flows do, and how they stop',
    '',
    'A flow looks at board and server, decides the next action with a pure function of what it saw, does it once with its',
    'intent and outcome in the record, and looks again. Provisioning, re-keying and resuming are this one loop; they differ',
    'in what is wanted. This page is written from the code: the orders below are played by the decision function',
    '(`src/flows/reconcile/decide.ts`), the tables are `src/flows/reconcile/act-table.ts` and `src/flows/stops.ts`.',
    '',
    '## The actions',
    '',
    '| action | on | what it does |',
    '|---|---|---|',
    ...acts,
    '',
    '## What is decided, by what was found',
    '',
    'Each cell is the whole order from that situation to its end, with a key that the board makes and the least proof',
    '`board-client`. At every cut whichever key the board holds can authenticate, or its staged key is accepted and the next',
    'job puts it in use. Re-keying stops for a word of a person where one is needed; the order after `confirmed` is what',
    'follows then. The last column is for servers of 2023, which preauthorize no key beside an accepted one (409).',
    '',
    '| found | provisioning | re-keying | re-keying without `force` |',
    '|---|---|---|---|',
    ...rows,
    '',
    '## A server that makes the keys',
    '',
    'Where the server makes certificate and key, the station brings both to the board (`src/flows/issue/decide.ts`). They are',
    'proved before they are put in use. The files are renamed one right after the other; a switch that was cut is recognised',
    'by their hashes, and the next job puts in place what still lies staged.',
    '',
    '| action | on | what it does |',
    '|---|---|---|',
    ...Object.entries(ISSUE_ACTS).map(([name, { on, says }]) => `| \`${name}\` | ${on} | ${says} |`),
    '',
    '| what was found | what is done |',
    '|---|---|',
    ...ISSUE_SITUATIONS.map(({ says, facts }) => `| ${says} | ${issueOrder(facts)} |`),
    '',
    '## The stops',
    '',
    'How board and server are left by a job that ends with a code, whether the board may be unplugged, and what finishes it.',
    'The job’s own sentence on what was not changed is more exact where a code can come on both sides of the switch.',
    '',
    '| code | board | server | may be unplugged | what finishes it |',
    '|---|---|---|---|---|',
    ...stops,
    '',
  ].join('\n');
}

if (import.meta.main) writeFileSync(new URL('../docs/flows.md', import.meta.url), flowDocument());
