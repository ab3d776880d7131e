export { provision } from './provision.ts';
export { decide, type Decision } from './decide.ts';
export type { Facts, Wanted, WantedKey } from './facts.ts';
export type { ProvisionParts, ProvisionProgress, ProvisionRequest, KeyMaker, JobJournal } from './request.ts';
