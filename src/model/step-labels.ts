import type { StepName } from './job.ts';

/** The steps of a job in words. */
export const STEP_LABELS: Readonly<Record<StepName, string>> = {
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
