import { currentServer } from '../../bench.ts';
import type { WindowState } from '../../state.ts';
import type { Acceptance } from './flow.ts';

/** How the new key would be accepted as things are: what was chosen, else by whoever is signed in, else by request. */
export function acceptanceOf(state: WindowState): Acceptance {
  const { rekey: flow, approvers } = state;
  const signedIn = currentServer(state)?.session != null;
  if ((flow.by ?? (signedIn ? 'login' : 'request')) === 'login') return { by: 'login' };
  const named = approvers.find(({ station }) => station === flow.approver) ?? null;
  const [only, ...others] = approvers;
  return { by: 'request', approver: (named ?? (others.length === 0 ? only : null))?.station ?? null };
}
