import { EventEmitter } from 'node:events';

/** The child's side of a utility process: `process.parentPort`, whose messages come as `{ data, ports }`. */
const parentPort = Object.assign(new EventEmitter(), {
  postMessage: (message: unknown): void => {
    process.send?.(message);
  },
});

// A child that nobody listens to any more ends, as Electron's does with its parent.
process.on('disconnect', () => process.exit(0));
process.on('message', (data) => parentPort.emit('message', { data, ports: [] }));
Object.defineProperty(process, 'parentPort', { value: parentPort });
Object.defineProperty(process, 'type', { value: 'utility' });
