/** What a simulated board can be: every switch, and the plain good board that is the default. */
import type { Clock } from '../../model/clock.ts';

/** One request of the board's client to its server. */
export interface ClientRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface ClientResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What the board's client trusts and believes when it opens a connection. */
export interface ClientTrust {
  /** PEM of further certificate authorities; undefined when `ServerCertificate` names no readable file. */
  readonly ca: string | undefined;
  readonly skipVerify: boolean;
  /** The board's own time, milliseconds since 1970: a certificate is valid or not by this. */
  readonly now: number;
  /** The path in `ServerCertificate`, for the client's message. */
  readonly caPath: string;
  readonly signal: AbortSignal;
}

/** Carries a request to the server at `url` (scheme, host and port). Rejects when there is no answer. */
export type ServerCall = (url: string, request: ClientRequest, trust: ClientTrust) => Promise<ClientResponse>;

export type KeyType = 'rsa-3072' | 'rsa-2048' | 'rsa-1024' | 'p-256' | 'p-384' | 'ed25519';

export interface BoardUser {
  readonly name: string;
  readonly uid: number;
  /** What login asks for; empty means that nothing is asked. */
  readonly password: string;
  /** `!` in the shadow file: no password is right. */
  readonly locked: boolean;
  /** The password must be changed before the first shell. */
  readonly expired: boolean;
  readonly home: string;
  readonly sudo: 'no' | 'password' | 'without-password';
}

export interface ConsoleOptions {
  /** What answers on the line once the board is up. */
  readonly kind: 'getty' | 'autologin' | 'askfirst' | 'none';
  /** What is on the line when the simulation begins. */
  readonly start:
    | 'login'
    | 'name-typed'
    | 'password-asked'
    | 'shell-open'
    | 'quiet-shell-open'
    | 'u-boot'
    | 'booting'
    | 'off';
  /** The interactive shell. */
  readonly shell: 'bash' | 'dash' | 'ash';
  /** What /bin/sh is. */
  readonly sh: 'dash' | 'ash';
  readonly echoName: boolean;
  readonly issue: string;
  readonly motd: string;
  readonly lastLogin: boolean;
  readonly hushLogin: boolean;
  /** Milliseconds from a right password to the shell. */
  readonly loginDelay: number;
  /** Milliseconds that a wrong password costs. */
  readonly wrongPasswordDelay: number;
  readonly maxTries: number;
  /** Milliseconds for a login, from its first question. */
  readonly loginTimeout: number;
  /** Milliseconds from a logout to the next issue. */
  readonly respawnDelay: number;
  /** The terminal type that getty sets. */
  readonly term: string;
  /** The prompt of dash and ash, for root; a user's ends in `$`. */
  readonly prompt: string;
}

export interface NoiseOptions {
  /** Milliseconds between kernel messages; 0 for none. */
  readonly kernelEvery: number;
  /** Kernel log level of those messages: 4 a warning, 0 an emergency. */
  readonly kernelLevel: number;
  /** Milliseconds between messages of `wall`; 0 for none. */
  readonly wallEvery: number;
  /** Milliseconds between lines of systemd's status; 0 for none. */
  readonly statusEvery: number;
}

export interface BootOptions {
  /** Milliseconds from power on to the login prompt, U-Boot's countdown aside. */
  readonly duration: number;
  readonly uBoot: boolean;
  /** Seconds that U-Boot counts down. */
  readonly countdown: number;
  /** U-Boot stops at its prompt and waits for `boot`. */
  readonly stops: boolean;
  /** One more line of systemd's status lands on the login prompt. */
  readonly statusOverPrompt: boolean;
  /** Kernel and service lines printed. */
  readonly lines: number;
}

export interface LineOptions {
  readonly baud: number;
  readonly flow: 'xon-xoff' | 'hardware' | 'none';
  /** A receiver that loses what it has not drained: its size in bytes and how fast it drains. */
  readonly ring: { readonly bytes: number; readonly bytesPerMs: number } | undefined;
}

export interface SystemOptions {
  readonly init: 'systemd' | 'busybox';
  /** Whose core utilities they are. */
  readonly userland: 'gnu' | 'busybox';
  readonly kernel: string;
  readonly machine: string;
  readonly pretty: string;
  readonly openssl: 'absent' | '1.1.1' | '3.0' | '3.5';
  /** `plain`: the readlink of an old busybox, which knows no -f. */
  readonly readlink: 'follows' | 'plain';
  readonly dbus: boolean;
  /** Milliseconds by which the board's clock differs from the station's. */
  readonly clockOffset: number;
  /** Programs that are not installed. */
  readonly absent: readonly string[];
}

export interface StorageOptions {
  /** Bytes of the data partition, on which the client keeps its state. */
  readonly dataCapacity: number;
  readonly rootCapacity: number;
  readonly dataFull: boolean;
  readonly dataReadOnly: boolean;
  readonly rootReadOnly: boolean;
  /** The client's directory exists (a package does not create it). */
  readonly dataDirectory: boolean;
  /** Chance in 0..1 that an unsynced piece survives a power cut by itself. */
  readonly writeback: number;
}

export type KeyState =
  | { readonly kind: 'missing' }
  /** A key that the client made or got earlier, as PEM; generated of `type` when `pem` is missing. */
  | { readonly kind: 'present'; readonly pem?: string; readonly type?: KeyType }
  | { readonly kind: 'unreadable'; readonly content: string }
  | { readonly kind: 'encrypted'; readonly passphrase: string; readonly type?: KeyType }
  /** A key, as PEM, that only the client's engine can use: there is no file. */
  | { readonly kind: 'token'; readonly pem: string };

export interface ClientOptions {
  /** The client's version decides its programs, units, texts and exit statuses; `absent` has none. */
  readonly version: '3.4.0' | '3.5.2' | '4.0.4' | '5.0.1' | '5.1.0' | 'absent';
  /** The units are enabled and start at boot. */
  readonly enabled: boolean;
  readonly key: KeyState;
  /** Where the configuration says that the key is; undefined for the data directory's own. */
  readonly keyPath:
    { readonly member: 'Security.AuthPrivateKey' | 'HttpsClient.Key'; readonly value: string } | undefined;
  /** An engine such as `pkcs11` that holds the key; the path is then its URI. */
  readonly sslEngine: string | undefined;
  /** The file with the passphrase of an `encrypted` key, named to the daemon; undefined for none. */
  readonly passphraseFile: string | undefined;
  /** What the client makes when it makes a key itself; undefined for what its version makes. */
  readonly generates: KeyType | undefined;
  /** Milliseconds that making a key takes on this board, at least. */
  readonly generateTime: number;
  /** Members of /etc/mender/mender.conf; undefined for no such file. */
  readonly conf: Readonly<Record<string, unknown>> | undefined;
  /** The text of /etc/mender/mender.conf, instead of `conf`. */
  readonly confText: string | undefined;
  /** Members of /var/lib/mender/mender.conf. */
  readonly fallbackConf: Readonly<Record<string, unknown>> | undefined;
  readonly artifactName: string;
  readonly deviceType: string;
  /** `uncommitted`: an update is installed and waits for its commit. */
  readonly update: 'none' | 'downloading' | 'uncommitted';
}

export interface IdentityOptions {
  /** `script`: the example script that the client ships. Others show what can go wrong. */
  readonly kind: 'script' | 'lines' | 'fails' | 'nonsense' | 'missing' | 'not-executable';
  /** What a custom script prints, for `lines`. */
  readonly lines: readonly string[];
}

export interface SimulatedBoardOptions {
  readonly name: string;
  readonly hostname: string;
  /** The address of the first network interface: the default identity. */
  readonly mac: string;
  readonly clock: Clock;
  readonly seed: number;
  readonly users: readonly BoardUser[];
  readonly console: ConsoleOptions;
  readonly noise: NoiseOptions;
  readonly boot: BootOptions;
  readonly line: LineOptions;
  readonly system: SystemOptions;
  readonly storage: StorageOptions;
  readonly client: ClientOptions;
  readonly identity: IdentityOptions;
  /** Certificate authority that is installed as /etc/mender/server.crt, as PEM. */
  readonly serverCertificate: string | undefined;
  readonly server: ServerCall;
}

/** Options as a caller gives them: any part of any group. */
export type BoardChoices = {
  readonly [K in keyof SimulatedBoardOptions]?: K extends
    'console' | 'noise' | 'boot' | 'line' | 'system' | 'storage' | 'client' | 'identity'
    ? Partial<SimulatedBoardOptions[K]>
    : SimulatedBoardOptions[K];
};

/** A user with everything that was not said filled in. */
export function boardUser(given: Partial<BoardUser> & { readonly name: string }): BoardUser {
  const isRoot = given.name === 'root';
  return {
    uid: isRoot ? 0 : 1000,
    password: 'board',
    locked: false,
    expired: false,
    home: isRoot ? '/root' : `/home/${given.name}`,
    sudo: isRoot ? 'without-password' : 'password',
    ...given,
  };
}
