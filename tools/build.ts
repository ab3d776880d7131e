import { bundleIfChanged } from './bundle.ts';

const { built, ms } = await bundleIfChanged();
console.error(built ? `Built in ${(ms / 1000).toFixed(1)} s.` : 'Nothing has changed since the last build.');
