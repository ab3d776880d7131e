import { readFile, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';

/** Read and write for the group. */
const GROUP_MAY = 0o060;

/**
 * How this user gets the right to open a port, as a sentence: by the port's group, where that may open it. A port of root's
 * group is none to join: that group may do far more than open ports.
 *
 * @param groups where the system lists its groups; another file for tests.
 */
export async function howToMayOpen(path: string, groups = '/etc/group'): Promise<string> {
  const user = userInfo().username;
  const status = await stat(path).catch(() => null);
  if (status !== null && (status.gid === 0 || (status.mode & GROUP_MAY) !== GROUP_MAY))
    return 'Only its owner may open it: let a udev rule give such ports to a group (GROUP="dialout", MODE="0660"), add the user to that group, and plug the adapter in again.';
  const group = status === null ? 'dialout' : await groupName(status.gid, groups);
  return `Add the user to the group ${group} (sudo usermod -aG ${group} "${user}"), then log out and in again.`;
}

async function groupName(gid: number, groups: string): Promise<string> {
  const text = await readFile(groups, 'utf8').catch(() => '');
  const found = text.split('\n').find((entry) => entry.split(':')[2] === String(gid));
  return found?.split(':')[0] ?? String(gid);
}
