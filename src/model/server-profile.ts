/** A device server that the station knows. Holds no secret: tokens and the tenant token are in the key store. */
export interface ServerProfile {
  readonly name: string;
  readonly kind: 'mender' | 'mic';
  /** Base URL, `https://host[:port]`; for the kind `mic` with the stage's path, such as `/prod`. What the station uses. */
  readonly url: string;
  /** What boards are told to use where that differs (a bench network); else `url`. */
  readonly boardUrl?: string;
  readonly trust: Trust;
  /** What a Managed IoT Cloud needs beyond that; left out for other kinds. */
  readonly mic?: MicSettings;
}

/** Where a stack of the Managed IoT Cloud was found, and as what its things are made. */
export interface MicSettings {
  /** The stack's host, by which its URL was found; null where that was given. */
  readonly host: string | null;
  /** The vendor's discovery services, asked in this order. */
  readonly discovery: readonly string[];
  /** Null: the only one that the stack has. */
  readonly thingType: string | null;
  /** Null: the domain of the account. */
  readonly domain: string | null;
  /** PEM of the authorities of its MQTT endpoint; null: the ones of AWS IoT. */
  readonly iotCa: string | null;
}

/** How the server's certificate is verified. There is no way to skip it. */
export type Trust =
  | { readonly by: 'system' }
  | { readonly by: 'ca'; readonly pem: string }
  /** Base64 or hex SHA-256 of the certificate's SubjectPublicKeyInfo; it outlives a renewal with the same key. */
  | { readonly by: 'pin'; readonly spkiSha256: string };

/** Whether a URL's host name is this machine itself. */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(\.\d{1,3}){3}$/.test(hostname)
  );
}
