import type { BoardProfile } from '../model/profile.ts';
import type { ByteLink } from '../serial/link.ts';

/** A port of the bench, named by its place. */
export interface BenchPort {
  readonly slot: string;
  readonly path: string;
  readonly label: string;
  readonly usb: {
    readonly vendorId: string;
    readonly productId: string;
    readonly serialNumber: string | null;
    readonly product: string | null;
  } | null;
  readonly byId: string | null;
  readonly simulated: boolean;
}

/** Where ports come from: this machine's serial ports, a directory of links, the rehearsal bench. */
export interface PortSource {
  list(): Promise<readonly BenchPort[]>;
  /** @throws StationError `port/...` */
  open(path: string, line: BoardProfile['line'], signal: AbortSignal): Promise<ByteLink>;
  /** Calls back when the list may have changed, until disposed. */
  watch(changed: () => void): Disposable;
}
