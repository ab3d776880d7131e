import type { ApproverView } from '../../contract.ts';
import type { KeyFingerprint } from '../../model/key.ts';
import { secret, type Secret } from '../../model/secret.ts';
import { StationError } from '../../model/station-error.ts';
import { readApprover, writeApprover } from '../../requests/documents.ts';
import { makeSealingKey, sealingKeyId, sealingPublicKey } from '../../requests/seal.ts';
import type { KeyStore, KnownApprover, Settings, StationKey } from '../../settings/index.ts';

const SEALING_KEY = 'station/sealing-key';

/** The key that opens what is sealed to this station; made at its first use. @throws StationError `station/key-store`. */
export function sealingKey(store: KeyStore): Secret<Uint8Array> {
  const stored = store.get(SEALING_KEY);
  if (stored !== null) return secret(Buffer.from(stored.reveal(), 'base64'));
  const made = makeSealingKey();
  store.set(SEALING_KEY, secret(Buffer.from(made.reveal()).toString('base64')));
  return made;
}

/** The file by which other stations seal their requests to this one. */
export function exportApprover(
  station: string,
  signer: StationKey,
  store: KeyStore,
  now: number,
): { readonly file: string; readonly view: ApproverView } {
  const body = { station, sealingKey: sealingPublicKey(sealingKey(store)), at: new Date(now).toISOString() };
  return { file: writeApprover(body, signer), view: { station, key: signer.fingerprint, at: body.at } };
}

/** Stores the key of a station whose admin may approve this one's requests. @throws StationError `request/...`. */
export function addApprover(file: string, settings: Settings): ApproverView {
  const { body, key } = readApprover(file);
  const { station, sealingKey: sealing, at } = body;
  sealingKeyId(sealing);
  settings.putApprover({ station, key, sealingKey: sealing, at });
  return { station, key, at };
}

/** @throws StationError `request/no-approver` where there is none of that name, or none or several without one. */
export function approverNamed(settings: Settings, name: string | undefined): KnownApprover {
  const known = settings.approvers();
  const found = name === undefined ? known : known.filter(({ station }) => station === name);
  const [only, second] = found;
  if (only !== undefined && second === undefined) return only;
  const names = known.map(({ station }) => station).join(', ');
  throw new StationError('request/no-approver', {
    detail: names === '' ? '' : ` by that name; known are ${names}`,
  });
}

/** The approver whose key signed something. @throws StationError `request/unknown-approver`. */
export function approverOf(settings: Settings, key: KeyFingerprint): KnownApprover {
  const found = settings.approvers().find((approver) => approver.key === key);
  if (found === undefined) throw new StationError('request/unknown-approver', { key });
  return found;
}
