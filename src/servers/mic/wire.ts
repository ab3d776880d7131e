import * as z from 'zod';
import type { ServerProfile } from '../../model/server-profile.ts';
import { StationError } from '../../model/station-error.ts';
import type { HttpAnswer } from '../http/client.ts';
import { anotherKind } from '../http/failure.ts';

/** What the vendor's discovery service says of a stack; values are strings. An unknown host is `{}`. */
export const wireDiscovery = z.object({
  ApiGatewayRootUrl: z.string().optional(),
  StackName: z.string().optional(),
});

/** What a stack says of itself without a login. */
export const wireManifest = z.object({
  ApiKey: z.string().optional(),
  IotEndpoint: z.string().optional(),
  IotEndpointATS: z.string().optional(),
  Region: z.string().optional(),
});

const wireUser = z.object({
  userName: z.string(),
  roleName: z.string().optional(),
  domainName: z.string().optional(),
});
export type WireUser = z.infer<typeof wireUser>;

/** The answer to a login and to a refresh; of a refresh some clients read no more than the token. */
export const wireLogin = z.object({
  user: wireUser,
  credentials: z.object({ identityId: z.string(), token: z.string(), refreshToken: z.string() }),
  permissions: z.unknown().optional(),
});
export const wireRefresh = z.object({
  user: wireUser.optional(),
  credentials: z.object({
    identityId: z.string().optional(),
    token: z.string(),
    refreshToken: z.string().optional(),
  }),
  permissions: z.unknown().optional(),
});

/** A user's attributes, at the top or under `user`. */
export const wireUserAnswer = z.union([wireUser, z.object({ user: wireUser }).transform(({ user }) => user)]);

/** A thing, of which the documents name these members. */
export const wireThing = z.object({
  thingName: z.string(),
  thingType: z.string().optional(),
  domain: z.string().optional(),
  label: z.string().optional(),
  externalId: z.string().optional(),
});
export type WireThing = z.infer<typeof wireThing>;

export const wireThingTypes = z.array(z.object({ id: z.coerce.string() }));

/** An error in its two forms: members at the top, or wrapped in `message`; a gateway's own is a text alone. */
const inner = z.object({ message: z.string().optional(), messageKey: z.string().optional() });
const wireError = z.union([
  z.object({ message: inner }).transform(({ message }) => message),
  inner.extend({ errorMessage: z.string().optional() }),
]);

export interface MicError {
  /** For people: no contract. */
  readonly text: string;
  /** Such as `INVALID_LOGIN`; null for a gateway's error, which has none. */
  readonly key: string | null;
}

export function readError(answer: HttpAnswer): MicError {
  const parsed = wireError.safeParse(json(answer));
  if (!parsed.success) return { text: 'no reason given', key: null };
  const { message, messageKey = null } = parsed.data;
  const other = 'errorMessage' in parsed.data ? parsed.data.errorMessage : undefined;
  return { text: (message ?? other ?? messageKey ?? 'no reason given').slice(0, 300), key: messageKey };
}

export type Permissions = Readonly<Record<string, readonly string[]>>;

const objects = z.object({ objects: z.record(z.string(), z.array(z.string())) });
const listed = z.array(z.string());

/** Privileges by object (`Things: [CREATE]`); null in a form that is not known, which is no refusal. */
export function permissionsOf(value: unknown): Permissions | null {
  const byObject = objects.safeParse(value);
  if (byObject.success) return byObject.data.objects;
  const names = listed.safeParse(value);
  if (!names.success) return null;
  const found: Record<string, string[]> = {};
  for (const name of names.data) {
    const [object = '', privilege = ''] = name.split('.');
    (found[object] ??= []).push(privilege);
  }
  return found;
}

/** When a JWT ends, in seconds since the epoch; null where it does not say. It is not verified: its server has just made it. */
export function endOf(token: string): number | null {
  const claims = z.object({ exp: z.number() }).safeParse(parse(fromBase64Url(token.split('.')[1] ?? '')));
  return claims.success ? claims.data.exp : null;
}

/** A body as JSON; undefined where it is none. */
export function json(answer: HttpAnswer): unknown {
  return parse(answer.body.toString());
}

/** Reads a body into its type. @throws StationError `server/not-mic`. */
export function decode<S extends z.ZodType>(
  profile: ServerProfile,
  call: string,
  schema: S,
  answer: HttpAnswer,
): z.output<S> {
  const parsed = schema.safeParse(json(answer));
  if (parsed.success) return parsed.data;
  throw anotherKind(profile, `its answer to "${call}" has another form`, parsed.error);
}

/** A status that a call has no use for, as the station's error. */
export function unexpected(profile: ServerProfile, call: string, answer: HttpAnswer): StationError {
  const { status, requestId } = answer;
  if (status < 500 && json(answer) === undefined)
    return anotherKind(profile, `it answers ${status} to "${call}"`);
  const { text } = readError(answer);
  return new StationError('server/failed', { server: profile.name, status, call, detail: text, requestId });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fromBase64Url(text: string): string {
  return Buffer.from(text, 'base64url').toString();
}
