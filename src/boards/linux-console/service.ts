import type { ClientSetup } from './client.ts';
import { quote } from './quiet-loop.ts';

/** Nothing that is started from here may hold the line, or inherit that hang-ups are ignored. */
const APART = '</dev/null >/dev/null 2>&1';

/** Shell text that stops the client; its status tells whether it surely runs no more. */
export function stopText(setup: ClientSetup): string {
  const { supervisor } = setup;
  switch (supervisor.by) {
    case 'systemd':
      return `systemctl stop ${supervisor.units.map(quote).join(' ')}`;
    case 'init-script':
      // What an init script's status is worth differs: whether the client is gone is what counts.
      return `{ ${quote(supervisor.script)} stop ${APART};! R|grep -q .;}`;
    case 'process':
      // Whoever supervises it would start it again: it is held still instead, and ended when the key is in place.
      return `kill -STOP ${supervisor.processes.map(({ pid }) => pid).join(' ')}`;
    case 'nobody':
      return ':';
  }
}

/** Shell text that starts the client again as it was run before. */
export function startText(setup: ClientSetup): string {
  const { supervisor } = setup;
  switch (supervisor.by) {
    case 'systemd':
      return setup.starts ? `systemctl start ${supervisor.units.map(quote).join(' ')}` : ':';
    case 'init-script':
      return `(trap - 1 2;${quote(supervisor.script)} start) ${APART}`;
    case 'process': {
      const pids = supervisor.processes.map(({ pid }) => pid).join(' ');
      const again = supervisor.processes
        .map(({ argv, environment }) => {
          const variables = [...environment].map(([name, value]) => `${name}=${quote(value)} `).join('');
          return `(trap - 1 2;${variables}exec setsid ${argv.map(quote).join(' ')}) ${APART}&`;
        })
        .join('');
      // Its supervisor has two seconds; where there is none, it is started from here.
      return `{ kill -9 ${pids};sleep 2;R|grep -q .||{ ${again}};}`;
    }
    case 'nobody':
      return ':';
  }
}

/** Shell text that waits until the client runs, two seconds at most. */
export const WAIT_FOR_CLIENT = 'for i in 1 2 3 4 5 6 7 8 9;do R|grep -q .&&break;sleep .2||sleep 1;done';

/** Shell text that replies with the names of the client's processes. */
export const TELL_CLIENT = 'p z $(for i in $(R);do read x</proc/$i/comm&&echo $x;done 2>/dev/null)';

/**
 * Whether the client runs, by the names of its processes; null where nothing keeps it running on this board. From 4.x on
 * it is two programs: the one that uses the key has to run, whatever the other does.
 */
export function isKeptRunning(setup: ClientSetup, names: readonly string[]): boolean | null {
  const { supervisor, generation, starts } = setup;
  if (!starts || supervisor.by === 'nobody') return null;
  const hasAuth =
    supervisor.by === 'systemd'
      ? supervisor.units.includes('mender-authd')
      : supervisor.by === 'process' &&
        supervisor.processes.some(({ argv }) => argv[0]?.endsWith('mender-auth') === true);
  return generation === '4' && hasAuth ? names.includes('mender-auth') : names.length > 0;
}
