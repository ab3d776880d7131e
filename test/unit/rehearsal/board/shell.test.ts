import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { named, ROOT_ON_LINUX } from '../../../needs.ts';
import { CORPUS } from './shell-corpus.ts';
import { bareMachine, type Ran } from './machine-harness.ts';

interface Peer {
  readonly name: string;
  readonly argv: readonly string[];
  readonly shell: string;
  readonly userland: 'gnu' | 'busybox';
}

const busybox = existsSync('/usr/bin/busybox') || existsSync('/bin/busybox');
const PEERS: readonly Peer[] = [
  ...(existsSync('/bin/dash')
    ? [{ name: 'dash', argv: ['/bin/dash'], shell: '/bin/dash', userland: 'gnu' } as const]
    : []),
  ...(busybox
    ? [{ name: 'busybox ash', argv: ['busybox', 'sh'], shell: '/bin/ash', userland: 'busybox' } as const]
    : []),
];

/** busybox's own programs first: its shell runs what the path has, unless it was built to prefer its own. */
const applets = mkdtempSync(path.join(tmpdir(), 'applets-'));
if (busybox) execFileSync('busybox', ['--install', '-s', applets]);
afterAll(() => rm(applets, { recursive: true, force: true }));

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

async function real(peer: Peer, text: string): Promise<Ran> {
  const cwd = await mkdtemp(path.join(tmpdir(), 'shell-'));
  const [program = '', ...args] = peer.argv;
  try {
    return await new Promise<Ran>((resolve) => {
      const child = execFile(
        program,
        [...args, '-c', text],
        {
          cwd,
          encoding: 'latin1',
          env: { PATH: peer.userland === 'busybox' ? `${applets}:${PATH}` : PATH, HOME: '/root' },
        },
        (_error, out, err) => resolve({ out, err, status: child.exitCode ?? 128 }),
      );
      child.stdin?.end();
    });
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}

for (const peer of PEERS) {
  describe.skipIf(ROOT_ON_LINUX !== null)(
    named(`the simulated shell against real ${peer.name}`, ROOT_ON_LINUX),
    () => {
      const bare = bareMachine({
        client: { version: 'absent' },
        system: { init: peer.userland === 'busybox' ? 'busybox' : 'systemd', userland: peer.userland },
        console: {
          sh: peer.userland === 'busybox' ? 'ash' : 'dash',
          shell: peer.userland === 'busybox' ? 'ash' : 'bash',
        },
      });
      // `sh` inside a script is this machine's own, whichever shell runs the script.
      const ownSh =
        existsSync('/bin/dash') &&
        execFileSync('readlink', ['-f', '/bin/sh'], { encoding: 'utf8' }).includes('dash');
      beforeAll(() => expect(ownSh || peer.userland === 'busybox').toBe(true));
      afterAll(async () => {
        await bare[Symbol.asyncDispose]();
      });
      it.each(CORPUS.map((line) => [line]))('%s', async (line) => {
        const [wanted, got] = await Promise.all([real(peer, line), bare.sh(line, { shell: peer.shell })]);
        expect({ out: got.out, status: got.status }).toEqual({ out: wanted.out, status: wanted.status });
        expect(bare.takeFaults()).toEqual([]);
      });
    },
  );
}

describe('the simulated shell by itself', () => {
  it('has a corpus worth the name', () => {
    expect(CORPUS.length).toBeGreaterThan(100);
  });

  it.each([
    ['[[ a = b ]]', '[['],
    ['echo <(ls)', '<('],
    ['x=(1 2)', 'arrays'],
    ['getopts ab x', 'getopts'],
    ['echo ${x/a/b}', '${x/...}'],
    ['sed "s/a/b/2" /etc/passwd', 's///N'],
    ['ls --hyperlink', '--hyperlink'],
  ])('says loudly that it cannot do %s', async (line, named) => {
    await using bare = bareMachine();
    await expect(bare.sh(line)).rejects.toThrow(named);
  });

  it('says what each shell says of an unknown command', async () => {
    await using bare = bareMachine({ console: { shell: 'ash' } });
    expect(await bare.sh('nosuch')).toEqual({ out: '', err: 'sh: 1: nosuch: not found\n', status: 127 });
    expect(await bare.sh('nosuch', { shell: '/bin/ash' })).toEqual({
      out: '',
      err: 'sh: nosuch: not found\n',
      status: 127,
    });
  });

  it("refuses a user what is root's", async () => {
    await using bare = bareMachine({ client: { key: { kind: 'present', type: 'ed25519' } } });
    const ran = await bare.sh(
      'cat /data/mender/mender-agent.pem; echo $?; id -un; [ -w /etc/mender ]; echo $?',
      { uid: 1000 },
    );
    expect(ran.out).toBe('1\ntech\n1\n');
    expect(ran.err).toContain('Permission denied');
  });
});
