import { describe, expect, test } from 'vitest';
import { foresee } from '../../../src/flows/plan.ts';
import type { KeySource } from '../../../src/model/key.ts';
import { actionsOf, bench, keyOf, MODES, setsOf, stagedOn, type Run } from './bench.ts';
import { begin, factsOf, IN_USE } from './world.ts';

const SOURCES: readonly KeySource[] = [{ from: 'board' }, { from: 'generate', type: 'ed25519' }];

/** What the record calls the actions that change something. */
const RECORDED: Readonly<Record<string, string>> = {
  'set-clock': 'set-clock',
  'discard-staged': 'discard-staged',
  stage: 'stage-key',
  configure: 'configure',
  submit: 'auth-request',
  preauthorize: 'preauthorize',
  accept: 'accept-auth-set',
  reject: 'reject-auth-set',
  switch: 'switch-key',
  'revoke-tokens': 'revoke-tokens',
  'test-refusal': 'test-refusal',
  'remove-auth-set': 'remove-auth-set',
  'destroy-former': 'destroy-old-key',
};

/** The job that followed did what was foreseen, in that order, and came to that end. */
function expectForeseen({ plan, events, result }: Run): void {
  const planned = (plan?.actions ?? []).flatMap(({ action }) => RECORDED[action] ?? []);
  expect(planned).toEqual(actionsOf(events).map((action) => action.replace(' done', '')));
  expect(plan?.ends).toBe(result.verdict);
  for (const { says } of plan?.actions ?? []) expect(says).toMatch(/^[A-Z].*\.$/);
}

describe.each(SOURCES)('a plan, with a key from $from', (keySource) => {
  test('is what the job then does: a new board, one that is done already, a returned unit', async () => {
    const b = await bench();
    const board = b.board();
    await b.time.sleep(5_000);
    const first = await b.run(board, { keySource, plans: true });
    expect(first.result.verdict).toBe('pass');
    expectForeseen(first);
    const again = await b.run(board, { keySource, plans: true });
    expect(again.plan).toMatchObject({
      ends: 'already',
      actions: [{ action: 'prove' }, { action: 'verify-device' }],
    });
    expectForeseen(again);
    const rekeyed = await b.rekey(board, { keySource, plans: true });
    expect(rekeyed.result.verdict).toBe('pass');
    expectForeseen(rekeyed);
  });

  test('changes nothing: no call that writes, no file, no entry in the record', async () => {
    const b = await bench();
    const board = b.board();
    await b.time.sleep(5_000);
    expect((await b.run(board, { keySource })).result.verdict).toBe('pass');
    const state = (): unknown => [
      keyOf(board),
      setsOf(b.server, board),
      stagedOn(board),
      ['accept', 'reject', 'preauthorize', 'delete-set', 'revoke-token', 'auth-request'].map((step) =>
        b.server.requests.count({ step: step as 'accept' }),
      ),
    ];
    const before = state();
    let after: unknown = null;
    const run = await b.rekey(board, {
      keySource,
      plans: true,
      onPlanned: () => (after = state()),
    });
    expect(after).toEqual(before);
    expect(run.plan?.ends).toBe('pass');
    // The record's first word after the job's begin is the job's own.
    expect(run.events.filter(({ kind }) => kind === 'board-identified')).toHaveLength(1);
  });
});

test.each(MODES)('says why a job would stop, and what a person may confirm, %s', async (mode) => {
  const b = await bench({ mode });
  const board = b.board();
  await b.time.sleep(5_000);
  const run = await b.rekey(board, { plans: true });
  expect(run.plan).toMatchObject({ ends: 'stop', error: { code: 'job/unit-unknown' } });
  expect(run.result.error?.code).toBe('job/unit-unknown');
});

test('a server that does not preauthorize beside an accepted key: the other order is foreseen', () => {
  const world = begin({
    inUse: IN_USE,
    staged: 'none',
    openssl: true,
    configured: true,
    decommissioning: false,
    sets: { [IN_USE]: 'accepted' },
  });
  const wanted = {
    flow: 'rekey',
    key: { from: 'board', type: 'ed25519' },
    leastProof: 'board-client',
    resumed: [],
    confirmed: new Set<string>(),
    decommissionFormer: false,
  } as const;
  const order = (beside: 'yes' | 'no'): readonly string[] =>
    foresee(factsOf(world), wanted, { boardSigns: true, preauthorizesBeside: beside }).acts.map(
      (act) => act.do,
    );
  expect(order('yes').slice(0, 5)).toEqual(['stage', 'prove-staged', 'preauthorize', 'switch', 'submit']);
  expect(order('no').slice(0, 6)).toEqual([
    'stage',
    'prove-staged',
    'preauthorize',
    'submit',
    'accept',
    'switch',
  ]);
});
