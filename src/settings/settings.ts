import Conf from 'conf';
import { join } from 'node:path';
import * as z from 'zod';
import type { PreferencesView } from '../contract.ts';
import type { SeenKey } from '../contract/servers.ts';
import type { ServerProfile } from '../model/server-profile.ts';
import { StationError } from '../model/station-error.ts';
import { reasonOf, syncFolder } from './durable-file.ts';
import { parseServerProfile, serverProfileSchema } from './server-profile.ts';

/** Members that this version does not know are kept: an older station must not lose a newer one's settings. */
const settingsSchema = z.looseObject({
  servers: z.array(serverProfileSchema).default([]),
  preferences: z
    .object({
      server: z.string().nullable().default(null),
      profile: z.string().nullable().default(null),
      operator: z.string().nullable().default(null),
      batch: z.string().nullable().default(null),
      sound: z.boolean().default(false),
    })
    .prefault({}),
  mutedSlots: z.array(z.string()).default([]),
  /** A folder of links to ports beside those of the system: fixed bench wiring, tests. */
  portLinks: z.string().nullable().default(null),
  rehearsalOffered: z.boolean().default(false),
  /** The key that each server showed at a login, by the server's name: to tell when it has another one. */
  seenKeys: z.record(z.string(), z.object({ spkiSha256: z.string(), at: z.string() })).default({}),
  /** Stations whose admins may approve this one's requests. */
  approvers: z
    .array(z.object({ station: z.string(), key: z.string(), sealingKey: z.string(), at: z.string() }))
    .default([]),
});
type Values = z.infer<typeof settingsSchema>;

/** A station whose admin may approve this one's requests; `key` is the fingerprint of its signing key. */
export type KnownApprover = Values['approvers'][number];

/** A change of preferences; members left out stay as they are. */
export type PreferencesPatch = { readonly [K in keyof PreferencesView]?: PreferencesView[K] | undefined };

/**
 * `settings.json` of a home. It holds no secret. Written whole or not at all, by the one who holds the home's lock; read anew at
 * every question. A file that cannot be read is never replaced.
 *
 * Every method throws StationError `station/settings-unreadable` for such a file, those that write also
 * `station/home-unusable`.
 */
export class Settings {
  readonly #home: string;
  readonly #conf: Conf;

  constructor(home: string) {
    this.#home = home;
    this.#conf = this.#reading(
      () =>
        new Conf({
          cwd: home,
          configName: 'settings',
          configFileMode: 0o600,
          clearInvalidConfig: false,
          accessPropertiesByDotNotation: false,
          deserialize: parseObject,
          serialize: (value) => `${JSON.stringify(value, null, 2)}\n`,
        }),
    );
    this.#values();
  }

  servers(): readonly ServerProfile[] {
    return this.#values().servers;
  }

  /** @throws StationError `station/unknown-server`. */
  server(name: string): ServerProfile {
    const servers = this.servers();
    const server = servers.find((candidate) => candidate.name === name);
    if (server !== undefined) return server;
    const known = servers.map((candidate) => candidate.name).join(', ');
    throw new StationError('station/unknown-server', { name, known: known === '' ? 'none' : known });
  }

  /**
   * Stores a server in the place of one of the same name, which is given back: what the key store holds for that one
   * must not be sent to the new one where their URLs differ.
   *
   * @throws StationError `station/server-invalid`.
   */
  putServer(input: unknown): { readonly server: ServerProfile; readonly replaced: ServerProfile | null } {
    const server = parseServerProfile(input);
    const servers = this.servers();
    const at = servers.findIndex((candidate) => candidate.name === server.name);
    this.#change({ servers: at < 0 ? [...servers, server] : servers.with(at, server) });
    return { server, replaced: servers[at] ?? null };
  }

  /** @throws StationError `station/unknown-server`. */
  removeServer(name: string): void {
    const gone = this.server(name);
    const { preferences } = this.#values();
    this.#change({
      servers: this.servers().filter((server) => server.name !== gone.name),
      preferences: preferences.server === name ? { ...preferences, server: null } : preferences,
    });
  }

  preferences(): PreferencesView {
    return this.#values().preferences;
  }

  setPreferences(patch: PreferencesPatch): PreferencesView {
    const now = this.preferences();
    const preferences: PreferencesView = {
      server: patch.server === undefined ? now.server : patch.server,
      profile: patch.profile === undefined ? now.profile : patch.profile,
      operator: patch.operator === undefined ? now.operator : patch.operator,
      batch: patch.batch === undefined ? now.batch : patch.batch,
      sound: patch.sound ?? now.sound,
    };
    this.#change({ preferences });
    return preferences;
  }

  mutedSlots(): readonly string[] {
    return this.#values().mutedSlots;
  }

  mute(slot: string, muted: boolean): void {
    const others = this.mutedSlots().filter((other) => other !== slot);
    this.#change({ mutedSlots: muted ? [...others, slot] : others });
  }

  approvers(): readonly KnownApprover[] {
    return this.#values().approvers;
  }

  /** Stores an approver in the place of the one of the same station. */
  putApprover(approver: KnownApprover): void {
    const others = this.approvers().filter(({ station }) => station !== approver.station);
    this.#change({ approvers: [...others, approver] });
  }

  /** The key that a server showed at the last login; null before the first. */
  seenKey(server: string): SeenKey | null {
    return this.#values().seenKeys[server] ?? null;
  }

  /** Remembers a server's key, with the moment when it was first seen; null forgets it. */
  setSeenKey(server: string, seen: SeenKey | null): void {
    const { [server]: before, ...others } = this.#values().seenKeys;
    if (seen === null ? before === undefined : before?.spkiSha256 === seen.spkiSha256) return;
    this.#change({ seenKeys: seen === null ? others : { ...others, [server]: seen } });
  }

  portLinks(): string | null {
    return this.#values().portLinks;
  }

  setPortLinks(folder: string | null): void {
    this.#change({ portLinks: folder });
  }

  /** Whether the rehearsal was offered and taken, or a server was added: it is not offered by itself any more. */
  rehearsalOffered(): boolean {
    return this.#values().rehearsalOffered;
  }

  setRehearsalOffered(): void {
    this.#change({ rehearsalOffered: true });
  }

  #values(): Values {
    const store = this.#reading(() => this.#conf.store);
    const parsed = settingsSchema.safeParse(store);
    if (parsed.success) return parsed.data;
    const detail = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
    throw new StationError('station/settings-unreadable', { path: this.#path(), detail });
  }

  #change(patch: Partial<Values>): void {
    const values = { ...this.#values(), ...patch };
    try {
      this.#conf.store = values;
      syncFolder(this.#home);
    } catch (thrown) {
      throw new StationError(
        'station/home-unusable',
        { home: this.#home, detail: `the settings cannot be written: ${reasonOf(thrown)}` },
        { cause: thrown },
      );
    }
  }

  #reading<T>(read: () => T): T {
    try {
      return read();
    } catch (thrown) {
      throw new StationError(
        'station/settings-unreadable',
        {
          path: this.#path(),
          detail: thrown instanceof z.ZodError ? 'it is not a JSON object' : reasonOf(thrown),
        },
        { cause: thrown },
      );
    }
  }

  #path(): string {
    return join(this.#home, 'settings.json');
  }
}

/** Conf takes any other JSON value for an empty object, and would write over it. */
function parseObject(text: string): Record<string, unknown> {
  return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
}
