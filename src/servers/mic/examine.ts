import type { DoctorLine } from '../../contract.ts';
import type { IssuerEndpoint } from '../device-server.ts';
import { certificateDownload } from './swagger.ts';
import type { Permissions, WireUser } from './wire.ts';

/** What provisioning needs, and what for. */
const NEEDED = [
  { object: 'Things', right: 'CREATE', purpose: 'to make the things of new boards' },
  { object: 'Things', right: 'READ', purpose: 'to look for a board before it is made' },
  { object: 'ThingTypes', right: 'READ', purpose: 'to find the thing type' },
] as const;

export interface Examined {
  readonly user: WireUser;
  readonly permissions: Permissions | null;
  readonly swagger: unknown;
  readonly endpoint: IssuerEndpoint;
  readonly thingType: string | null;
  readonly thingTypes: () => Promise<readonly string[]>;
}

/** What the account may do at a stack and what the stack offers, as lines for people. */
export async function examineAccount(examined: Examined): Promise<readonly DoctorLine[]> {
  const { user, permissions, swagger, endpoint } = examined;
  const { roleName = 'not told', domainName = 'not told' } = user;
  return [
    { check: 'role', state: 'ok', text: `${roleName}, domain ${domainName}`, remedy: null },
    ...rights(permissions),
    await thingType(examined),
    certificateDownload(swagger) === null
      ? {
          check: 'certificates',
          state: 'bad',
          text: 'This stack offers no download of a thing’s certificate and key: its own description (swagger) has no such operation.',
          remedy: 'Ask who runs the stack; boards cannot be provisioned from here.',
        }
      : {
          check: 'certificates',
          state: 'ok',
          text: 'certificate and key of a thing can be had; there is no way to give a unit a new one',
          remedy: null,
        },
    { check: 'MQTT', state: 'ok', text: `boards connect to ${endpoint.host}:${endpoint.port}`, remedy: null },
  ];
}

function rights(permissions: Permissions | null): readonly DoctorLine[] {
  if (permissions === null)
    return [
      {
        check: 'rights',
        state: 'note',
        text: 'The stack does not say what this account may do; the first board will show it.',
        remedy: null,
      },
    ];
  return NEEDED.map(({ object, right, purpose }): DoctorLine => {
    const check = `right ${object}.${right}`;
    return permissions[object]?.includes(right) === true
      ? { check, state: 'ok', text: 'granted', remedy: null }
      : {
          check,
          state: 'bad',
          text: `This account lacks it; it is needed ${purpose}.`,
          remedy: 'Have the role ReadWrite given to this account, or log in with another one.',
        };
  });
}

async function thingType({ thingType: chosen, permissions, thingTypes }: Examined): Promise<DoctorLine> {
  const check = 'thing type';
  if (chosen !== null) return { check, state: 'ok', text: chosen, remedy: null };
  if (permissions?.['ThingTypes']?.includes('READ') === false)
    return { check, state: 'note', text: 'not looked for', remedy: null };
  const types = await thingTypes();
  const [only] = types;
  if (only !== undefined && types.length === 1)
    return { check, state: 'ok', text: `${only}, the only one`, remedy: null };
  return {
    check,
    state: 'bad',
    text: types.length === 0 ? 'The stack has none.' : `several: ${types.slice(0, 20).join(', ')}`,
    remedy: 'Choose one in the settings of the server (station server add ... --thing-type TYPE).',
  };
}
