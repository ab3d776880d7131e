export { makeCertificate, type CertificateFlaw, type ServerCertificate } from './certificate.ts';
export {
  createMenderCore,
  DEFAULT_ADMIN,
  type CoreOptions,
  type DeviceView,
  type MenderCore,
} from './core.ts';
export type { DeviceStatus, SetStatus } from './device-store.ts';
export type { Environment, IdKind, Quota, Tenant } from './environment.ts';
export { FaultSwitch, type Fault, type FaultAction, type PlacedFault, type StepName } from './faults.ts';
export { startMenderServer, type MenderServer, type ServerOptions } from './listener.ts';
export type { LoggedRequest, RequestFilter, RequestLog } from './request-log.ts';
export { serveUntilAborted } from './serve.ts';
export type { Mode, Outcome, WireRequest, WireResponse } from './wire.ts';
