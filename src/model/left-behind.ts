import type { StepName } from './job.ts';

/** What a job that did not end well has left, as far as its record tells. */
export interface LeftBehind {
  /** The last step that changes something; null where it had come to none. */
  readonly step: StepName | null;
  /** What state board and server are in, in sentences. */
  readonly left: string;
  /** Whether the board may be unplugged and used as it is. */
  readonly safe: boolean;
  /** Whether something is left to be finished or taken back. */
  readonly unfinished: boolean;
}

/** An action of a job; without an outcome it was cut off. */
export interface RecordedStep {
  readonly step: StepName;
  readonly action: string;
  readonly outcome: 'done' | 'failed' | 'unknown' | null;
}

/** Whether an action has had its effect. `maybe`: it was begun, and nobody wrote down how it came out. */
type Effect = 'no' | 'maybe' | 'yes';

/**
 * Tells from the intents and outcomes of a job what it has left on its board and on the server. An intent without an
 * outcome may have had its effect or not; what is said holds in both cases.
 */
export function leftBehind(
  flow: 'provision' | 'rekey',
  identified: boolean,
  steps: readonly RecordedStep[],
): LeftBehind {
  const step = steps.at(-1)?.step ?? null;
  if (!identified) {
    return {
      step,
      left: 'The board had not been read yet: nothing was changed on it or on the server.',
      safe: true,
      unfinished: false,
    };
  }
  if (steps.some(({ action }) => ISSUED.has(action))) return { step, ...issuedLeft(steps) };
  const effects = effectsOf(steps);
  const { staged, expected, accepted, switched } = effects;
  // A clock that was set and a configuration that was brought up to date are no harm by themselves.
  const unfinished = [staged, expected, accepted, switched].some((effect) => effect !== 'no');
  return { step, ...told(flow, effects), unfinished };
}

/** Actions of a job at a server that makes certificate and key, in the order of their effects. */
const CREATED = 'create-thing';
const STAGED = 'stage-credentials';
const DISCARDED = 'discard-credentials';
const SWITCHED = 'switch-credentials';
const ISSUED: ReadonlySet<string> = new Set([CREATED, STAGED, DISCARDED, SWITCHED]);

/** What such a job has left: certificate and key belong together, and only the next job can tell whether they still do. */
function issuedLeft(steps: readonly RecordedStep[]): Omit<LeftBehind, 'step'> {
  const last = (action: string): RecordedStep | undefined => steps.findLast((one) => one.action === action);
  const thing =
    last(CREATED)?.outcome === 'done' ? ' Its thing is on the server.' : ' Its thing may be on the server.';
  const made = last(CREATED) === undefined ? '' : thing;
  const switched = last(SWITCHED);
  if (switched?.outcome === 'done')
    return {
      left: 'Certificate and key are in place on the board; what is missing is the record of it.',
      safe: true,
      unfinished: true,
    };
  if (switched !== undefined && switched.outcome !== 'failed')
    return {
      left: 'The station ended while certificate and key were being put in place: they may not belong together. Do not hand the board over before this is finished.',
      safe: false,
      unfinished: true,
    };
  const at = steps.findLastIndex(({ action }) => action === STAGED);
  const isRemoved = steps
    .slice(at + 1)
    .some(({ action, outcome }) => action === DISCARDED && outcome === 'done');
  if (at >= 0 && !isRemoved)
    return {
      left: `What the board has in use is as it was. Certificate and key may lie staged beside it, unused.${made}`,
      safe: true,
      unfinished: true,
    };
  return { left: `Nothing is changed on the board.${made}`, safe: true, unfinished: false };
}

interface Effects {
  readonly clock: Effect;
  readonly staged: Effect;
  readonly configured: Effect;
  readonly sent: Effect;
  readonly expected: Effect;
  readonly accepted: Effect;
  readonly switched: Effect;
}

/** The action that has each effect, and the action that takes it back. */
const EFFECTS: Readonly<Record<keyof Effects, readonly [does: string, undoes: string | null]>> = {
  clock: ['set-clock', null],
  staged: ['stage-key', 'discard-staged'],
  configured: ['configure', null],
  sent: ['auth-request', 'remove-auth-set'],
  expected: ['preauthorize', 'remove-auth-set'],
  accepted: ['accept-auth-set', 'remove-auth-set'],
  switched: ['switch-key', null],
};

function effectsOf(steps: readonly RecordedStep[]): Effects {
  const effect = ([does, undoes]: readonly [string, string | null]): Effect => {
    let found: Effect = 'no';
    for (const step of steps) {
      if (step.action === does) found = after(step, found);
      // A removal that is not known to be done may have left what it was to remove.
      else if (step.action === undoes && step.outcome === 'done') found = 'no';
    }
    return found;
  };
  return {
    clock: effect(EFFECTS.clock),
    staged: effect(EFFECTS.staged),
    configured: effect(EFFECTS.configured),
    sent: effect(EFFECTS.sent),
    expected: effect(EFFECTS.expected),
    accepted: effect(EFFECTS.accepted),
    switched: effect(EFFECTS.switched),
  };
}

function after({ action, outcome }: RecordedStep, before: Effect): Effect {
  if (outcome === 'done') return 'yes';
  // A switch fails only where the board said that it renamed nothing; anything else that failed may have left a part.
  if (outcome === 'failed' && action === 'switch-key') return 'no';
  return before === 'yes' ? 'yes' : 'maybe';
}

const AS_IT_WAS = 'The key in use on the board is as it was';

function told(flow: 'provision' | 'rekey', effects: Effects): Pick<LeftBehind, 'left' | 'safe'> {
  const { clock, staged, configured, sent, expected, accepted, switched } = effects;
  if (switched === 'yes') {
    const old = flow === 'rekey' ? ' The old key may still be accepted there.' : '';
    return {
      left: `The new key is in use on the board, and the server had accepted it or was waiting for it; what is missing is the proof and its record.${old}`,
      safe: true,
    };
  }
  if (switched === 'maybe') {
    return {
      left: 'The station ended while the new key was being put in use: the board holds its old or its new key, whole. Do not hand it over before this is finished.',
      safe: false,
    };
  }
  if (staged !== 'no') return { ...toldStaged({ sent, expected, accepted }) };
  const changes = [
    configured === 'no'
      ? null
      : `the configuration of its client ${configured === 'yes' ? 'was' : 'may have been'} brought up to date`,
    accepted === 'no' ? null : `the server ${accepted === 'yes' ? 'has' : 'may have'} accepted it`,
    accepted !== 'no' || sent === 'no' ? null : 'the server may know it as pending',
    clock === 'no' ? null : `the clock of the board ${clock === 'yes' ? 'was' : 'may have been'} set`,
  ].filter((change) => change !== null);
  return {
    left:
      changes.length === 0
        ? 'The board was read; nothing is changed on it or on the server.'
        : `${AS_IT_WAS}; ${changes.join('; ')}.`,
    safe: true,
  };
}

function toldStaged({
  sent,
  expected,
  accepted,
}: Pick<Effects, 'sent' | 'expected' | 'accepted'>): Pick<LeftBehind, 'left' | 'safe'> {
  if (accepted !== 'no') {
    const has = accepted === 'yes' ? 'has' : 'may have';
    return {
      left: `${AS_IT_WAS}, but the server ${has} accepted the new key that lies staged beside it: the board may be refused until this is finished. Do not hand it over.`,
      safe: false,
    };
  }
  if (expected !== 'no') {
    // A server that does not offer it has done nothing.
    return {
      left: `${AS_IT_WAS}, and still accepted. The new key lies staged beside it and may be preauthorized on the server.`,
      safe: true,
    };
  }
  return {
    left:
      sent === 'no'
        ? `${AS_IT_WAS}. A new key may lie staged beside it, unused; nothing was sent to the server.`
        : `${AS_IT_WAS}. The new key lies staged beside it, unused, and may be pending on the server; nothing was accepted.`,
    safe: true,
  };
}
