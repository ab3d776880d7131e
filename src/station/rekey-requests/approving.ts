import type { RekeyApprovalReport, RekeyRequestView } from '../../contract.ts';
import type { Journal } from '../../journal/index.ts';
import type { Clock } from '../../model/clock.ts';
import type { Device } from '../../model/device.ts';
import type { JournalEvent } from '../../model/event.ts';
import type { KeyGenerator } from '../../keys/index.ts';
import type { KeyFingerprint, PublicKey } from '../../model/key.ts';
import type { Secret } from '../../model/secret.ts';
import { StationError } from '../../model/station-error.ts';
import {
  keyOfRequest,
  openAuthRequest,
  readRequest,
  refuseExpired,
  requestHash,
  writeApproval,
  type RekeyApproval,
  type RekeyFileRequest,
} from '../../requests/documents.ts';
import type { DeviceServer } from '../../servers/device-server.ts';
import type { StationKey } from '../../settings/index.ts';

export interface ApprovingParts {
  readonly stationId: string;
  readonly signer: StationKey;
  readonly sealingKey: () => Secret<Uint8Array>;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly server: DeviceServer;
  readonly operator: string | null;
  readonly generator: KeyGenerator;
}

/** What the admin says beyond the request. */
export interface ApprovalOptions {
  /** The approver reaches the server of the request at another address than the unit does. */
  readonly otherAddress: boolean;
  /** The unit is known to hold the key that it had at its request, though another one is accepted. */
  readonly otherKey: boolean;
  /** The unit has its new key: remove every other one of its device. */
  readonly tidy: boolean;
}

interface Case {
  readonly request: RekeyFileRequest;
  readonly requesterKey: KeyFingerprint;
  readonly device: Device;
}

/**
 * Who asks for what and why, and what the server has of the unit. Changes nothing that lasts: a server whose inventory does
 * not show the unit is asked with a key that nobody has, which it may preauthorize for a moment. @throws StationError `request/...`.
 */
export async function readRekeyRequest(
  file: string,
  options: Pick<ApprovalOptions, 'otherAddress'>,
  parts: ApprovingParts,
  signal: AbortSignal,
): Promise<RekeyRequestView> {
  const { request, requesterKey, device } = await caseOf(file, options, parts, signal);
  const { station, operator, at, expires, identity, fingerprint, oldKey, reason, serverUrl } = request;
  return {
    station,
    stationKey: requesterKey,
    operator,
    at,
    expires,
    identity,
    fingerprint,
    oldKey,
    reason,
    serverUrl,
    device,
    state: stateOf(device, fingerprint),
  };
}

/**
 * Has the server take a unit's new key, and writes the approval by which the unit's station goes on: preauthorized beside
 * the old key where the server offers that, so that the unit's first request changes it; else accepted in its place. A
 * request whose key is accepted already has its approval written again; with `tidy`, every other key of the device is removed
 * instead, which is for when the unit has its new key. A request is for the server that it names: what another server takes
 * down is of no use to the unit, which would be refused at its own.
 *
 * @throws StationError `request/...` and those of a server.
 */
export async function approveRekeyRequest(
  file: string,
  options: ApprovalOptions,
  parts: ApprovingParts,
  signal: AbortSignal,
): Promise<RekeyApprovalReport> {
  const found = await caseOf(file, options, parts, signal);
  const { request, device } = found;
  const state = stateOf(device, request.fingerprint);
  if (options.tidy && state !== 'accepted')
    throw new StationError('request/nothing-to-tidy', { server: parts.server.profile.name });
  // An old request may bring nothing in; what it brought in can still be told and tidied up.
  if (state !== 'accepted') refuseExpired(request, parts.clock.now());
  if (state === 'new') refuseUsed(found, options, parts);
  note(found, parts, 'begun');
  if (options.tidy) {
    const tidied = await tidy(found, parts, signal);
    note(found, parts, 'tidied');
    return { ...answer({ ...found, device: tidied }, parts, 'accepted'), tidied: true };
  }
  const after = state === 'accepted' ? device : await bringIn(found, parts, signal);
  const how = stateOf(after, request.fingerprint) === 'accepted' ? 'accepted' : 'preauthorized';
  note(found, parts, how);
  return answer({ ...found, device: after }, parts, how);
}

async function caseOf(
  file: string,
  { otherAddress }: Pick<ApprovalOptions, 'otherAddress'>,
  { server, generator }: ApprovingParts,
  signal: AbortSignal,
): Promise<Case> {
  const { body: request, key } = readRequest(file, null);
  const { name, url } = server.profile;
  if (!otherAddress && request.serverUrl !== url)
    throw new StationError('request/other-server', { server: name, url, asked: request.serverUrl });
  const device =
    (await server.find(request.identity, null, signal)) ??
    (await server.findAfterKnock(request.identity, await nobodysKey(generator, signal), signal));
  if (device === null) throw new StationError('request/no-device', { server: name });
  if (device.decommissioning) throw new StationError('server/decommissioning', { server: name });
  return { request, requesterKey: key, device };
}

/** To look for a device with: the requested key is not to be good at the server, not even for a moment, before it is approved. */
async function nobodysKey(generator: KeyGenerator, signal: AbortSignal): Promise<PublicKey> {
  const pair = await generator.generate('ed25519', signal);
  pair.privateKey.destroy();
  return pair;
}

function stateOf(device: Device, fingerprint: KeyFingerprint): RekeyRequestView['state'] {
  const status = device.authSets.find((set) => set.fingerprint === fingerprint)?.status;
  return status === 'accepted' ? 'accepted' : status === 'preauthorized' ? 'preauthorized' : 'new';
}

/**
 * A key that was brought in once and is not there any more was replaced since: the unit has another one, and would be
 * refused if the old request counted again. That shows in this station's record, in a rejected set, or in an accepted key
 * that the unit did not have when it asked.
 */
function refuseUsed(
  { request, device }: Case,
  { otherKey }: ApprovalOptions,
  { server, journal }: ApprovingParts,
): void {
  const { name } = server.profile;
  const isRejected = device.authSets.some(
    ({ status, fingerprint }) => status === 'rejected' && fingerprint === request.fingerprint,
  );
  if (isRejected || journal.hasApproved(requestHash(request)))
    throw new StationError('request/used', { server: name });
  const accepted = device.authSets.find(({ status }) => status === 'accepted')?.fingerprint;
  if (!otherKey && request.oldKey !== null && accepted !== undefined && accepted !== request.oldKey)
    throw new StationError('request/other-key', { server: name, accepted, had: request.oldKey });
}

async function bringIn(
  { request, device }: Case,
  parts: ApprovingParts,
  signal: AbortSignal,
): Promise<Device> {
  const { server } = parts;
  const hasAccepted = device.authSets.some(({ status }) => status === 'accepted');
  const key = keyOfRequest(request);
  if (hasAccepted && request.unitSigns) {
    // Of two preauthorized sets the server could not tell which one wins.
    for (const { id, status, fingerprint } of device.authSets)
      if (status === 'preauthorized' && fingerprint !== request.fingerprint)
        await server.removeAuthSet(device.id, id, signal);
    const after = await server.preauthorize(request.identity, key, device.id, signal);
    if (after !== null) return after;
  }
  const auth = openAuthRequest(request, parts.sealingKey());
  if (auth === null) throw new StationError('request/needs-auth-request', { server: server.profile.name });
  const answer = await server.submit(auth.body, auth.signature, signal);
  const knocked = await server.findAfterKnock(request.identity, key, signal);
  const set = knocked?.authSets.find(({ fingerprint }) => fingerprint === request.fingerprint);
  if (knocked === null || set === undefined)
    throw new StationError('request/not-accepted', {
      server: server.profile.name,
      detail: answer.authorized ? 'its token is for another device' : answer.detail,
    });
  return set.status === 'accepted' ? knocked : await server.accept(knocked.id, set.id, signal);
}

/** The unit has its new key: what it had before is refused for good. */
async function tidy(
  { request, device }: Case,
  { server }: ApprovingParts,
  signal: AbortSignal,
): Promise<Device> {
  for (const set of device.authSets) {
    if (set.fingerprint === request.fingerprint) continue;
    await server.revokeTokens(set.id, signal);
    await server.removeAuthSet(device.id, set.id, signal);
  }
  return (await server.device(device.id, signal)) ?? device;
}

function note(
  { request, requesterKey, device }: Case,
  { journal, server, operator }: ApprovingParts,
  phase: Extract<JournalEvent, { kind: 'rekey-approval' }>['phase'],
): void {
  journal.append({
    kind: 'rekey-approval',
    phase,
    request: requestHash(request),
    requester: request.station,
    requesterKey,
    server: server.profile.name,
    identity: request.identity,
    fingerprint: request.fingerprint,
    deviceId: device.id,
    reason: request.reason,
    operator,
  });
}

function answer(
  { request, device }: Case,
  { signer, stationId, clock, operator, server }: ApprovingParts,
  how: RekeyApproval['how'],
): RekeyApprovalReport {
  const file = writeApproval(
    {
      request: requestHash(request),
      job: request.job,
      station: stationId,
      operator,
      at: new Date(clock.now()).toISOString(),
      serverUrl: server.profile.url,
      ...(server.profile.url === request.serverUrl ? {} : { otherAddress: true as const }),
      fingerprint: request.fingerprint,
      how,
      deviceId: device.id,
      authSets: device.authSets.map(({ id, fingerprint, status }) => ({ id, fingerprint, status })),
    },
    signer,
  );
  return { file, how, deviceId: device.id, tidied: false };
}
