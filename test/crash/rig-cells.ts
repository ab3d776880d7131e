/** Layer three: real boards with their real clients, the real station process, killed at chosen points. */
import path from 'node:path';
import { readJournal } from '../../src/journal/index.ts';
import { systemClock } from '../../src/model/clock.ts';
import type { MenderServer } from '../../src/rehearsal/server/index.ts';
import type { Board, BoardSpec } from '../rig/board.ts';
import { BOARD_PASSWORD, SERVER, startServer, Station, type Provisioned } from '../rig/station.ts';
import * as witness from '../rig/witness.ts';
import { ANSWERS, type Answer } from './answers.ts';
import { isPass, wrongRecord } from './invariants.ts';
import { KILLER, readPoints } from './points.ts';
import type { CellResult } from './matrix.ts';

export interface RigCell {
  readonly id: string;
  readonly flow: 'provision' | 'rekey';
  readonly spec: BoardSpec;
  /** A kind of point and which of it, from 1. */
  readonly kill: string;
  /** What the server answers to an accept, or to a preauthorization, in the job that is killed. */
  readonly answer: Answer;
  /** Whether the cable is out for a moment, too. */
  readonly cable: boolean;
  readonly then: 'resume' | 'again';
}

type Shape = Omit<RigCell, 'id' | 'cable' | 'answer'> & Partial<Pick<RigCell, 'cable' | 'answer'>>;

/**
 * In the order of the record: 1 the job, 2 its board, 3 and 4 the staging, 5 its key, 6 and 7 the auth request (or the
 * preauthorization), 8 and 9 the accept (or the switch), 10 and 11 the switch (or the request with the new key).
 */
const SHAPES: readonly Shape[] = [
  { flow: 'provision', kill: 'after journal#3', then: 'again', spec: { shell: 'bash' } },
  { flow: 'provision', kill: 'after journal#5', then: 'resume', spec: { shell: 'dash' }, cable: true },
  { flow: 'provision', kill: 'before journal#7', then: 'resume', spec: { shell: 'ash', openssl: false } },
  {
    flow: 'provision',
    kill: 'before journal#9',
    then: 'again',
    spec: { client: 'mender-5-double' },
    answer: 'lost',
  },
  { flow: 'provision', kill: 'before journal#9', then: 'resume', spec: { user: 'sudo' }, answer: '503-done' },
  { flow: 'provision', kill: 'after journal#10', then: 'again', spec: { shell: 'ash' }, cable: true },
  {
    flow: 'provision',
    kill: 'before journal#12',
    then: 'resume',
    spec: { client: 'mender-5-double', user: 'sudo' },
  },
  { flow: 'rekey', kill: 'before journal#7', then: 'resume', spec: { shell: 'bash' }, answer: 'lost' },
  { flow: 'rekey', kill: 'before journal#9', then: 'resume', spec: { shell: 'dash' }, cable: true },
  {
    flow: 'rekey',
    kill: 'before journal#11',
    then: 'resume',
    spec: { client: 'mender-5-double', shell: 'ash' },
  },
];

export const RIG_CELLS: readonly RigCell[] = SHAPES.map((shape, at) => ({
  cable: false,
  answer: '200',
  ...shape,
  id: `rig/${shape.flow}-${at + 1}/${shape.kill.replaceAll(' ', '-')}/${shape.answer ?? '200'}/${shape.then}`,
}));

export const specOf = ({ spec }: RigCell): BoardSpec => ({ password: BOARD_PASSWORD, ...spec });

/** Kills a station in the middle of a job on a real board, runs the job again, and tells what is wrong then. */
export async function runRigCell(cell: RigCell, board: Board): Promise<CellResult> {
  const began = performance.now();
  await witness.firstKey(board);
  await using server = await startServer({ tls: true });
  await using station = await Station.loggedIn(server);
  if (cell.flow === 'rekey') {
    const { job } = await station.provision([board]);
    if (!isPass(job)) throw new Error(`the unit was not provisioned: ${job.error?.code}`);
  }
  const former = await witness.boardKey(board);
  const act = ANSWERS[cell.answer];
  if (act !== null) server.faults.add({ on: ['accept', 'preauthorize'], times: 1, act });
  const points = path.join(station.home, '..', `${path.basename(station.home)}.points`);
  const first = await run(station, board, cell.flow, {
    NODE_OPTIONS: `--disable-warning=ExperimentalWarning --import=${KILLER}`,
    CRASH_POINTS: points,
    CRASH_KILL: cell.kill,
  });
  const { acknowledged } = readPoints(points);
  server.faults.clear();
  const wrong: string[] = first.status === null ? [] : [`it was not killed: ${first.stdout.slice(-300)}`];
  wrong.push(...(await wrongAfterKill(server, board, former)));
  if (cell.cable) {
    await board.cable.unplug();
    await board.cable.plug();
  }
  const last = await again(station, board, cell);
  wrong.push(...(await wrongAtEnd(server, station, board, last)));
  if (cell.flow === 'rekey' && last.jobs[0]?.keyFingerprint === former)
    wrong.push('the unit has its old key');
  if (cell.flow === 'rekey' && last.jobs[0]?.oldKey === 'none') wrong.push('nothing is said of the old key');
  using journal = readJournal(path.join(station.home, 'journal.db'), {
    stationId: 'crash',
    clock: systemClock,
    holder: { program: 'crash' },
  });
  wrong.push(...wrongRecord(journal, []));
  if (journal.lastSeq() < acknowledged) wrong.push(`the row ${acknowledged} was acknowledged and is lost`);
  return {
    id: cell.id,
    layer: 'rig',
    outcome: wrong.length > 0 ? 'wrong' : 'passed',
    first: first.status === null ? 'killed' : 'ended',
    code: null,
    wrong,
    ms: Math.round(performance.now() - began),
  };
}

function run(
  station: Station,
  board: Board,
  flow: RigCell['flow'],
  env: Readonly<Record<string, string>> = {},
): Promise<Provisioned> {
  if (flow === 'provision') return station.provision([board], [], { env });
  const profile = board.login.user === 'root' ? 'root' : 'sudo';
  const args = [
    'rekey',
    '--server',
    SERVER,
    '--profile',
    profile,
    '--port',
    board.port,
    '--reason',
    'returned',
  ];
  return station.jobs(args, { env });
}

async function again(station: Station, board: Board, { flow, then }: RigCell): Promise<Provisioned> {
  if (then === 'again') return run(station, board, flow);
  const resumed = await station.jobs(['resume']);
  // A job that was cut before it had met its board is begun again.
  return resumed.jobs.length === 0 && resumed.status === 0 ? run(station, board, flow) : resumed;
}

async function wrongAfterKill(
  server: MenderServer,
  board: Board,
  former: string | null,
): Promise<readonly string[]> {
  const accepted = witness.acceptedKeys(server, board);
  const key = await witness.boardKey(board);
  const isKnown = witness
    .deviceOf(server, board)
    ?.sets.some(
      (set) => set.fingerprint === key && (set.status === 'accepted' || set.status === 'preauthorized'),
    );
  return [
    ...((await witness.keyFileIsWhole(board)) ? [] : ['the key file of the board is not whole']),
    ...(accepted.length < 2 ? [] : [`accepted are ${accepted.join(' and ')}`]),
    ...(key === former || isKnown === true ? [] : [`the board has ${key}, which the server does not know`]),
  ];
}

async function wrongAtEnd(
  server: MenderServer,
  station: Station,
  board: Board,
  last: Provisioned,
): Promise<readonly string[]> {
  const [job] = last.jobs;
  if (job === undefined || !isPass(job))
    return [`run again, it ends with ${last.status} ${job?.error?.code ?? last.error?.code}: ${last.stderr}`];
  const { authorized, said } = await witness.bootstrap(board);
  const key = await witness.boardKey(board);
  const sets = witness.deviceOf(server, board)?.sets ?? [];
  const left = [...(await witness.leftovers(board)), ...(await witness.shellsLeft(board))];
  return [
    ...(authorized ? [] : [`the board’s client is not authorized: ${said}`]),
    ...(key === job.keyFingerprint ? [] : [`the board has ${key}, the result says ${job.keyFingerprint}`]),
    ...(sets.length === 1 && sets[0]?.status === 'accepted' && sets[0].fingerprint === key
      ? []
      : [`the server has ${JSON.stringify(sets)}`]),
    ...(job.proof === 'board-client' ? [] : [`the proof is ${job.proof}`]),
    ...(left.length === 0 ? [] : [`left on the board: ${left.join(' ')}`]),
    ...(await witness.secretsIn(station, [board])),
  ];
}
