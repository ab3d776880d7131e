export { createSimulatedBoard, type LinkOptions, type SimulatedBoard } from './board.ts';
export { type Cable, type CableOptions, createCable, type Direction } from './cable.ts';
export { createVirtualClock, type VirtualClock } from './clock.ts';
export { completeOptions } from './defaults.ts';
export type { ConsoleView, Inspection, ProcessView } from './inspect.ts';
export {
  type BoardChoices,
  type BoardUser,
  boardUser,
  type ClientOptions,
  type ClientRequest,
  type ClientResponse,
  type ClientTrust,
  type ConsoleOptions,
  type IdentityOptions,
  type KeyState,
  type KeyType,
  type LineOptions,
  type NoiseOptions,
  type ServerCall,
  type SimulatedBoardOptions,
  type StorageOptions,
  type SystemOptions,
} from './options.ts';
