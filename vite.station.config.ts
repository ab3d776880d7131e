import { nodeBundle } from './tools/node-bundle.ts';

export default nodeBundle({ 'station-process': 'electron/station-process/station-process.ts' });
