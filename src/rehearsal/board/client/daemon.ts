/** The authentication daemon: authorizes at its start, again after a refusal, and when it is asked on D-Bus. */
import { publicPem } from './key.ts';
import type { Agent, Outcome } from './agent.ts';
import type { Invocation } from '../shell/program.ts';

/** What D-Bus and the inspection see of the daemon. */
export interface ClientDaemon {
  /** Starts a request for authorization, unless one is under way. */
  fetch(): void;
  /** The token in memory and the address of the local proxy. */
  token(): { readonly jwt: string; readonly url: string } | undefined;
  /** The key in memory. */
  publicKey(): string | undefined;
}

/** Runs the daemon until it is killed. `onOutcome` logs what became of each request. */
export async function runDaemon(
  run: Invocation,
  agent: Agent,
  retrySeconds: number,
  onOutcome: (outcome: Outcome) => void,
): Promise<never> {
  let token: { jwt: string; url: string } | undefined;
  let asked = true;
  let wake: (() => void) | undefined;
  const daemon: ClientDaemon = {
    fetch: () => {
      asked = true;
      wake?.();
    },
    token: () => token,
    publicKey: () => agent.key && publicPem(agent.key),
  };
  run.machine.clientDaemon = daemon;
  try {
    for (;;) {
      if (asked) {
        const outcome = await agent.authorize();
        asked = false;
        token =
          outcome.kind === 'authorized' ? { jwt: outcome.token, url: 'http://127.0.0.1:41077' } : undefined;
        onOutcome(outcome);
      }
      await run.process.pause((done) => {
        wake = done;
        if (token) return undefined;
        return run.machine.clock.after(retrySeconds * 1000, () => {
          asked = true;
          done();
        });
      });
    }
  } finally {
    // Another daemon may have taken the name meanwhile; only one's own registration is taken back.
    if (run.machine.clientDaemon === daemon) run.machine.clientDaemon = undefined;
  }
}
