import * as z from 'zod';
import type { CallParams, CertificateView, ServerTest, ServerView, StationEvent } from '../contract.ts';
import type { Clock } from '../model/clock.ts';
import type { JournalEvent } from '../model/event.ts';
import { secret, type Secret } from '../model/secret.ts';
import type { MicSettings, ServerProfile } from '../model/server-profile.ts';
import { asStationError, StationError } from '../model/station-error.ts';
import type { KeyMaker } from '../model/step-labels.ts';
import {
  createDeviceServer,
  keyOriginAt,
  limitedTo,
  locateServer,
  showCertificate,
  type ConnectedServer,
  type Credentials,
  type DestructiveCall,
  type DeviceServer,
  type KeptSession,
} from '../servers/index.ts';
import type { KnownCertificate } from '../contract/servers.ts';
import type { ProxySettings } from '../servers/http/proxy.ts';
import { testServer } from './signin/server-test.ts';
import { outlastsJob } from './signin/session-end.ts';
import { apiKeyOf, sessionOf, tenantTokenOf, type KeyStore, type Settings } from '../settings/index.ts';

/** What a person gives to log in. */
export interface Login {
  readonly user: string | null;
  readonly password: Secret<string> | null;
  readonly otp: string | null;
  /** A personal access token, instead of user and password. */
  readonly token: Secret<string> | null;
  /** Keep the session in the key store until it ends. */
  readonly keep: boolean;
}

export interface ServersParts {
  readonly settings: Settings;
  readonly keyStore: KeyStore;
  readonly record: (event: JournalEvent) => void;
  readonly tell: (event: StationEvent) => void;
  readonly clock: Clock;
  readonly proxies: ProxySettings;
  /** Why no login may be kept for the next start; null where it may. */
  readonly loginsNotKept: string | null;
}

/** A kept session as it lies in the key store; `token` is the form that the server's kind gave it. */
const keptSchema = z.object({
  token: z.string(),
  account: z.string(),
  by: z.enum(['password', 'token']),
  expiresAt: z.string().nullable(),
  lastsMs: z.number().optional(),
  refreshed: z.literal(true).optional(),
});

interface Connection {
  readonly profile: ServerProfile;
  readonly server: ConnectedServer;
  /** For one renewal of a session that the server ended. In memory only, until the logout. */
  credentials: Credentials | null;
  kept: boolean;
  /** A password that was right, until its second factor's code comes. In memory only, for minutes. */
  awaitingCode: {
    readonly credentials: Extract<Credentials, { by: 'password' }>;
    readonly until: number;
  } | null;
  /** Taking up a kept session is no login: the record has the login already. */
  resuming: boolean;
}

/** How long the code of a second factor is waited for, so that the password need not be given again. Milliseconds. */
const CODE_WITHIN_MS = 300_000;

const FOREVER = new AbortController().signal;

/** The device servers of a station, with one session for each. */
export class Servers implements AsyncDisposable {
  readonly #parts: ServersParts;
  readonly #connections = new Map<string, Connection>();
  #simulated: ServerProfile | null = null;
  #simulatedKey: Secret<string> | null = null;

  constructor(parts: ServersParts) {
    this.#parts = parts;
  }

  views(): readonly ServerView[] {
    const profiles = this.#parts.settings.servers();
    return (this.#simulated === null ? profiles : [...profiles, this.#simulated]).map((profile) =>
      this.#view(profile),
    );
  }

  /** Stores a server. One of the same name is replaced; where its URL was another, its login and its token are forgotten. */
  async add(params: CallParams<'server.add'>, signal: AbortSignal = FOREVER): Promise<ServerView> {
    const { name, boardUrl, kind, trust, mic, apiKey } = params;
    const { clock, proxies, keyStore } = this.#parts;
    const located = await locateServer(
      {
        name,
        kind,
        url: params.url,
        trust,
        mic: withoutGaps(mic),
        apiKey: apiKey === undefined ? null : secret(apiKey),
      },
      { clock, proxies },
      signal,
    );
    const { server, replaced } = this.#parts.settings.putServer({
      name,
      url: located.url,
      kind,
      trust,
      ...(boardUrl === undefined ? {} : { boardUrl }),
      ...(located.mic === undefined ? {} : { mic: located.mic }),
    });
    await this.#disconnect(name);
    if (replaced !== null && replaced.url !== server.url) this.#forget(name);
    if (located.apiKey !== null) keyStore.set(apiKeyOf(name), located.apiKey);
    if (this.#parts.settings.preferences().server === null) {
      this.#parts.tell({
        type: 'preferences',
        preferences: this.#parts.settings.setPreferences({ server: name }),
      });
    }
    return this.#tell(server);
  }

  /** @throws StationError `station/unknown-server`. */
  async remove(name: string): Promise<void> {
    this.#parts.settings.removeServer(name);
    await this.#disconnect(name);
    this.#forget(name);
    this.#parts.tell({ type: 'server-gone', name });
  }

  /** Who makes the keys of boards at a server; of one that is not known any more: they themselves. */
  keyMaker(name: string): KeyMaker {
    const profile = this.views().find((view) => view.name === name);
    return profile === undefined ? 'station' : keyOriginAt(profile);
  }

  /** @throws StationError `station/unknown-server`. */
  profile(name: string): ServerProfile {
    return this.#profile(name);
  }

  certificate(url: string, signal: AbortSignal | undefined): Promise<CertificateView> {
    return showCertificate(url, signal ?? FOREVER, this.#parts.proxies);
  }

  /** @throws StationError `server/login-refused`, `server/otp-needed`, `server/single-sign-on` and those of a call. */
  async login(name: string, login: Login, signal: AbortSignal | undefined): Promise<ServerView> {
    const { clock } = this.#parts;
    const connection = this.#connection(name);
    this.#requireKeepable(name, login.keep);
    const credentials = credentialsOf(login, connection, clock.now());
    try {
      await connection.server.login(credentials, signal ?? FOREVER);
      connection.awaitingCode = null;
    } catch (thrown) {
      connection.awaitingCode =
        credentials.by === 'password' && asStationError(thrown).code === 'server/otp-needed'
          ? { credentials, until: clock.now() + CODE_WITHIN_MS }
          : null;
      throw thrown;
    }
    // A code of a second factor is good for one login.
    connection.credentials =
      credentials.by === 'password' && credentials.otp !== undefined ? null : credentials;
    connection.kept = login.keep;
    // What was kept of the session before is worth nothing now.
    if (!login.keep) this.#parts.keyStore.delete(sessionOf(name));
    this.#keep(connection);
    await this.#takeNoteOfKey(connection.profile, signal ?? FOREVER);
    return this.#tell(connection.profile);
  }

  /** @throws StationError `server/login-not-kept`. */
  #requireKeepable(name: string, keep: boolean): void {
    const { loginsNotKept } = this.#parts;
    if (keep && loginsNotKept !== null && this.#simulated?.name !== name)
      throw new StationError('server/login-not-kept', {
        server: name,
        detail: loginsNotKept.replace(/\.$/, ''),
      });
  }

  /** Remembers the key that the server shows, so that another one can be told later. A pin says it already. */
  async #takeNoteOfKey({ name, url, trust }: ServerProfile, signal: AbortSignal): Promise<void> {
    const { settings, proxies, clock } = this.#parts;
    if (trust.by === 'pin' || !url.startsWith('https:') || this.#simulated?.name === name) return;
    try {
      const { spkiSha256 } = await showCertificate(url, signal, proxies);
      settings.setSeenKey(name, { spkiSha256, at: new Date(clock.now()).toISOString() });
    } catch (thrown) {
      // The login counts; its server has gone away in this very moment, and its key is looked at the next time.
      if (!asStationError(thrown).code.startsWith('server/')) throw thrown;
    }
  }

  /**
   * Makes the first user of a server that has none, and logs in with it. What goes wrong after it was made says that it
   * was.
   *
   * @throws StationError `server/has-users`, `server/first-user-refused`, `station/not-supported` for a kind without such.
   */
  async firstUser(
    name: string,
    user: { readonly email: string; readonly password: Secret<string>; readonly keep: boolean },
    signal: AbortSignal | undefined,
  ): Promise<ServerView> {
    const { server } = this.#connection(name);
    if (server.createFirstUser === undefined)
      throw new StationError('station/not-supported', { detail: 'Servers of this kind take no first user.' });
    const { email, password, keep } = user;
    this.#requireKeepable(name, keep);
    await server.createFirstUser(user, signal ?? FOREVER);
    try {
      // In the record also where the login fails: whoever has this password may do everything there.
      this.#parts.record({
        kind: 'setting-changed',
        setting: 'first-user',
        subject: name,
        to: email,
        operator: null,
      });
      return await this.login(name, { user: email, password, otp: null, token: null, keep }, signal);
    } catch (thrown) {
      throw asStationError(thrown).leaving(
        `The first user of ${name} was made: ${email}, with the password that was given. Nobody is logged in with it here.`,
      );
    }
  }

  /** The certificate that a known server shows now, beside what is remembered of it. */
  async shownCertificate(name: string, signal: AbortSignal | undefined): Promise<KnownCertificate> {
    const { url, trust } = this.#profile(name);
    return {
      certificate: await this.certificate(url, signal),
      pinned: trust.by === 'pin' ? trust.spkiSha256 : null,
      seen: this.#parts.settings.seenKey(name),
    };
  }

  /** Trusts a server by this key from now on. Its login stays: it is the same server, by a person's word. */
  async pin(name: string, spkiSha256: string): Promise<ServerView> {
    const { server } = this.#parts.settings.putServer({
      ...this.#parts.settings.server(name),
      trust: { by: 'pin', spkiSha256 },
    });
    await this.#disconnect(name);
    return this.#tell(server);
  }

  /** Has the server tell its organization's token, and stores it. @throws StationError `server/no-organization`. */
  async readTenantToken(name: string, signal: AbortSignal | undefined): Promise<ServerView> {
    const server = await this.connected(name, signal);
    const token = (await server.organizationToken?.(signal ?? FOREVER)) ?? null;
    if (token === null) throw new StationError('server/no-organization', { server: name });
    return this.setTenantToken(name, token);
  }

  /** Ends the session here and, as far as it can be reached, at the server. */
  async logout(name: string, signal: AbortSignal | undefined): Promise<ServerView> {
    const { profile, server } = await this.#resumed(name, signal ?? FOREVER).catch((thrown: unknown) => {
      if (asStationError(thrown).code.startsWith('station/')) throw thrown;
      return this.#connection(name);
    });
    this.#parts.keyStore.delete(sessionOf(name));
    const connection = this.#connection(name);
    connection.credentials = null;
    connection.awaitingCode = null;
    connection.kept = false;
    await server.logout(signal ?? FOREVER);
    return this.#tell(profile);
  }

  setTenantToken(name: string, token: Secret<string> | null): ServerView {
    const profile = this.#profile(name);
    if (token === null) this.#parts.keyStore.delete(tenantTokenOf(name));
    else {
      const text = token.reveal().trim();
      // Old tokens are JWTs, new ones opaque: all that can be said is that none holds white space.
      if (text === '' || /\s/.test(text)) {
        throw new StationError('station/usage', {
          detail: 'A tenant token holds no white space; copy it whole.',
        });
      }
      this.#parts.keyStore.set(tenantTokenOf(name), secret(text));
    }
    return this.#tell(profile);
  }

  /** The key of the gateway before a server. @throws StationError `station/usage`. */
  setApiKey(name: string, key: Secret<string> | null): ServerView {
    const profile = this.#profile(name);
    if (key === null) this.#parts.keyStore.delete(apiKeyOf(name));
    else {
      const text = key.reveal().trim();
      if (!/^[\x21-\x7e]+$/.test(text))
        throw new StationError('station/usage', {
          detail: 'An API key holds no white space; copy it whole.',
        });
      this.#parts.keyStore.set(apiKeyOf(name), secret(text));
    }
    return this.#tell(profile);
  }

  tenantToken(name: string): Secret<string> | null {
    return this.#simulated?.name === name ? null : this.#parts.keyStore.get(tenantTokenOf(name));
  }

  /** A server with a session, from this process or kept by an earlier one. @throws StationError `server/not-logged-in`. */
  async connected(name: string, signal: AbortSignal | undefined): Promise<ConnectedServer> {
    const { server } = await this.#resumed(name, signal ?? FOREVER);
    if (server.session === null) throw new StationError('server/not-logged-in', { server: name });
    return server;
  }

  /**
   * The same for who may make these destructive calls there.
   *
   * @throws StationError `server/not-logged-in`.
   */
  async open(
    name: string,
    signal: AbortSignal | undefined,
    may: readonly DestructiveCall[] = [],
  ): Promise<DeviceServer> {
    return limitedTo(await this.connected(name, signal), may);
  }

  /**
   * A server with a session that outlasts a job. One that may end in it is renewed first, where what that takes is in
   * memory: then no job has it end between two of its calls.
   *
   * @throws StationError `server/session-ending`, and what {@link open} throws.
   */
  async openForJob(
    name: string,
    signal: AbortSignal | undefined,
    may: readonly DestructiveCall[] = [],
  ): Promise<DeviceServer> {
    const server = await this.connected(name, signal);
    if (this.#outlastsJob(server)) return limitedTo(server, may);
    const { credentials } = this.#connection(name);
    if (credentials !== null) {
      await server.login(credentials, signal ?? FOREVER);
      this.#keep(this.#connection(name));
      if (this.#outlastsJob(server)) return limitedTo(server, may);
    }
    const left = Date.parse(server.session?.expiresAt ?? '') - this.#parts.clock.now();
    throw new StationError('server/session-ending', {
      server: name,
      minutes: Math.max(0, Math.floor(left / 60_000)),
    });
  }

  #outlastsJob({ session }: ConnectedServer): boolean {
    return session === null || outlastsJob(session, this.#parts.clock.now());
  }

  /** A server as the settings have it, whether or not it can be reached or anybody is logged in. */
  absent(name: string, may: readonly DestructiveCall[] = []): DeviceServer {
    return limitedTo(this.#connection(name).server, may);
  }

  /** Checks what is harmless. Never throws for what the server does. @throws StationError `station/unknown-server`. */
  test(name: string, signal: AbortSignal = FOREVER): Promise<ServerTest> {
    const { settings, proxies } = this.#parts;
    const profile = this.#profile(name);
    return testServer(
      {
        profile,
        proxies,
        seen: settings.seenKey(name),
        tenantToken: this.tenantToken(name),
        connect: async (connecting) => (await this.#resumed(name, connecting)).server,
        absent: this.#connection(name).server,
      },
      signal,
    );
  }

  /** Adds the rehearsal's server for as long as it runs, logged in. */
  async addSimulated(
    profile: ServerProfile,
    account: { readonly user: string; readonly password: Secret<string> },
    apiKey: Secret<string> | null = null,
  ): Promise<void> {
    this.#simulated = profile;
    this.#simulatedKey = apiKey;
    await this.login(
      profile.name,
      { user: account.user, password: account.password, otp: null, token: null, keep: false },
      undefined,
    );
  }

  async removeSimulated(name: string): Promise<void> {
    this.#simulated = null;
    await this.#disconnect(name);
    this.#parts.tell({ type: 'server-gone', name });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of [...this.#connections.keys()]) await this.#disconnect(name);
  }

  #profile(name: string): ServerProfile {
    return this.#simulated?.name === name ? this.#simulated : this.#parts.settings.server(name);
  }

  #connection(name: string): Connection {
    const known = this.#connections.get(name);
    if (known !== undefined) return known;
    const profile = this.#profile(name);
    const connection: Connection = {
      profile,
      credentials: null,
      kept: false,
      awaitingCode: null,
      resuming: false,
      server: createDeviceServer(profile, {
        clock: this.#parts.clock,
        proxies: this.#parts.proxies,
        apiKey: () =>
          this.#simulated?.name === name ? this.#simulatedKey : this.#parts.keyStore.get(apiKeyOf(name)),
        renew: () => Promise.resolve(this.#connections.get(name)?.credentials ?? null),
        onChange: (what, account) => {
          if (what === 'expired' || what === 'refused') this.#parts.keyStore.delete(sessionOf(name));
          if (!connection.resuming)
            this.#parts.record({ kind: 'server-session', server: name, what, account });
          this.#tell(profile);
        },
        onRenewed: () => this.#keep(connection),
      }),
    };
    this.#connections.set(name, connection);
    return connection;
  }

  /** The connection, with the session that an earlier process kept where this one has none yet. */
  async #resumed(name: string, signal: AbortSignal): Promise<Connection> {
    const connection = this.#connection(name);
    const kept = this.#kept(name);
    if (connection.server.session !== null || kept === null) return connection;
    connection.resuming = true;
    try {
      await connection.server.resume(kept, signal);
      connection.kept = true;
    } catch (thrown) {
      const error = asStationError(thrown);
      if (error.code !== 'server/login-refused' && error.code !== 'server/token-refused') throw error;
      this.#parts.keyStore.delete(sessionOf(name));
      throw new StationError('server/session-ended', { server: name }, { cause: error });
    } finally {
      connection.resuming = false;
    }
    return connection;
  }

  #kept(name: string): KeptSession | null {
    const text = this.#parts.keyStore.get(sessionOf(name));
    if (text === null) return null;
    const { token, ...session } = keptSchema.parse(JSON.parse(text.reveal()));
    return { ...session, form: secret(token) };
  }

  /** Writes the session to the key store, where it is to be kept there. */
  #keep({ profile, server, kept }: Connection): void {
    if (!kept || server.kept === null) return;
    const { form, ...session } = server.kept;
    const stored: z.infer<typeof keptSchema> = { ...session, token: form.reveal() };
    this.#parts.keyStore.set(sessionOf(profile.name), secret(JSON.stringify(stored)), session.expiresAt);
  }

  #view(profile: ServerProfile): ServerView {
    const { name } = profile;
    const connection = this.#connections.get(name);
    const live = connection?.server.session ?? null;
    const kept = live === null ? this.#kept(name) : null;
    const session =
      live !== null ? { ...live, kept: connection?.kept ?? false } : kept !== null ? withoutForm(kept) : null;
    const simulated = this.#simulated?.name === name;
    return {
      ...profile,
      keyOrigin: keyOriginAt(profile),
      session,
      hasTenantToken: !simulated && this.#parts.keyStore.names().includes(tenantTokenOf(name)),
      simulated,
    };
  }

  #tell(profile: ServerProfile): ServerView {
    const server = this.#view(profile);
    this.#parts.tell({ type: 'server', server });
    return server;
  }

  #forget(name: string): void {
    this.#parts.keyStore.delete(sessionOf(name));
    this.#parts.keyStore.delete(tenantTokenOf(name));
    this.#parts.settings.setSeenKey(name, null);
    this.#parts.keyStore.delete(apiKeyOf(name));
  }

  async #disconnect(name: string): Promise<void> {
    const connection = this.#connections.get(name);
    this.#connections.delete(name);
    await connection?.server[Symbol.asyncDispose]();
  }
}

/** A kept session as front ends see it. */
function withoutForm({ form: _, ...session }: KeptSession): NonNullable<ServerView['session']> {
  return { ...session, kept: true };
}

/** What was given alone: what was left out has its default elsewhere. */
function withoutGaps(mic: CallParams<'server.add'>['mic']): Partial<MicSettings> | undefined {
  if (mic === undefined) return undefined;
  return Object.fromEntries(Object.entries(mic).filter(([, value]) => value !== undefined));
}

function credentialsOf(
  { user, password, otp, token }: Login,
  { awaitingCode }: Connection,
  now: number,
): Credentials {
  if (token !== null) return { by: 'token', token };
  if (user === null && password === null && otp !== null && awaitingCode !== null && now < awaitingCode.until)
    return { ...awaitingCode.credentials, otp };
  if (user === null || password === null) {
    throw new StationError('station/usage', {
      detail: 'A login needs an e-mail and a password, or a personal access token.',
    });
  }
  return { by: 'password', user, password, ...(otp === null ? {} : { otp }) };
}
