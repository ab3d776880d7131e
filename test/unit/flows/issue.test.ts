import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { BoardChoices, SimulatedBoard } from '../../../src/rehearsal/board/index.ts';
import type { MicServer, MicServerOptions } from '../../../src/rehearsal/mic/index.ts';
import { BUILT_IN } from '../../../src/settings/index.ts';
import type { BoardProfile } from '../../../src/model/profile.ts';
import type { CredentialIssuer, DeviceServer } from '../../../src/servers/device-server.ts';
import { thingNameOf } from '../../../src/servers/mic/thing-name.ts';
import { ADMIN, micBench, never } from '../servers/mic/bench.ts';
import { bench, expectRecorded, type Bench, type Run, type RunOptions } from './bench.ts';

const MIC: BoardProfile = BUILT_IN.find(({ name }) => name === 'mic')!;
const [KEY, CERTIFICATE, CA, CONFIGURATION] = [
  '/etc/mic/privkey.pem',
  '/etc/mic/cert.pem',
  '/etc/mic/ca.pem',
  '/etc/mic/mqtt.json',
] as const;
const STEPS = [
  'connect',
  'identify',
  'look-up',
  'submit',
  'make-key',
  'authenticate',
  'stage',
  'switch',
  'log-out',
];

interface MicFlow {
  readonly b: Bench;
  readonly stack: MicServer;
  readonly board: SimulatedBoard;
  run(options?: RunOptions): Promise<Run>;
}

/** A stack, and a board as from a factory image. */
async function micFlow(options: MicServerOptions = {}, choices: BoardChoices = {}): Promise<MicFlow> {
  const b = await bench();
  const { stack, server, issuer } = await micBench(options);
  await server.login(ADMIN, never);
  const board = b.board(choices);
  await b.time.sleep(5_000);
  // What goes over MQTT takes real time, in which the board's must stand still.
  const held: CredentialIssuer = {
    ...issuer,
    find: (...args) => b.time.hold(issuer.find(...args)),
    create: (...args) => b.time.hold(issuer.create(...args)),
    credentials: (...args) => b.time.hold(issuer.credentials(...args)),
    endpoint: (...args) => b.time.hold(issuer.endpoint(...args)),
    prove: (...args) => b.time.hold(issuer.prove(...args)),
  };
  const atStack = { ...server, profile: server.profile, issuer: held } as DeviceServer;
  return {
    b,
    stack,
    board,
    run: (more = {}) => b.run(board, { profile: MIC, server: () => atStack, ...more }),
  };
}

/** What the board would have after a power cut now. */
function durable(board: SimulatedBoard, path: string): string | null {
  const bytes = board.inspect.durable(path);
  return bytes === undefined ? null : Buffer.from(bytes).toString();
}

/** Certificate and key belong together and are those of the board's one thing; nothing is staged; it is on record. */
function expectInstalled(
  { board, stack }: MicFlow,
  { result, events }: Run,
  verdict: 'pass' | 'already',
): void {
  expect(result.error).toBeNull();
  expect(result).toMatchObject({ verdict, keyOrigin: 'server', proof: 'station', oldKey: 'none' });
  const name = thingNameOf({ mac: board.options.mac });
  expect([...stack.state.things.keys()]).toEqual([name]);
  const { certificate } = stack.state.things.get(name)!;
  expect(durable(board, CERTIFICATE)).toBe(certificate.certificate);
  expect(durable(board, KEY)).toBe(certificate.privateKey);
  expect(durable(board, CA)).toBe(stack.ca);
  expect(JSON.parse(durable(board, CONFIGURATION)!)).toMatchObject({
    host: 'localhost',
    clientId: name,
    keyFile: KEY,
  });
  expect(board.inspect.mode(KEY)! & 0o777).toBe(0o600);
  expect([...board.inspect.names('/etc/mic')].sort()).toEqual([
    'ca.pem',
    'cert.pem',
    'mqtt.json',
    'privkey.pem',
  ]);
  expect(result).toMatchObject({ deviceId: name, identity: { mac: board.options.mac } });
  expect(stack.connected.at(-1)).toBe(name);
  expect(board.inspect.console).not.toBe('shell');
  expectRecorded(events, result);
}

/** However it was cut: a pair that does not belong together is never called safe, and there is one thing at most. */
function expectNothingBroken({ board, stack }: MicFlow, { result, events }: Run): void {
  expectRecorded(events, result);
  expect(stack.state.things.size).toBeLessThan(2);
  const [key, certificate] = [durable(board, KEY), durable(board, CERTIFICATE)];
  if (key !== null && certificate !== null)
    expect(new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))).toBe(true);
  if (result.verdict !== 'pass') expect(result.error?.remedy).toMatch(/\w/);
}

test('a new board gets certificate and key of a thing of its own, proved before they are put in use', async () => {
  const flow = await micFlow();
  const run = await flow.run();
  expectInstalled(flow, run, 'pass');
  const order = run.steps.map(({ step }) => step);
  expect(order.indexOf('authenticate')).toBeLessThan(order.indexOf('stage'));
  const name = thingNameOf({ mac: flow.board.options.mac });
  const secretText = flow.stack.state.things.get(name)!.certificate.privateKey;
  const body = secretText.split('\n')[3]!;
  for (const told of [run.transcript, run.events, run.steps, run.result])
    expect(JSON.stringify(told)).not.toContain(body);
  expect(JSON.stringify(run.transcript)).not.toContain(
    Buffer.from(secretText).toString('base64').slice(80, 140),
  );
});

test('a board that has them already is left as it is, once they were taken again', async () => {
  const flow = await micFlow();
  await flow.run();
  const again = await flow.run();
  expectInstalled(flow, again, 'already');
  expect(flow.stack.count('create-thing')).toBe(1);
  expect(again.events.map(({ kind }) => kind)).not.toContain('step-intent');
});

describe('an interrupted job', () => {
  test.each(STEPS)('whose cable went as %s began is ended by the next', async (step) => {
    const flow = await micFlow();
    const run = await flow.run({ onStep: (now) => now === `${step} running` && flow.board.unplug() });
    expectNothingBroken(flow, run);
    await flow.b.time.sleep(180_000);
    const again = await flow.run();
    expectInstalled(flow, again, again.result.verdict === 'already' ? 'already' : 'pass');
  });

  test.each(STEPS)('whose board lost its power as %s began is ended by the next', async (step) => {
    const flow = await micFlow();
    let cut = false;
    const run = await flow.run({
      onStep: (now) => {
        if (now !== `${step} running` || cut) return;
        cut = true;
        void flow.board.power('off');
      },
    });
    expect(cut).toBe(true);
    expectNothingBroken(flow, run);
    await flow.board.power('on');
    await flow.b.time.sleep(60_000);
    const again = await flow.run();
    expectInstalled(flow, again, again.result.verdict === 'already' ? 'already' : 'pass');
  });

  test.each(STEPS)('that was cancelled as %s began leaves nothing staged, or is finished', async (step) => {
    const flow = await micFlow();
    const cancel = new AbortController();
    const run = await flow.run({
      cancel: cancel.signal,
      onStep: (now) => now === `${step} running` && cancel.abort(),
    });
    expectNothingBroken(flow, run);
    expect(flow.board.inspect.names('/etc/mic').filter((name) => name.endsWith('.station'))).toEqual([]);
    expect(['stopped', 'pass']).toContain(run.result.verdict);
    expectInstalled(flow, await flow.run(), run.result.verdict === 'pass' ? 'already' : 'pass');
  });

  test.each(['get-thing', 'create-thing', 'download', 'manifest', 'swagger'] as const)(
    'whose answer to %s was lost makes nothing twice',
    async (on) => {
      for (const act of ['before', 'after'] as const) {
        const flow = await micFlow();
        flow.stack.faults.push({ on, act, times: 2 });
        const run = await flow.run();
        expectNothingBroken(flow, run);
        if (run.result.verdict !== 'pass') {
          expect(run.result.error).toMatchObject({ code: 'server/unreachable', retriable: true });
          flow.stack.faults.length = 0;
        }
        const again = await flow.run();
        expectInstalled(flow, again, run.result.verdict === 'pass' ? 'already' : 'pass');
      }
    },
  );

  test('that was cut between two renames is recognised and finished, without another copy of the key', async () => {
    const flow = await micFlow();
    await flow.run();
    const { inspect } = flow.board;
    const key = inspect.text(KEY)!;
    inspect.put(KEY, 'the key that was in use before\n', 0o600);
    inspect.put(`${KEY}.station`, key, 0o600);
    const again = await flow.run();
    expectInstalled(flow, again, 'pass');
    const did = again.events.flatMap((event) => (event.kind === 'step-intent' ? [event.action] : []));
    expect(did).toEqual(['switch-credentials']);
    expect(again.result.notes.join(' ')).toContain('another key');
  });
});

describe('a board is left as it is', () => {
  test('where the endpoint does not take the certificate', async () => {
    const flow = await micFlow();
    await flow.run();
    flow.board.inspect.put(CERTIFICATE, 'of another\n');
    flow.stack.state.things.get(thingNameOf({ mac: flow.board.options.mac }))!.active = false;
    const { result } = await flow.run();
    expect(result).toMatchObject({
      verdict: 'fail',
      proof: null,
      error: { code: 'server/certificate-refused' },
    });
    expect(flow.board.inspect.text(CERTIFICATE)).toBe('of another\n');
  });

  test.each([
    ['dataReadOnly', 'board/read-only'],
    ['dataFull', 'board/disk-full'],
  ] as const)('where its storage is %s', async (flaw, wanted) => {
    const flow = await micFlow({}, { storage: { [flaw]: true } });
    const { result } = await flow.run({
      profile: {
        ...MIC,
        mqtt: { ...MIC.mqtt!, keyFile: '/data/mender/mic.key', certificateFile: '/data/mender/mic.pem' },
      },
    });
    expect(result).toMatchObject({ verdict: 'fail', error: { code: wanted } });
    expect(result.error?.unchanged).toContain('the next job uses it');
    expect(flow.board.inspect.names('/data/mender').filter((name) => name.startsWith('mic'))).toEqual([]);
  });

  test('by a plan, which says what would be done', async () => {
    const flow = await micFlow();
    let planned = false;
    const run = await flow.run({
      plans: true,
      onPlanned: () => (planned = flow.stack.state.things.size === 0),
    });
    expect(planned).toBe(true);
    expect(run.plan).toMatchObject({ ends: 'pass', error: null });
    expect(run.plan!.actions.map(({ action }) => action)).toEqual([
      'create',
      'take',
      'prove',
      'stage',
      'switch',
    ]);
    const again = await flow.run({ plans: true });
    expect(again.plan).toMatchObject({ ends: 'already' });
  });
});
