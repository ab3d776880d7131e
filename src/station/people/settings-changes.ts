import { createHash } from 'node:crypto';
import type { CallName, CallParams, CallResults } from '../../contract.ts';
import type { JournalEvent } from '../../model/event.ts';
import type { Trust } from '../../model/server-profile.ts';

type SettingChange = Pick<Extract<JournalEvent, { kind: 'setting-changed' }>, 'setting' | 'subject' | 'to'>;

/** The calls that change what the station keeps, and what the record says of each. */
const CHANGES: {
  readonly [N in CallName]?: (params: CallParams<N>, result: CallResults[N]) => readonly SettingChange[];
} = {
  'server.add': ({ name, url, kind, trust, mic }) => [
    { setting: 'server', subject: name, to: `${kind} ${url ?? mic?.host ?? ''} (${trustText(trust)})` },
  ],
  'server.pin': ({ name, spkiSha256 }) => [
    { setting: 'server-trust', subject: name, to: trustText({ by: 'pin', spkiSha256 }) },
  ],
  'server.api-key': ({ name, key }) => [
    { setting: 'api-key', subject: name, to: key === null ? null : 'stored' },
  ],
  'server.remove': ({ name }) => [{ setting: 'server', subject: name, to: null }],
  'server.tenant-token': ({ name, token }) => [
    { setting: 'tenant-token', subject: name, to: token === null ? null : 'stored' },
  ],
  'server.read-tenant-token': ({ name }) => [
    { setting: 'tenant-token', subject: name, to: 'stored, as the server told it' },
  ],
  'approver.add': (_, { station, key }) => [{ setting: 'approver', subject: station, to: key }],
  'credential.set': ({ name, password }) => [
    { setting: 'board-password', subject: name, to: password === null ? null : 'stored' },
  ],
  'port.mute': ({ slot, muted }) => [{ setting: 'muted', subject: slot, to: muted ? 'muted' : null }],
  'journal.drop': ({ folder }) =>
    folder === undefined ? [] : [{ setting: 'drop-folder', subject: null, to: folder }],
  'preferences.set': ({ server, profile }) => [
    ...(server === undefined ? [] : [{ setting: 'preference', subject: 'server', to: server }]),
    ...(profile === undefined ? [] : [{ setting: 'preference', subject: 'profile', to: profile }]),
  ],
};

/** How a server is trusted; a pin and the file of a CA with their SHA-256, so that the record says which. */
function trustText(trust: Trust): string {
  if (trust.by === 'pin') return `pin ${trust.spkiSha256}`;
  if (trust.by === 'ca') return `ca sha256:${createHash('sha256').update(trust.pem).digest('hex')}`;
  return trust.by;
}

/** What the record is to say of a call that was done; nothing for one that changes no setting. */
export function settingChanges<N extends CallName>(
  name: N,
  params: CallParams<N>,
  result: CallResults[N],
  operator: string | null,
): readonly JournalEvent[] {
  return (CHANGES[name]?.(params, result) ?? []).map((change) => ({
    kind: 'setting-changed',
    ...change,
    operator,
  }));
}
