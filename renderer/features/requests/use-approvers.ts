import { useCallback, useEffect } from 'react';
import type { ApproverView } from '../../../src/contract.ts';
import { useStore, useWindowState } from '../../store.ts';

/** The stations whose admins may approve requests of this one; asked for anew by `look`, and once at the start. */
export function useApprovers(): {
  readonly approvers: readonly ApproverView[];
  readonly look: () => Promise<void>;
} {
  const store = useStore();
  const approvers = useWindowState((state) => state.approvers);
  const look = useCallback(async () => {
    const found = await store.ask('approver.list', {});
    if (found !== null) store.dispatch({ type: 'approvers', approvers: found });
  }, [store]);
  useEffect(() => void look(), [look]);
  return { approvers, look };
}
