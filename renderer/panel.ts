import type { JobView, RecordView, SlotView } from '../src/contract.ts';
import type { Planned } from './features/plan/plan-panel.tsx';
import type { ErrorReport } from '../src/model/job.ts';

export type ServersView =
  { readonly at: 'list' } | { readonly at: 'add' } | { readonly at: 'sign-in'; readonly server: string };

/** What is open beside the bench; one at a time. */
export type Panel =
  | { readonly kind: 'servers'; readonly view: ServersView }
  | { readonly kind: 'set-up' }
  | { readonly kind: 'operator' }
  | { readonly kind: 'people' }
  | { readonly kind: 'doctor' }
  | { readonly kind: 'job'; readonly job: JobView }
  | { readonly kind: 'identify'; readonly slot: SlotView }
  | { readonly kind: 'record'; readonly record: RecordView }
  | { readonly kind: 'resume' }
  | { readonly kind: 'journal' }
  | { readonly kind: 'history' }
  | { readonly kind: 'plan'; readonly planned: Planned }
  /** An admin approves what a laptop has asked for. */
  | { readonly kind: 'approve' }
  | { readonly kind: 'approvers' }
  | { readonly kind: 'import-batch' }
  /** Where the rows of a batch are sent. */
  | { readonly kind: 'preauthorize'; readonly batch: string }
  /** A server held against a batch; null: against all that the record has of it. */
  | { readonly kind: 'reconcile'; readonly batch: string | null; readonly server: string }
  /** The parts of a batch that other benches have. */
  | { readonly kind: 'benches'; readonly batch: string }
  | { readonly kind: 'take-back'; readonly batch: string; readonly server: string }
  | { readonly kind: 'error'; readonly error: ErrorReport };

/** What fills the window. */
export type Screen = 'bench' | 'rekey' | 'batches';

export type OpenPanel = (panel: Panel) => void;
