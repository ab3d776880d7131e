import { nodeBundle } from './tools/node-bundle.ts';

export default nodeBundle({ main: 'electron/main/main.ts' });
