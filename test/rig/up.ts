/**
 * Brings boards up and prints their ports until Ctrl-C: `node test/rig/up.ts --boards 8`.
 *
 * `--shell bash|dash|ash`, `--user root|sudo`, `--client mender-3.4|mender-5-double` make all boards alike (default: a
 * mixture); `--baud N`, `--latency MS`, `--noise MS` shape their cables; `--server URL` goes into their mender.conf.
 */
import { parseArgs } from 'node:util';
import { startBoards, type BoardSpec } from './board.ts';
import { rigObstacle } from './packages.ts';

const MIXTURE: readonly BoardSpec[] = [
  { shell: 'bash' },
  { shell: 'dash' },
  { shell: 'ash' },
  { shell: 'bash', user: 'sudo' },
  { shell: 'bash', client: 'mender-5-double' },
  { shell: 'dash', user: 'sudo', daemon: false },
  { shell: 'ash', openssl: false },
  { shell: 'dash', client: 'mender-5-double' },
];

const { values } = parseArgs({
  options: {
    boards: { type: 'string', default: '1' },
    shell: { type: 'string' },
    user: { type: 'string' },
    client: { type: 'string' },
    console: { type: 'string' },
    server: { type: 'string' },
    baud: { type: 'string' },
    latency: { type: 'string' },
    noise: { type: 'string' },
  },
});

function oneOf<const T extends string>(
  name: string,
  value: string | undefined,
  allowed: readonly T[],
): T | undefined {
  const found = allowed.find((candidate) => candidate === value);
  if (value !== undefined && found === undefined) throw new Error(`--${name}: one of ${allowed.join(', ')}`);
  return found;
}

const obstacle = rigObstacle();
if (obstacle !== undefined) throw new Error(`boards cannot run here: ${obstacle}`);

const shell = oneOf('shell', values.shell, ['bash', 'dash', 'ash']);
const user = oneOf('user', values.user, ['root', 'sudo']);
const client = oneOf('client', values.client, ['mender-3.4', 'mender-5-double']);
const terminal = oneOf('console', values.console, ['getty', 'autologin', 'askfirst']);
const specs = Array.from({ length: Number(values.boards) }, (_, index): BoardSpec => {
  const mixed = shell === undefined && user === undefined && client === undefined && terminal === undefined;
  return {
    ...(mixed ? MIXTURE[index % MIXTURE.length] : {}),
    ...(shell === undefined ? {} : { shell }),
    ...(user === undefined ? {} : { user }),
    ...(client === undefined ? {} : { client }),
    ...(terminal === undefined ? {} : { console: terminal }),
    ...(values.server === undefined ? {} : { conf: { Servers: [{ ServerURL: values.server }] } }),
    cable: {
      baud: Number(values.baud ?? 0),
      latencyMs: Number(values.latency ?? 0),
      noiseEveryMs: Number(values.noise ?? 0),
    },
  };
});

const stop = new Promise<void>((resolve) => {
  process.once('SIGINT', resolve);
  process.once('SIGTERM', resolve);
});
await using bench = await startBoards(specs, { log: (line) => process.stderr.write(`${line}\n`) });
for (const board of bench.boards) {
  const { login, spec } = board;
  const kind = [
    spec.shell ?? 'bash',
    spec.client ?? 'mender-3.4',
    spec.openssl === false ? 'no openssl' : '',
  ];
  process.stdout.write(
    `${board.port}  ${board.mac}  login ${login.user}/${login.password}  ${kind.filter(Boolean).join(', ')}\n`,
  );
}
process.stdout.write(`ports folder: ${bench.ports}\nCtrl-C ends the boards\n`);
// A promise alone does not keep a process alive; the boards' pipes do.
await stop;
