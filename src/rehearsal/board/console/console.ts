/** The console of a board: what init does with the line. */
import type { Machine } from '../machine.ts';
import { Killed, Session } from '../shell/process.ts';
import { TtyOpening } from '../tty/opening.ts';
import { askFirst, getty } from './getty.ts';
import type { ConsoleState } from './state.ts';

/** Runs the console for as long as there is power: getty, login, shell, and again. */
export async function runConsole(
  machine: Machine,
  state: ConsoleState,
  start: 'login' | 'name-typed' | 'password-asked' | 'shell-open' | 'quiet-shell-open',
): Promise<void> {
  let first = start;
  for (;;) {
    const opening = new TtyOpening(machine.tty);
    const session = new Session(opening);
    machine.session = session;
    machine.tty.reopen();
    const leader = machine.processes.spawn(undefined, {
      name: 'agetty',
      args: ['/sbin/agetty', '-L', 'ttyS0'],
      session,
    });
    session.leader = leader;
    try {
      if (machine.options.console.kind === 'askfirst') await askFirst(machine, leader, state, first);
      else await getty(machine, leader, state, first);
    } catch (error) {
      // Whoever asks on the line may be killed; init starts the next one for as long as there is power.
      if (!(error instanceof Killed) || machine.off) throw error;
    } finally {
      state.state = 'between';
      state.user = undefined;
      machine.processes.signalSession(session, 'HUP');
      opening.hangUp();
      leader.end();
    }
    first = 'login';
    const pause = machine.processes.spawn(undefined, { name: 'init' });
    try {
      await machine.sleep(pause, machine.options.console.respawnDelay);
    } finally {
      pause.end();
    }
  }
}
