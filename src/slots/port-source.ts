import type { BoardProfile } from '../model/profile.ts';
import { listPorts, openPort, watchPorts, type ByteLink, type PortEntry } from '../serial/index.ts';

/** Where ports come from: this machine with its fixed links, or the rehearsal bench. */
export interface PortSource {
  /** Whether the boards on its ports are simulated. */
  readonly simulated: boolean;
  list(): Promise<readonly PortEntry[]>;
  /** @throws StationError `port/...` */
  open(path: string, line: BoardProfile['line'], signal: AbortSignal): Promise<ByteLink>;
  /** Calls back when the list may have changed, until disposed. */
  watch(changed: () => void): Disposable;
}

/** The serial ports of this machine. `links`: a folder whose links are ports too, for fixed bench wiring. */
export function machinePorts(links: string | null): PortSource {
  return {
    simulated: false,
    list: () => listPorts({ links }),
    open: openPort,
    watch: (changed) => watchPorts(changed, { links }),
  };
}
