import { STEPS, type StepName } from './job.ts';

/** Who makes the key of a board: board or station, or the server, from which the station then brings it. */
export type KeyMaker = 'station' | 'server';

/** The steps of a job in words, where board or station makes the key. */
const LABELS: Readonly<Record<StepName, string>> = {
  connect: 'connect and log in',
  identify: 'identify',
  'look-up': 'look up on the server',
  'make-key': 'make the key',
  stage: 'stage the key',
  submit: 'submit the auth request',
  accept: 'accept',
  authenticate: 'authenticate',
  switch: 'switch to the key',
  prove: 'prove on the board',
  tidy: 'tidy up',
  record: 'record',
  'log-out': 'log out',
};

/** Those that are something else where the server makes it. */
const ISSUED_LABELS: Partial<Record<StepName, string>> = {
  submit: 'create the thing',
  'make-key': 'fetch certificate and key',
  authenticate: 'prove them by MQTT',
  stage: 'stage certificate and key',
  switch: 'install certificate and key',
};

/** The steps of a job at such a server, in the order in which they come. */
const ISSUED_STEPS: readonly StepName[] = [
  'connect',
  'identify',
  'look-up',
  'submit',
  'make-key',
  'authenticate',
  'stage',
  'switch',
  'tidy',
  'record',
  'log-out',
];

/** A step of a job in words. */
export function stepLabel(step: StepName, by: KeyMaker): string {
  return (by === 'server' ? ISSUED_LABELS[step] : undefined) ?? LABELS[step];
}

/** The steps that a job may have, in the usual order. */
export function stepsOf(by: KeyMaker): readonly StepName[] {
  return by === 'server' ? ISSUED_STEPS : STEPS;
}
