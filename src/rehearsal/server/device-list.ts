import type { Device, DeviceStatus } from './device-store.ts';
import { isJsonList, isJsonObject, member, type Json } from './go-json.ts';
import { ok, readBody, refuse, type UserCall } from './route.ts';
import type { Mode, Reply } from './wire.ts';

const STATUSES: readonly string[] = [
  'pending',
  'accepted',
  'rejected',
  'preauthorized',
  'noauth',
] satisfies DeviceStatus[];
const MAX_PER_PAGE = 500;

interface Page {
  readonly page: number;
  readonly perPage: number;
}

/** `page` and `per_page`, or what is wrong with them in the words of this version. */
function readPage(query: URLSearchParams, mode: Mode): Page | string {
  const page = readNumber(query, 'page', 1, mode);
  const perPage = readNumber(query, 'per_page', 20, mode);
  if (typeof page === 'string') return page;
  if (typeof perPage === 'string') return perPage;
  if (perPage > MAX_PER_PAGE) {
    return mode === '2026'
      ? `parameter "per_page" above limit (max: ${MAX_PER_PAGE})`
      : 'Param per_page is out of bounds';
  }
  return { page, perPage };
}

function readNumber(query: URLSearchParams, name: string, fallback: number, mode: Mode): number | string {
  const text = query.get(name);
  if (text === null || text === '') return fallback;
  if (mode === '2023') {
    if (!/^[0-9]+$/.test(text)) return `Can't parse param ${name}`;
    return Number(text) === 0 ? `Param ${name} is out of bounds` : Number(text);
  }
  if (!/^[+-]?[0-9]+$/.test(text)) return `invalid ${name} query: "${text}"`;
  return Number(text) < 1 ? `invalid ${name} query: value must be a non-zero positive integer` : Number(text);
}

/** The `Link` lines: relative, the query's members sorted; the two versions order them differently. */
function links(call: UserCall, { page, perPage }: Page, more: boolean): string[] {
  const path = call.request.target.split('?', 1)[0] ?? '';
  const link = (to: number, relation: string): string => {
    const query = new URLSearchParams(call.query);
    query.set('page', String(to));
    query.set('per_page', String(perPage));
    query.sort();
    return `<${path}?${query.toString()}>; rel="${relation}"`;
  };
  const first = link(1, 'first');
  const middle = [...(page > 1 ? [link(page - 1, 'prev')] : []), ...(more ? [link(page + 1, 'next')] : [])];
  return call.environment.mode === '2026' ? [first, ...middle] : [...middle, first];
}

function answer(call: UserCall, page: Page, ids: readonly string[], statuses: readonly string[]): Reply {
  const found = select(call, ids, statuses);
  const start = (page.page - 1) * page.perPage;
  const rows = found.slice(start, start + page.perPage);
  return ok(
    rows.map((device) => call.store.view(device, 'sets')),
    { link: links(call, page, found.length > start + page.perPage) },
  );
}

/** The devices that match, by the text of the status, then by id. */
function select(call: UserCall, ids: readonly string[], statuses: readonly string[]): readonly Device[] {
  const among =
    ids.length > 0 ? [...new Set(ids)].flatMap((id) => call.store.device(id) ?? []) : [...call.store.all()];
  return among
    .filter((device) => statuses.length === 0 || statuses.includes(device.status))
    .sort((a, b) => compare(a.status, b.status) || compare(a.id, b.id));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `GET devices`. */
export function listDevices(call: UserCall): Reply {
  const page = readPage(call.query, call.environment.mode);
  if (typeof page === 'string') return refuse(400, page);
  const statuses = call.query.getAll('status');
  if (statuses.some((status) => !STATUSES.includes(status))) {
    return refuse(400, 'filter status must be one of: accepted, pending, rejected, preauthorized or noauth');
  }
  return answer(call, page, call.query.getAll('id'), statuses);
}

/** `POST devices/search`; an unknown status finds nothing. */
export function searchDevices(call: UserCall): Reply {
  const type = call.request.headers['content-type'];
  if (type !== 'application/json') return refuse(415, `Content-Type '${type ?? ''}' not supported`);
  const page = readPage(call.query, call.environment.mode);
  if (typeof page === 'string') return refuse(400, page);
  const body = readBody(call, { '2026': 'decoder', '2023': 'payload' });
  if (!body.ok) return refuse(400, `api: malformed request body: ${body.error}`);
  if (!isJsonObject(body.value)) return refuse(400, 'api: malformed request body: json: cannot unmarshal');
  const ids = texts(member(body.value, 'id'));
  const statuses = texts(member(body.value, 'status'));
  if (!ids || !statuses) {
    const name = ids ? 'status' : 'id';
    return refuse(
      400,
      `api: malformed request body: invalid JSON type for '${name}': must be string or []string`,
    );
  }
  return answer(call, page, ids, statuses);
}

function texts(value: Json | undefined): readonly string[] | undefined {
  if (value === undefined || value === null) return [];
  if (typeof value === 'string') return [value];
  if (!isJsonList(value)) return undefined;
  const list = value.filter((item) => typeof item === 'string');
  return list.length === value.length ? list : undefined;
}

/** `GET devices/count`; of several statuses the first one counts. */
export function countDevices(call: UserCall): Reply {
  const wanted = call.query.get('status') ?? '';
  if (wanted === '') return ok({ count: call.store.count() });
  const status = (['pending', 'accepted', 'rejected', 'preauthorized', 'noauth'] as const).find(
    (known) => known === wanted,
  );
  if (!status) return refuse(400, `status must be one of: ${STATUSES.join(', ')}`);
  return ok({ count: call.store.count(status) });
}
