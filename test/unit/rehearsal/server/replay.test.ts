import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { MenderCore, WireResponse } from '../../../../src/rehearsal/server/index.ts';
import { cutLength, readRecording, type Exchange } from './recording.ts';
import { finish, Replay, type Segment, type Unseen } from './replay.ts';

interface RecordedSegment extends Segment {
  /** With the stand-in for the service of organizations. */
  readonly tenant?: boolean;
}

/** Which exchanges went to which server: the recorder started new ones on the way, the last four in turn new and old. */
const SEGMENTS: { readonly [year in '2026' | '2023']: readonly RecordedSegment[] } = {
  '2026': [
    { from: 0, to: 405, mode: '2026' },
    // Straight at the service with an unsigned token of an organization, whose database is empty.
    { from: 405, to: 406, mode: '2026' },
    { from: 406, to: 461, mode: '2026' },
    { from: 461, to: 474, mode: '2026' },
    { from: 474, to: 487, mode: '2023' },
    { from: 487, to: 501, mode: '2026' },
    { from: 501, to: 515, mode: '2023' },
  ],
  '2023': [
    { from: 0, to: 401, mode: '2023' },
    { from: 401, to: 408, mode: '2023', tenant: true },
    { from: 408, to: 409, mode: '2023', direct: true },
  ],
};

/** Exchanges that can't be compared, and why. */
const OUT_OF_REACH: { readonly [index: number]: string } = {
  101: 'the recorder closed an idle connection while it made the key: there is no answer to compare with',
};

/** Headers that are compared, each also when it is absent. */
const HEADERS = [
  'content-type',
  'location',
  'link',
  'www-authenticate',
  'allow',
  'set-cookie',
  'x-men-requestid',
];

/** A page of two devices that was cut within the first: which one was the second, and so the length, is not known. */
const SECOND_ROW_UNKNOWN = 208;

const ADMIN = { email: 'mender@example.com', password: 'correct-horse-8443' };

/** The users that the recorder made on the server's command line, after having tried to log in without any. */
function makeUsers(exchanges: readonly Exchange[]): (replay: Replay) => void {
  return (replay) => {
    const list = JSON.parse(exchanges[37]!.resBody) as { readonly id: string; readonly email: string }[];
    for (const { id, email } of list) replay.addUser(email, ADMIN.password, id);
  };
}

function unseen(exchanges: readonly Exchange[]): Unseen {
  const limit = (value: number) => (replay: Replay) => {
    replay.core.environment.limit = value;
  };
  const admin = (JSON.parse(exchanges[37]!.resBody) as { readonly id: string }[])[1]!.id;
  const modern = exchanges[276]!.resBody.includes('-1');
  return {
    5: makeUsers(exchanges),
    62: (replay) => {
      for (let n = 4; n <= 10; n += 1) replay.mintAccessToken(admin, `station-${n}`, `unseen-${n}`);
    },
    // Listed later in an answer that was cut before its end.
    [modern ? 192 : 193]: (replay) => {
      replay.expectIds('device', /"id":"([^"]+)/.exec(exchanges[208]?.resBody ?? '')?.[1] ?? '');
    },
    // Eight identical first requests at once make one device.
    199: (replay) => replay.knock('parallel', 8),
    278: limit(8),
    286: limit(modern ? -1 : 0),
    // The set that is made here is never shown, but the other one of the same device is.
    345: (replay) => replay.expectIds('auth-set', 'ffffffff-0000-4000-8000-000000000345'),
    386: breakDevice(exchanges),
    406: (replay) => replay.addUser(ADMIN.email, ADMIN.password, admin),
    // Of these two a device and a set, and of the third a device, are never shown together.
    436: (replay) => replay.expectIds('device', 'ffffffff-0000-4000-8000-000000000436'),
    438: (replay) => {
      replay.expectIds('auth-set', /\/auth\/([^/]+)/.exec(exchanges[443]?.path ?? '')?.[1] ?? '');
    },
    435: (replay) => replay.core.finishDecommissions(),
    452: limit(0),
    454: limit(-2),
    456: limit(-1),
  };
}

/** Two keys of one device accepted at the same moment, which leaves both accepted. */
function breakDevice(exchanges: readonly Exchange[]): (replay: Replay) => void {
  return (replay) => {
    const [, device = '', first = ''] = /devices\/([^/]+)\/auth\/([^/]+)/.exec(exchanges[390]!.path) ?? [];
    const second = 'ffffffff-0000-4000-8000-000000000386';
    replay.expectIds('device', device);
    replay.expectIds('auth-set', first, second, 'ffffffff-0000-4000-8000-000000000387');
    for (const knock of [386, 387, 388]) replay.send(replay.request(exchanges[knock]!));
    replay.core.environment.acceptGapMs = 1;
    const token = Object.values(exchanges[385]!.reqHeaders).find((value) => value.startsWith('Bearer'))!;
    const accept = (set: string) =>
      replay.core.handle(
        replay.request({
          ...exchanges[390]!,
          path: `/api/management/v2/devauth/devices/${device}/auth/${set}/status`,
          reqHeaders: { Authorization: token, 'Content-Type': 'application/json' },
          reqBody: '{"status":"accepted"}',
        }),
      );
    const both = [accept(first), accept(second)];
    expect(both.map((outcome) => finish(outcome).status)).toEqual([204, 204]);
    replay.core.environment.acceptGapMs = 0;
  };
}

/** The recorder cut this key's text: the exchange is played with another key of the same kind. */
function rsa8192(): { readonly text: string; readonly signature: string } {
  const key = createPrivateKey(
    readFileSync(new URL('../../../data/rsa-8192-throwaway.pem', import.meta.url)),
  );
  const pubkey = createPublicKey(key).export({ type: 'spki', format: 'pem' });
  const text = JSON.stringify({ id_data: '{"mac":"rsa8192"}', pubkey });
  return { text, signature: sign('sha256', Buffer.from(text), key).toString('base64') };
}

const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{0,2}[1-9])?Z/g;

/** A text with times and tokens, the only things that differ from run to run, made equal. */
function mapped(text: string): string {
  return text
    .replace(/ey[\w-]+\.[\w-]+\.[\w-]*/g, (token) => `<JWT ${token.length}>`)
    .replace(TIME, '<time>')
    .replace(/Expires=[^;]+/, 'Expires=<time>');
}

function headersOf(headers: WireResponse['headers'], skip: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of HEADERS) {
    const value = headers[name];
    if (value === undefined || skip.includes(name)) continue;
    found[name] = mapped(typeof value === 'string' ? value : value.join(', '));
  }
  return found;
}

function compare(index: number, exchange: Exchange, response: WireResponse): void {
  const where = `#${index} ${exchange.label}`;
  // The recorder's stand-in for the inventory service gave no request id.
  const skip = exchange.path.endsWith('/device/attributes') ? ['x-men-requestid'] : [];
  const length = cutLength(exchange.resBody);
  const recorded = { status: exchange.status, headers: headersOf(exchange.resHeaders, skip) };
  expect({ status: response.status, headers: headersOf(response.headers, skip) }, where).toEqual(recorded);
  if (length === undefined) {
    expect(mapped(response.body), where).toBe(mapped(exchange.resBody));
    return;
  }
  // Long answers were cut by the recorder: what is there must agree, and the length but for zeros at the end of times.
  const kept = mapped(exchange.resBody).slice(0, 1300);
  expect(mapped(response.body.slice(0, 1600)).slice(0, 1300), where).toBe(kept);
  if (index !== SECOND_ROW_UNKNOWN) expect(Math.abs(response.body.length - length), where).toBeLessThan(32);
}

describe.each(['2026', '2023'] as const)('the recording of %s', (year) => {
  const exchanges = readRecording(year);
  const steps = unseen(exchanges);
  const cores: MenderCore[] = [];
  let compared = 0;

  it.each(SEGMENTS[year])('answers exchanges $from to $to as recorded ($mode)', (segment) => {
    const options =
      segment.tenant === true ? { options: { tenant: { token: tenantToken(exchanges), plan: 'os' } } } : {};
    const replay = new Replay(exchanges, { ...segment, ...options });
    cores.push(replay.core);
    for (let index = segment.from; index < segment.to; index += 1) {
      if (year === '2026' || index < 401) steps[index]?.(replay);
      if (OUT_OF_REACH[index] !== undefined) continue;
      const response = replay.play(index, index === 198 ? rsa8192() : undefined);
      compare(index, exchanges[index]!, response);
      compared += 1;
    }
  });

  it('left nothing out but what is listed', () => {
    expect(SEGMENTS[year].map((segment) => segment.from)).toEqual(
      [0, ...SEGMENTS[year].map((segment) => segment.to)].slice(0, -1),
    );
    expect(SEGMENTS[year].at(-1)?.to).toBe(exchanges.length);
    expect(exchanges.length).toBe(year === '2026' ? 515 : 409);
    expect(compared).toBe(exchanges.length - Object.keys(OUT_OF_REACH).length);
  });
});

function tenantToken(exchanges: readonly Exchange[]): string {
  return (JSON.parse(exchanges[404]!.reqBody ?? '') as { readonly tenant_token: string }).tenant_token;
}
