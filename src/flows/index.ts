export { provision } from './provision.ts';
export { rekey } from './rekey.ts';
export { planJob } from './plan.ts';
export { decide } from './reconcile/decide.ts';
export type { Act, Decision } from './reconcile/decision.ts';
export type { Facts, Wanted, WantedKey } from './reconcile/facts.ts';
export type {
  JobJournal,
  KeyMaker,
  ProvisionParts,
  ProvisionProgress,
  ProvisionRequest,
  RekeyRequest,
  ResumedRekey,
  Waiting,
} from './reconcile/request.ts';
