/** The plain good board, and the filling-in of what a caller did not choose. */
import { systemClock } from '../../model/clock.ts';
import { callServer } from './client/server-call.ts';
import { type BoardChoices, boardUser, type SimulatedBoardOptions } from './options.ts';

const motd = `
The programs included with the Debian GNU/Linux system are free software;
the exact distribution terms for each program are described in the
individual files in /usr/share/doc/*/copyright.

Debian GNU/Linux comes with ABSOLUTELY NO WARRANTY, to the extent
permitted by applicable law.
`;

/**
 * Fills in the plain good board: Debian, systemd, root with the password `board`, bash, openssl 3, mender-client 3.4
 * without a key yet, its login prompt waiting.
 */
export function completeOptions(choices: BoardChoices = {}): SimulatedBoardOptions {
  const busybox = choices.system?.init === 'busybox';
  const hostname = choices.hostname ?? 'board1';
  const pretty = choices.system?.pretty ?? 'Debian GNU/Linux 12';
  return {
    name: choices.name ?? `simulated:${hostname}`,
    hostname,
    mac: choices.mac ?? '52:54:00:c0:00:01',
    clock: choices.clock ?? systemClock,
    seed: choices.seed ?? 1,
    users: choices.users ?? [boardUser({ name: 'root' }), boardUser({ name: 'tech' })],
    serverCertificate: choices.serverCertificate,
    server: choices.server ?? callServer,
    console: {
      kind: 'getty',
      start: 'login',
      shell: busybox ? 'ash' : 'bash',
      sh: busybox ? 'ash' : 'dash',
      echoName: true,
      issue: `${pretty} \\n \\l\n\n`,
      motd,
      lastLogin: true,
      hushLogin: false,
      loginDelay: 100,
      wrongPasswordDelay: 3000,
      maxTries: 5,
      loginTimeout: 60_000,
      respawnDelay: busybox ? 2000 : 1200,
      term: busybox ? 'vt102' : 'vt220',
      prompt: '# ',
      ...choices.console,
    },
    noise: { kernelEvery: 0, kernelLevel: 4, wallEvery: 0, statusEvery: 0, ...choices.noise },
    boot: {
      duration: 4000,
      uBoot: true,
      countdown: 2,
      stops: false,
      statusOverPrompt: false,
      lines: 120,
      ...choices.boot,
    },
    line: { baud: 115_200, flow: 'xon-xoff', ring: undefined, ...choices.line },
    system: {
      init: 'systemd',
      userland: busybox ? 'busybox' : 'gnu',
      kernel: '6.1.0-42-amd64',
      machine: 'x86_64',
      pretty,
      openssl: '3.0',
      readlink: 'follows',
      dbus: !busybox,
      clockOffset: 0,
      absent: [],
      ...choices.system,
    },
    storage: {
      dataCapacity: 64 * 1024 * 1024,
      rootCapacity: 512 * 1024 * 1024,
      dataFull: false,
      dataReadOnly: false,
      rootReadOnly: false,
      dataDirectory: true,
      writeback: 0,
      ...choices.storage,
    },
    client: {
      version: '3.4.0',
      enabled: true,
      key: { kind: 'missing' },
      keyPath: undefined,
      sslEngine: undefined,
      passphraseFile: undefined,
      generates: undefined,
      generateTime: 700,
      conf: {
        InventoryPollIntervalSeconds: 28_800,
        RetryPollIntervalSeconds: 300,
        ServerCertificate: '/etc/mender/server.crt',
        Servers: [{ ServerURL: 'https://localhost:8443' }],
        UpdatePollIntervalSeconds: 1800,
      },
      confText: undefined,
      fallbackConf: undefined,
      artifactName: 'golden-2026.11',
      deviceType: 'qemux86-64',
      update: 'none',
      ...choices.client,
    },
    identity: { kind: 'script', lines: ['mac=52:54:00:c0:00:01'], ...choices.identity },
  };
}
