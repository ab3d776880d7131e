import { isJsonList, isJsonObject, member, parseJson, type Json } from './go-json.ts';
import type { Filter, NamedValue } from './inventory.ts';
import {
  bodyText,
  ok,
  readBody,
  refuse,
  type Call,
  type DeviceCall,
  type Route,
  type UserCall,
} from './route.ts';
import { tenantId } from './environment.ts';
import type { Reply } from './wire.ts';

const READER = { '2026': 'decoder', '2023': 'unmarshal' } as const;
const MAX_PER_PAGE = 500;

/** `POST filters/search`: equality only. */
function searchInventory(call: UserCall): Reply {
  const body = readBody(call, READER);
  if (!body.ok) return refuse(400, `failed to decode request body: ${body.error}`);
  const filters = isJsonObject(body.value) ? readFilters(member(body.value, 'filters') ?? []) : undefined;
  if (!filters || !isJsonObject(body.value))
    return refuse(400, 'failed to decode request body: filters: must be a valid value.');
  const page = member(body.value, 'page') ?? 1;
  const perPage = member(body.value, 'per_page') ?? 20;
  if (
    typeof page !== 'number' ||
    typeof perPage !== 'number' ||
    page < 1 ||
    perPage < 1 ||
    perPage > MAX_PER_PAGE
  ) {
    return refuse(400, 'failed to decode request body: page: must be a valid value.');
  }
  const found = call.inventory.search(filters);
  const views = found.slice((page - 1) * perPage, page * perPage).flatMap((id) => {
    const view = call.inventory.view(id);
    return view ? [view.body] : [];
  });
  return ok(views, { 'x-total-count': String(found.length) });
}

function readFilters(value: Json): readonly Filter[] | undefined {
  if (!isJsonList(value)) return undefined;
  const filters: Filter[] = [];
  for (const item of value) {
    if (!isJsonObject(item)) return undefined;
    const scope = member(item, 'scope');
    const attribute = member(item, 'attribute');
    const type = member(item, 'type');
    if (typeof scope !== 'string' || typeof attribute !== 'string' || type !== '$eq') return undefined;
    filters.push({ scope, attribute, value: member(item, 'value') ?? null });
  }
  return filters;
}

function readNamedValues(call: Call): readonly NamedValue[] | undefined {
  const body = parseJson(bodyText(call.request), READER[call.environment.mode]);
  if (!body.ok || !isJsonList(body.value)) return undefined;
  const values: NamedValue[] = [];
  for (const item of body.value) {
    const name = isJsonObject(item) ? member(item, 'name') : undefined;
    if (!isJsonObject(item) || typeof name !== 'string' || name === '') return undefined;
    values.push({ name, value: member(item, 'value') ?? null });
  }
  return values;
}

function patchTags(call: UserCall): Reply {
  const tags = readNamedValues(call);
  if (!tags) return refuse(400, 'failed to decode request body');
  switch (call.inventory.patchTags(call.params[0] ?? '', tags, call.request.headers['if-match'])) {
    case 'done':
      return { status: 200 };
    case 'unknown':
      return refuse(404, 'Device not found');
    case 'changed meanwhile':
      return refuse(412, 'ETag does not match');
    case 'too many':
      return refuse(400, 'the device has too many tags: at most 20 are allowed');
  }
}

const GROUP_NAME = /^[A-Za-z0-9_-]{1,1024}$/;

function putGroup(call: UserCall): Reply {
  const body = readBody(call, READER);
  const group = body.ok && isJsonObject(body.value) ? member(body.value, 'group') : undefined;
  if (typeof group !== 'string' || !GROUP_NAME.test(group)) {
    return refuse(400, 'Group name can only contain: upper/lowercase alphanum, -(dash), _(underscore)');
  }
  return call.inventory.setGroup(call.params[0] ?? '', group)
    ? { status: 204 }
    : refuse(404, 'Device not found');
}

function reportAttributes(call: DeviceCall): Reply {
  const attributes = readNamedValues(call);
  if (!attributes) return refuse(400, 'failed to decode request body');
  call.inventory.report(call.device, attributes);
  return { status: 200, headers: { 'content-type': 'application/json' }, body: '{}' };
}

/** Routes of `/api/management/v1/inventory`. */
export const INVENTORY_V1: readonly Route[] = [
  {
    method: 'GET',
    pattern: 'devices/:',
    step: 'inventory-device',
    access: 'user',
    handle: (call) => {
      const view = call.inventory.view(call.params[0] ?? '');
      return view ? ok(view.body, { etag: view.etag }) : refuse(404, 'Device not found');
    },
  },
  { method: 'PATCH', pattern: 'devices/:/tags', step: 'tags', access: 'user', handle: patchTags },
  { method: 'PUT', pattern: 'devices/:/group', step: 'group', access: 'user', handle: putGroup },
];

/** Routes of `/api/management/v2/inventory`. */
export const INVENTORY_V2: readonly Route[] = [
  {
    method: 'POST',
    pattern: 'filters/search',
    step: 'inventory-search',
    access: 'user',
    handle: searchInventory,
  },
];

/** Routes of `/api/devices/v1/inventory`. */
export const DEVICE_INVENTORY_V1: readonly Route[] = [
  {
    method: 'PATCH',
    pattern: 'device/attributes',
    step: 'attributes',
    access: 'device',
    handle: reportAttributes,
  },
  {
    method: 'PUT',
    pattern: 'device/attributes',
    step: 'attributes',
    access: 'device',
    handle: reportAttributes,
  },
];

/** Routes of `/api/devices/v{1,2}/deployments`: there never is a deployment. */
export const DEVICE_DEPLOYMENTS: readonly Route[] = [
  {
    method: 'GET',
    pattern: 'device/deployments/next',
    step: 'deployment',
    access: 'device',
    handle: () => ({ status: 204 }),
  },
  {
    method: 'POST',
    pattern: 'device/deployments/next',
    step: 'deployment',
    access: 'device',
    handle: () => ({ status: 204 }),
  },
];

/** Routes of `/api/management/v1/tenantadm`, which exists where there are organizations. */
export const TENANTADM_V1: readonly Route[] = [
  {
    method: 'GET',
    pattern: 'user/tenant',
    step: 'tenant',
    access: 'user',
    handle: (call) => {
      const { tenant } = call.environment;
      if (!tenant) return refuse(404, 'not found');
      const { name = 'bench', plan = 'enterprise', token } = tenant;
      return ok({ id: tenantId(tenant), name, plan, status: 'active', tenant_token: token, trial: false });
    },
  },
];
