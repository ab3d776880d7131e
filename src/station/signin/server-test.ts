import type { DoctorLine, ServerTest } from '../../contract.ts';
import type { SeenKey } from '../../contract/servers.ts';
import type { ServerProfile } from '../../model/server-profile.ts';
import type { Secret } from '../../model/secret.ts';
import { asStationError } from '../../model/station-error.ts';
import { showCertificate, verifyCertificate, type ConnectedServer } from '../../servers/index.ts';
import type { ProxySettings } from '../../servers/http/proxy.ts';
import { shortLoginText, untilText } from './session-end.ts';

export interface ServerTestParts {
  readonly profile: ServerProfile;
  readonly proxies: ProxySettings;
  /** The key that it showed at the last login. */
  readonly seen: SeenKey | null;
  /** The organization's token that is stored for boards. */
  readonly tenantToken: Secret<string> | null;
  /** The server as it is known, with the session that was kept where there is one. */
  readonly connect: (signal: AbortSignal) => Promise<ConnectedServer>;
  /** The server without looking for a session. */
  readonly absent: ConnectedServer;
}

/**
 * Checks what is harmless: certificate, what answers, login, rights, limit, clock, organization. Never throws for what the
 * server does.
 */
export async function testServer(parts: ServerTestParts, signal: AbortSignal): Promise<ServerTest> {
  const lines: DoctorLine[] = [];
  let empty = false;
  const failed = (check: string, thrown: unknown): void => {
    const error = asStationError(thrown);
    lines.push(line(check, 'bad', error.message, error.remedy));
  };
  try {
    lines.push(...(await certificateLines(parts, signal)));
  } catch (thrown) {
    failed('certificate', thrown);
    return { lines, empty };
  }
  try {
    const answers = await parts.absent.reach?.(signal);
    if (answers !== undefined) lines.push(answers.line);
    empty = answers?.empty ?? false;
    if (answers?.line.state === 'bad') return { lines, empty };
  } catch (thrown) {
    failed('answers', thrown);
    return { lines, empty };
  }
  try {
    const server = await parts.connect(signal);
    if (server.session === null) {
      const remedy = `Log in at this server (station server login ${parts.profile.name} --user EMAIL).`;
      lines.push(line('login', 'note', 'Nobody is logged in.', remedy));
      return { lines, empty };
    }
    const short = shortLoginText(server.session);
    const text = `${server.session.account}, ${untilText(server.session)}`;
    lines.push(line('login', short === null ? 'ok' : 'note', text, short));
    lines.push(...(await server.examine(signal)), ...(await organizationLines(server, parts, signal)));
  } catch (thrown) {
    failed('login', thrown);
  }
  return { lines, empty };
}

const TRUST_TEXT = { system: "this machine's CAs", ca: 'the given CA', pin: 'its pinned key' } as const;

async function certificateLines(
  { profile, proxies, seen }: ServerTestParts,
  signal: AbortSignal,
): Promise<readonly DoctorLine[]> {
  if (!profile.url.startsWith('https:'))
    return [line('certificate', 'note', 'http without TLS: for a bench on this machine only')];
  const { subject, validTo, spkiSha256 } = await showCertificate(profile.url, signal, proxies);
  await verifyCertificate(profile, signal, proxies);
  const verified = line(
    'certificate',
    'ok',
    `${subject}, valid to ${validTo}; verified by ${TRUST_TEXT[profile.trust.by]}`,
  );
  if (profile.trust.by === 'pin' || seen === null || seen.spkiSha256 === spkiSha256) return [verified];
  return [
    verified,
    line(
      'key of the certificate',
      'note',
      `another one (${spkiSha256}) than since ${seen.at} (${seen.spkiSha256})`,
      'A renewed certificate often has a new key. Ask who runs the server whether it was renewed; the next login takes note of it.',
    ),
  ];
}

async function organizationLines(
  server: ConnectedServer,
  { tenantToken, profile: { name } }: ServerTestParts,
  signal: AbortSignal,
): Promise<readonly DoctorLine[]> {
  const own = (await server.organizationToken?.(signal)) ?? null;
  const check = 'organization token';
  if (own === null)
    return tenantToken === null
      ? []
      : [line(check, 'note', 'stored; the server does not tell whether it is its')];
  const read = `Have it read from the server (station server tenant-token ${name} --read).`;
  if (tenantToken === null)
    return [line(check, 'bad', 'none stored, and boards need the organization’s', read)];
  return tenantToken.reveal() === own.reveal()
    ? [line(check, 'ok', 'stored, and the one of this organization')]
    : [line(check, 'bad', 'the stored one is of another organization', read)];
}

function line(
  check: string,
  state: DoctorLine['state'],
  text: string,
  remedy: string | null = null,
): DoctorLine {
  return { check, state, text, remedy };
}
