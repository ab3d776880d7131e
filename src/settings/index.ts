/** What a station knows between two runs, apart from its record: the home, settings, profiles and secrets. */
export {
  BoardProfiles,
  BUILT_IN,
  boardProfileJsonSchema,
  boardProfileSchema,
  checkBoardProfile,
} from './board-profile.ts';
export type { BoardProfileProblem } from './board-profile.ts';
export { homePath, openHome } from './home.ts';
export type { Home, HomeChoice } from './home.ts';
export { openKeyStore } from './file-key-store.ts';
export type { KeyStoreOptions } from './file-key-store.ts';
export { apiKeyOf, credentialOf, MemoryKeyStore, sessionOf, tenantTokenOf } from './key-store.ts';
export type { KeyProtection, KeyStore, SecretName } from './key-store.ts';
export { hashCode, isCode } from './code-hash.ts';
export type { CodeHash } from './code-hash.ts';
export { readDropState, writeDropState } from './drop-state.ts';
export type { DropState } from './drop-state.ts';
export { documentBeside, placeDocument, writeDocument, writeDocumentInPieces } from './document-file.ts';
export { NO_TRIES, peopleDigest, PeopleFile } from './people-file.ts';
export type { People, Person, Tries } from './people-file.ts';
export { NO_SECRETS, takeSecrets } from './secrets-from-environment.ts';
export type { EnvironmentSecrets } from './secrets-from-environment.ts';
export { parseServerProfile, serverProfileSchema } from './server-profile.ts';
export { Settings } from './settings.ts';
export type { KnownApprover, PreferencesPatch } from './settings.ts';
export { stationId } from './station-id.ts';
export { findStationKey, openStationKey } from './station-key.ts';
export type { StationKey } from './station-key.ts';
