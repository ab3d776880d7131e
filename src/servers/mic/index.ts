/** The Managed IoT Cloud behind the common interface of device servers. */
export { createMicServer } from './mic-server.ts';
