/** The linux-console driver on simulated boards. The same tests run on real ones: test/rig/driver.test.ts. */
import { boardUser, createCable, createSimulatedBoard } from '../../../../src/rehearsal/board/index.ts';
import type { Cable } from '../../../../src/rehearsal/board/index.ts';
import { describeDriver } from '../../../boards/driver-suite.ts';

const PASSWORD = 'Canary-Pw-7';

describeDriver({
  name: 'a simulated board',
  hasOwnClock: true,
  make: (kind) => {
    const user = kind.user === 'sudo' ? 'tech' : 'root';
    const password = kind.password ?? PASSWORD;
    const board = createSimulatedBoard({
      users: ['root', 'tech'].map((name) => boardUser({ name, password })),
      console: {
        ...(kind.shell === undefined ? {} : { shell: kind.shell }),
        ...(kind.sh === undefined ? {} : { sh: kind.sh }),
        ...(kind.console === undefined ? {} : { kind: kind.console }),
      },
      system: {
        ...(kind.sh === 'ash' ? { userland: 'busybox' } : {}),
        ...(kind.openssl === false ? { openssl: 'absent' } : {}),
      },
      noise: { kernelEvery: kind.noiseEveryMs ?? 0 },
      client: {
        version: kind.client === 'mender-5' ? '5.1.0' : '3.4.0',
        key: kind.daemon === false ? { kind: 'missing' } : { kind: 'present', type: 'p-256' },
        enabled: kind.daemon !== false,
        ...(kind.conf === undefined ? {} : { conf: kind.conf }),
      },
    });
    let cut: number | null = null;
    let cable: Cable | null = null;
    return Promise.resolve({
      user,
      password,
      mac: board.options.mac,
      open: () => {
        cable = createCable(board.link(), {
          ...(kind.paced === true ? { baud: 115_200, latency: 16 } : {}),
          ...(kind.loss === undefined ? {} : { loss: { 'to-board': kind.loss } }),
          ...(cut === null ? {} : { cut: { direction: 'to-board', after: cut } }),
        });
        return Promise.resolve(cable.link);
      },
      text: (path) => {
        const bytes = board.inspect.file(path);
        return Promise.resolve(bytes === undefined ? null : Buffer.from(bytes).toString('latin1'));
      },
      names: (directory) => Promise.resolve(board.inspect.names(directory)),
      isLoggedIn: async () => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        return board.inspect.user !== undefined;
      },
      cutAfter: (bytes) => {
        cut = bytes;
        return Promise.resolve();
      },
      plug: () => {
        cut = null;
        return Promise.resolve();
      },
      [Symbol.asyncDispose]: () => board[Symbol.asyncDispose](),
    });
  },
});
