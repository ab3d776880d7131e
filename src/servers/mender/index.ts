/** The Mender server, as of 2023 and 2026, behind the common interface of device servers. */
export { createMenderServer, type MenderServer } from './mender-server.ts';
