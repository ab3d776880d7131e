/** The linux-console driver on real boards: getty, login, a shell and Debian's client, on a real tty. */
import { describeDriver, type BoardKind } from '../boards/driver-suite.ts';
import { openPort } from '../../src/serial/open.ts';
import { startBoards, type BoardSpec } from './board.ts';

function specOf(kind: BoardKind): BoardSpec {
  return {
    ...(kind.shell === undefined ? {} : { shell: kind.shell }),
    ...(kind.user === undefined ? {} : { user: kind.user }),
    password: kind.password ?? 'Canary-Pw-7',
    ...(kind.console === undefined ? {} : { console: kind.console }),
    ...(kind.daemon === undefined ? {} : { daemon: kind.daemon }),
    ...(kind.openssl === undefined ? {} : { openssl: kind.openssl }),
    ...(kind.conf === undefined ? {} : { conf: kind.conf }),
    ...(kind.client === 'mender-5' ? { client: 'mender-5-double' } : {}),
    ...(kind.sh === 'ash' ? { setup: 'ln -sf /bin/busybox /bin/sh' } : {}),
    cable: {
      ...(kind.paced === true ? { baud: 115_200, latencyMs: 16 } : {}),
      ...(kind.noiseEveryMs === undefined ? {} : { noiseEveryMs: kind.noiseEveryMs }),
      ...(kind.loss === undefined ? {} : { toBoard: { drop: kind.loss } }),
    },
  };
}

const LINE = { baudRate: 115_200, rtscts: false, xonxoff: true };

describeDriver({
  name: 'a real tty',
  hasOwnClock: false,
  make: async (kind) => {
    const bench = await startBoards([specOf(kind)]);
    const board = bench.boards[0]!;
    if (kind.daemon !== false) {
      // On its first boot the client makes its own key, which takes a while.
      await board.run('for i in $(seq 60); do [ -e /data/mender/mender-agent.pem ] && exit; sleep 0.5; done');
    }
    return {
      user: board.login.user,
      password: board.login.password,
      mac: board.mac,
      open: () => openPort(board.port, LINE, new AbortController().signal),
      text: async (path) => {
        const { stdout, status } = await board.run(`base64 -w0 '${path}'`);
        return status === 0 ? Buffer.from(stdout, 'base64').toString('latin1') : null;
      },
      names: async (directory) =>
        (await board.run(`ls -a '${directory}'`)).stdout.split('\n').filter(Boolean),
      isLoggedIn: async () =>
        (
          await board.run(
            "sleep 0.3; ps -o tty=,comm= -A | grep -E 'ttyS0' | grep -vE 'agetty|login|ps$|grep'",
          )
        ).status === 0,
      cutAfter: (bytes) => board.cable.cutAfter(bytes, 'toBoard'),
      plug: async () => {
        await board.cable.cutAfter(1e9, 'toBoard'); // a cut that was not reached is none
        await board.cable.plug();
      },
      [Symbol.asyncDispose]: () => bench.close(),
    };
  },
});
