/** What this machine must have before boards can run on it, and how the rig gets it. */
import { existsSync } from 'node:fs';
import { providePackages, refreshLists, type Wanted } from '../../tools/provide.ts';
import { mustRun } from './proc.ts';

/** The Debian release that boards are made of: the last one with a `mender-client` package. */
export const SUITE = 'bookworm';

/** Debian packages needed on the machine itself, each with what the rig uses it for. */
export const RIG_PACKAGES: readonly Wanted[] = [
  { name: 'debootstrap', why: "builds the boards' root file system" },
  { name: 'debian-archive-keyring', why: 'proves that it comes from Debian' },
  { name: 'socat', why: 'the ttys at the two ends of each serial cable' },
  { name: 'slirp4netns', why: "each board's own network, without touching the machine's" },
  { name: 'util-linux', why: 'unshare, nsenter, setpriv and flock' },
  { name: 'mount', why: "mounts a board's root inside its own namespace" },
];

/** Why boards cannot run on this machine, in words for `not run: rig (reason)`, or undefined when they can. */
export function rigObstacle(): string | undefined {
  if (process.platform !== 'linux') return 'not Linux';
  if (process.getuid?.() !== 0) return 'not root';
  if (!existsSync('/usr/bin/apt-get')) return 'no apt: not a Debian machine';
  if (!existsSync('/dev/net/tun')) return 'no /dev/net/tun for the network of a board';
  if (!existsSync('/proc/self/ns/pid')) return 'the kernel has no namespaces';
  return undefined;
}

/** Installs what is missing of {@link RIG_PACKAGES}, saying what and why. Throws when something still is missing afterwards. */
export async function ensurePackages(log: (line: string) => void): Promise<void> {
  if (!(await providePackages(RIG_PACKAGES, log)))
    throw new Error(`these packages are needed: ${RIG_PACKAGES.map(({ name }) => name).join(' ')}`);
}

/** A package as the machine's apt knows it in {@link SUITE}. */
export interface Offered {
  readonly version: string;
  /** The mirror that serves it, e.g. `http://deb.debian.org/debian`. */
  readonly mirror: string;
}

/**
 * What the machine's own apt sources offer of `names` in {@link SUITE}'s main archive (not its updates: a root file
 * system is made of one archive). Fetches the lists when a package is unknown; throws when it still is then.
 */
export async function offers(
  names: readonly string[],
  log: (line: string) => void,
): Promise<Map<string, Offered>> {
  for (let fetched = false; ; fetched = true) {
    const found = parseMadison((await mustRun('apt-cache', ['madison', ...names])).stdout);
    const absent = names.filter((name) => !found.has(name));
    if (absent.length === 0) return found;
    if (fetched) {
      throw new Error(
        `the apt sources of this machine have no ${absent.join(', ')} in ${SUITE}: add Debian ${SUITE} main`,
      );
    }
    await refreshLists(log);
  }
}

/** Reads `apt-cache madison`: lines of `name | version | mirror suite/component arch Packages`. */
function parseMadison(text: string): Map<string, Offered> {
  const found = new Map<string, Offered>();
  for (const line of text.split('\n')) {
    const [name, version, source] = line.split('|').map((field) => field.trim());
    const [mirror, archive] = source?.split(' ') ?? [];
    if (name === undefined || version === undefined || mirror === undefined || archive !== `${SUITE}/main`)
      continue;
    if (!found.has(name)) found.set(name, { version, mirror });
  }
  return found;
}
