import type { CallName, CallParams } from '../../contract.ts';
import type { JournalEvent } from '../../model/event.ts';

type SettingChange = Pick<Extract<JournalEvent, { kind: 'setting-changed' }>, 'setting' | 'subject' | 'to'>;

/** The calls that change what the station keeps, and what the record says of each. */
const CHANGES: {
  readonly [N in CallName]?: (params: CallParams<N>) => readonly SettingChange[];
} = {
  'server.add': ({ name, url, kind, trust, mic }) => [
    { setting: 'server', subject: name, to: `${kind} ${url ?? mic?.host ?? ''} (${trust.by})` },
  ],
  'server.api-key': ({ name, key }) => [
    { setting: 'api-key', subject: name, to: key === null ? null : 'stored' },
  ],
  'server.remove': ({ name }) => [{ setting: 'server', subject: name, to: null }],
  'server.tenant-token': ({ name, token }) => [
    { setting: 'tenant-token', subject: name, to: token === null ? null : 'stored' },
  ],
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

/** What the record is to say of a call that was done; nothing for one that changes no setting. */
export function settingChanges<N extends CallName>(
  name: N,
  params: CallParams<N>,
  operator: string | null,
): readonly JournalEvent[] {
  return (CHANGES[name]?.(params) ?? []).map((change) => ({ kind: 'setting-changed', ...change, operator }));
}
