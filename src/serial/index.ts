/** Serial lines: which ports there are, opening one as a byte link, and what is written down of what goes over it. */
export { describeHolder, portHolders, type PortHolder } from './holder.ts';
export type { ByteLink, LinkEnd } from './link.ts';
export { listPorts, type ListOptions, type PortEntry, type UsbIds } from './list.ts';
export { openPort, type LineSettings } from './open.ts';
export { paced, type Pacing } from './paced.ts';
export { howToMayOpen } from './rights.ts';
export type { MaskedKind, Transcript, TranscriptEntry } from './transcript.ts';
export { watchPorts, type WatchOptions } from './watch.ts';
