import { readFileSync, readdirSync } from 'node:fs';

/** Linux only: the process that hosts the station, below the app's. */
export function stationProcess(appPid: number): number {
  const found = descendants(appPid).find((pid) => {
    const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    // The stand-in's child runs the module itself; Electron's is a Node service.
    return line.includes('station-process.cjs') || line.includes('node.mojom.NodeService');
  });
  if (found === undefined) throw new Error(`no station process below ${appPid}`);
  return found;
}

function descendants(pid: number): number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => parentOf(candidate) === pid);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function parentOf(pid: number): number | undefined {
  try {
    // The second field is a name in parentheses that may hold blanks; the parent is the second field after it.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}
