import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { GROUP_NAME, MOST_TAGS, TAG_TEXT } from '../model/inventory.ts';
import { KEY_TYPES } from '../model/key.ts';
import { PROOFS } from '../model/job.ts';
import type { BoardProfile } from '../model/profile.ts';
import { StationError } from '../model/station-error.ts';
import { isErrno, reasonOf } from './durable-file.ts';
import { lineOfMember } from './json-lines.ts';
import { profileName } from './server-profile.ts';

const path = z.string().regex(/^\/[^\0\n\r]*$/, 'an absolute path on the board');
const tagText = z.string().regex(TAG_TEXT, 'one line of 256 characters at most');
const milliseconds = z.number().int().min(100).max(3_600_000);

/** A profile's file. Each member may be left out; the name is then that of the file. */
export const boardProfileSchema = z
  .strictObject({
    $schema: z.string().optional().describe('Where this schema lies, for editors; not looked at.'),
    name: profileName.optional().describe('The file’s name without .json where left out.'),
    description: z.string().max(500).default(''),
    driver: z.literal('linux-console').default('linux-console'),
    line: z
      .strictObject({
        baudRate: z.number().int().min(300).max(12_000_000).default(115_200).describe('Baud.'),
        rtscts: z.boolean().default(false).describe('Hardware flow control.'),
        xonxoff: z.boolean().default(true).describe('Software flow control.'),
        pacing: z
          .strictObject({
            chunkBytes: z.number().int().min(1).max(65_536).describe('Bytes a write.'),
            gapMs: z.number().int().min(0).max(10_000).describe('Milliseconds between writes.'),
          })
          .nullable()
          .default(null)
          .describe('For boards without flow control; null sends as fast as the line takes.'),
      })
      .prefault({}),
    login: z
      .strictObject({
        user: z
          .string()
          .regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?$/, 'a user name')
          .default('root'),
        credentials: z
          .array(profileName)
          .max(8)
          .default(['board'])
          .describe('Names of passwords in the station’s key store, tried in order, each once.'),
        become: z
          .enum(['none', 'sudo'])
          .default('none')
          .describe('How the user becomes root; sudo is fed the same password.'),
      })
      .prefault({}),
    paths: z
      .strictObject({
        identityScript: path.default('/usr/share/mender/identity/mender-device-identity'),
        configuration: path.default('/etc/mender/mender.conf'),
        fallbackConfiguration: path.default('/var/lib/mender/mender.conf'),
        dataDirectory: path.default('/var/lib/mender'),
      })
      .prefault({}),
    lastingConfiguration: z
      .enum(['main', 'fallback'])
      .default('fallback')
      .describe('The file that is edited; fallback outlives an A/B update of the root file system.'),
    key: z
      .strictObject({
        source: z
          .enum(['board', 'generate', 'keep'])
          .nullable()
          .default(null)
          .describe('Null: made on the board where that is possible, else at the station.'),
        type: z
          .enum(KEY_TYPES)
          .nullable()
          .default(null)
          .describe('Null: the best that board and client can use.'),
        importPattern: z
          .string()
          .regex(/^[^/\\\0]+$/, 'a file name')
          .regex(/\{[^{}]+\}/, 'name an attribute of the identity, e.g. {mac}.pem')
          .default('{mac}.pem')
          .describe('File name of an imported key; {attribute} stands for a value of the identity.'),
        afterImport: z
          .enum(['move', 'destroy'])
          .default('move')
          .describe('What becomes of an imported key’s file.'),
      })
      .prefault({}),
    mqtt: z
      .strictObject({
        keyFile: path.describe('The private key, PEM, mode 0600.'),
        certificateFile: path.describe('The certificate, PEM.'),
        caFile: path
          .nullable()
          .default(null)
          .describe('The authorities of the MQTT endpoint, PEM; null where the board has them.'),
        configurationFile: path
          .nullable()
          .default(null)
          .describe('JSON with host, port, clientId and the names of the files; null for none.'),
      })
      .refine(({ keyFile, certificateFile, caFile, configurationFile }) => {
        const named = [keyFile, certificateFile, caFile, configurationFile].filter((one) => one !== null);
        return new Set(named).size === named.length;
      }, 'each of them is a file of its own')
      .nullable()
      .default(null)
      .describe('For servers that make certificate and key (the Managed IoT Cloud): where both go.'),
    leastProof: z.enum(PROOFS).default('board-client').describe('The least proof that makes a PASS.'),
    timeouts: z
      .strictObject({
        boot: milliseconds.default(180_000),
        login: milliseconds.default(30_000),
        command: milliseconds.default(20_000),
        keyGeneration: milliseconds.default(180_000),
        clientBootstrap: milliseconds.default(60_000),
      })
      .prefault({})
      .describe('Milliseconds.'),
    clockToleranceMs: z
      .number()
      .int()
      .min(1000)
      .max(86_400_000)
      .default(60_000)
      .describe('Largest difference of clocks that is left alone, in milliseconds.'),
    inventory: z
      .strictObject({
        nameTag: tagText
          .nullable()
          .default(null)
          .describe('The name on the server; {attribute} stands for a value of the identity. Null for none.'),
        tags: z
          .record(tagText, tagText)
          .refine((tags) => Object.keys(tags).length <= MOST_TAGS, `${MOST_TAGS} tags at most`)
          .default({}),
        group: z.string().regex(GROUP_NAME, 'letters, digits, - and _').nullable().default(null),
      })
      .prefault({})
      .describe('What devices are called on the server once their boards are through.'),
    installServerCa: z
      .boolean()
      .default(false)
      .describe('Install the CA of the server’s profile on the board.'),
    usbIds: z
      .array(
        z.string().regex(/^[0-9a-f]{4}:[0-9a-f]{4}$/, 'vendor:product in small hex digits, e.g. 0403:6001'),
      )
      .max(64)
      .default([])
      .describe('USB ids of adapters that this profile is offered for.'),
  })
  .meta({
    title: 'Board profile',
    description: 'How a station talks to one kind of board. Every member has a default.',
  });

/** The profiles that need no file. A file of the same name takes a built-in one's place. */
export const BUILT_IN: readonly BoardProfile[] = [
  named('mender', {
    description:
      'A Linux board with a Mender client and a network; root logs in with the credential "board".',
  }),
  named('mender-offline', {
    description:
      'As "mender", for a bench where boards have no network: the key on the board is proved over the line.',
    leastProof: 'board-key',
  }),
  named('mic', {
    description:
      'A Linux board for the Managed IoT Cloud: certificate and key of its MQTT client go to /etc/mic. It needs no Mender client, but a script that tells its identity.',
    mqtt: {
      keyFile: '/etc/mic/privkey.pem',
      certificateFile: '/etc/mic/cert.pem',
      caFile: '/etc/mic/ca.pem',
      configurationFile: '/etc/mic/mqtt.json',
    },
    leastProof: 'station',
  }),
];

/** The published JSON schema of a profile's file. */
export function boardProfileJsonSchema(): unknown {
  return z.toJSONSchema(boardProfileSchema, { io: 'input' });
}

/**
 * Reads one profile's file.
 *
 * @throws StationError `station/profile-invalid` with line, member and reason of everything that is wrong.
 */
export function checkBoardProfile(file: string): BoardProfile {
  const invalid = (detail: string, cause?: unknown): StationError =>
    new StationError('station/profile-invalid', { path: file, detail }, { cause });
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (thrown) {
    throw invalid(reasonOf(thrown), thrown);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (thrown) {
    throw invalid(`it is not JSON: ${reasonOf(thrown)}`, thrown);
  }
  const parsed = boardProfileSchema.safeParse(json);
  if (!parsed.success) throw invalid(explain(text, parsed.error));
  const { $schema: _, name = basename(file, '.json'), ...rest } = parsed.data;
  if (!profileName.safeParse(name).success)
    throw invalid(`the file’s name is no name for a profile: give it one in the member name`);
  return { name, ...rest };
}

/** A profile's file that cannot be used, and why. */
export interface BoardProfileProblem {
  readonly path: string;
  readonly error: StationError;
}

/** The profiles of a station: the built-in ones and the files `*.json` of a folder, read anew at every call. */
export class BoardProfiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** By name. What cannot be used is left out; `problems` tells it. */
  list(): readonly BoardProfile[] {
    return [...this.#read().profiles.values()].sort((a, b) => a.name.localeCompare(b.name));
  }

  problems(): readonly BoardProfileProblem[] {
    return this.#read().problems;
  }

  /** @throws StationError `station/unknown-profile`; `station/profile-invalid` where its file cannot be used. */
  get(name: string): BoardProfile {
    const { profiles, problems } = this.#read();
    const broken = problems.find((problem) => basename(problem.path, '.json') === name);
    if (broken !== undefined) throw broken.error;
    const profile = profiles.get(name);
    if (profile !== undefined) return profile;
    throw new StationError('station/unknown-profile', {
      name,
      known: [...profiles.keys()].sort().join(', '),
    });
  }

  #read(): { profiles: ReadonlyMap<string, BoardProfile>; problems: readonly BoardProfileProblem[] } {
    const profiles = new Map(BUILT_IN.map((profile) => [profile.name, profile]));
    const sources = new Map<string, string>();
    const problems: BoardProfileProblem[] = [];
    for (const file of filesIn(this.#folder)) {
      try {
        const profile = checkBoardProfile(file);
        const earlier = sources.get(profile.name);
        if (earlier !== undefined)
          throw new StationError('station/profile-invalid', {
            path: file,
            detail: `its name ${profile.name} is that of ${earlier}, too`,
          });
        sources.set(profile.name, file);
        profiles.set(profile.name, profile);
      } catch (thrown) {
        if (!(thrown instanceof StationError)) throw thrown;
        problems.push({ path: file, error: thrown });
      }
    }
    return { profiles, problems };
  }
}

function named(name: string, file: z.input<typeof boardProfileSchema>): BoardProfile {
  const { $schema: _, ...rest } = boardProfileSchema.parse(file);
  return { ...rest, name };
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith('.json') && !file.startsWith('.'))
      .sort()
      .map((file) => join(folder, file));
  } catch (thrown) {
    if (isErrno(thrown, 'ENOENT')) return [];
    throw new StationError(
      'station/profile-invalid',
      { path: folder, detail: reasonOf(thrown) },
      { cause: thrown },
    );
  }
}

function explain(text: string, error: z.ZodError): string {
  return error.issues
    .flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => ({ path: [...issue.path, key], message: 'there is no such member' }))
        : [{ path: issue.path, message: issue.message }],
    )
    .map(({ path: member, message }) => {
      const where = member.length === 0 ? '' : `, ${member.join('.')}`;
      return `line ${lineOfMember(text, member)}${where}: ${message}`;
    })
    .join('; ');
}
