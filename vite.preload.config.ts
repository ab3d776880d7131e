import { nodeBundle } from './tools/node-bundle.ts';

// A sandboxed preload is one file: it cannot require another.
export default nodeBundle({ preload: 'electron/preload/preload.ts' }, { oneFile: true });
