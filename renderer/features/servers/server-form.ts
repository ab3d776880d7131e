import type { CallInput } from '../../../src/contract.ts';
import { messages } from '../../messages.ts';

/** What the form for a new server holds. No secret is among it. */
export interface ServerDraft {
  readonly name: string;
  readonly url: string;
  readonly boardUrl: string;
  readonly trustBy: 'system' | 'ca' | 'pin';
  readonly caPem: string | null;
  /** The key that was shown and compared. */
  readonly pin: string | null;
  readonly pinConfirmed: boolean;
  readonly kind: NonNullable<CallInput<'server.add'>['kind']>;
  /** What stands in the place of URL and URL for boards for a stack of the Managed IoT Cloud. */
  readonly mic: MicDraft;
}

export interface MicDraft {
  /** A host, or a base URL with its path. */
  readonly address: string;
  readonly thingType: string;
  readonly domain: string;
  readonly discovery: string;
  /** What its MQTT endpoint is verified with in the place of Amazon's roots, PEM; null: those. */
  readonly iotCa: string | null;
}

export const EMPTY_SERVER: ServerDraft = {
  name: '',
  url: 'https://',
  boardUrl: '',
  trustBy: 'system',
  caPem: null,
  pin: null,
  pinConfirmed: false,
  kind: 'mender',
  mic: { address: '', thingType: '', domain: '', discovery: '', iotCa: null },
};

export type ServerFormProblem = { readonly field: 'name' | 'url' | 'trust'; readonly text: string };

/**
 * The call for this draft, or what is still missing. What a URL or a name may be is decided by the station.
 *
 * @param apiKey of a stack's gateway, from its field; empty for none.
 */
export function serverToAdd(draft: ServerDraft, apiKey = ''): CallInput<'server.add'> | ServerFormProblem {
  const text = messages.servers;
  if (draft.kind === 'mic') return stackToAdd(draft, apiKey);
  const name = draft.name.trim();
  const url = draft.url.trim();
  const boardUrl = draft.boardUrl.trim();
  if (name === '') return { field: 'name', text: text.required };
  if (url === '' || url === 'https://') return { field: 'url', text: text.required };
  const trust = trustOf(draft);
  if ('field' in trust) return trust;
  return { name, url, trust, ...(boardUrl === '' ? {} : { boardUrl }) };
}

function stackToAdd(draft: ServerDraft, apiKey: string): CallInput<'server.add'> | ServerFormProblem {
  const text = messages.servers;
  const name = draft.name.trim();
  const [address, thingType, domain, discovery] = [
    draft.mic.address,
    draft.mic.thingType,
    draft.mic.domain,
    draft.mic.discovery,
  ].map((value) => value.trim());
  if (name === '') return { field: 'name', text: text.required };
  if (address === undefined || address === '') return { field: 'url', text: text.required };
  const trust = trustOf(draft);
  if ('field' in trust) return trust;
  const isUrl = address.includes('://');
  return {
    name,
    kind: 'mic',
    trust,
    ...(isUrl ? { url: address } : {}),
    mic: {
      ...(isUrl ? {} : { host: address }),
      ...(thingType ? { thingType } : {}),
      ...(domain ? { domain } : {}),
      ...(discovery ? { discovery: [discovery] } : {}),
      ...(draft.mic.iotCa === null ? {} : { iotCa: draft.mic.iotCa }),
    },
    ...(apiKey === '' ? {} : { apiKey }),
  };
}

type TrustInput = NonNullable<CallInput<'server.add'>['trust']>;

function trustOf(draft: ServerDraft): TrustInput | ServerFormProblem {
  const text = messages.servers;
  switch (draft.trustBy) {
    case 'system':
      return { by: 'system' };
    case 'ca':
      return draft.caPem === null ? { field: 'trust', text: text.required } : { by: 'ca', pem: draft.caPem };
    case 'pin':
      return draft.pin === null || !draft.pinConfirmed
        ? { field: 'trust', text: text.pinFirst }
        : { by: 'pin', spkiSha256: draft.pin };
  }
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/** The certificates of a CA file and nothing else of it (a bundle may hold a private key), or why it cannot be one. */
export function caFrom(file: string): { readonly pem: string } | { readonly problem: string } {
  const found = file.match(CERTIFICATE);
  return found === null ? { problem: messages.servers.caNotPem } : { pem: `${found.join('\n')}\n` };
}

/** The call for what the form holds; null while something is missing. The caller sends it at once and keeps nothing. */
export function loginFrom(
  server: string,
  by: 'password' | 'token' | 'code',
  form: FormData,
): CallInput<'server.login'> | null {
  const keep = form.get('keep') !== null;
  const text = (name: string): string => {
    const value = form.get(name);
    return typeof value === 'string' ? value : '';
  };
  if (by === 'token') {
    const token = text('token').trim();
    return token === '' ? null : { name: server, token, keep };
  }
  const otp = text('otp').trim();
  // The station still has the password that was right.
  if (by === 'code') return otp === '' ? null : { name: server, otp, keep };
  const user = text('user').trim();
  const password = text('password');
  return user === '' || password === '' ? null : { name: server, user, password, keep };
}

/** The call for a new server's first user, or what is wrong with the form. */
export function firstUserFrom(
  server: string,
  form: FormData,
): CallInput<'server.first-user'> | { readonly problem: string } {
  const text = (name: string): string => {
    const value = form.get(name);
    return typeof value === 'string' ? value : '';
  };
  const [user, password] = [text('user').trim(), text('password')];
  if (user === '' || password === '') return { problem: messages.servers.required };
  if (password !== text('again')) return { problem: messages.signin.differ };
  return { name: server, user, password, keep: form.get('keep') !== null };
}

/**
 * The call for a shift. A field that holds no number is left out, and the station says what it takes instead. An end by the
 * clock stands in the place of the hours: the next time that the clock shows it.
 */
export function shiftFrom(server: string, form: FormData, now: Date): CallInput<'shift.check'> {
  const field = (name: string): string => {
    const value = form.get(name);
    return typeof value === 'string' ? value.trim() : '';
  };
  const number = (name: string): number | null => {
    const text = field(name).replace(',', '.');
    return text === '' || Number.isNaN(Number(text)) ? null : Number(text);
  };
  const [hours, units] = [number('hours'), number('units')];
  const [until, batch] = [nextAt(field('until'), now), field('batch')];
  return {
    server,
    ...(until === null ? (hours === null ? {} : { hours }) : { until }),
    ...(units === null ? {} : { units }),
    ...(batch === '' ? {} : { batch }),
  };
}

/** The next moment at which the local clock shows this time, in ISO 8601; null where it is no time of a day. */
function nextAt(time: string, now: Date): string | null {
  const [, hour, minute] = /^(\d\d):(\d\d)$/.exec(time) ?? [];
  if (hour === undefined || minute === undefined) return null;
  const end = new Date(now);
  end.setHours(Number(hour), Number(minute), 0, 0);
  if (end <= now) end.setDate(end.getDate() + 1);
  return end.toISOString();
}
