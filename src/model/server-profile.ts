/** A device server that the station knows. Holds no secret: tokens and the tenant token are in the key store. */
export interface ServerProfile {
  readonly name: string;
  readonly kind: 'mender' | 'mic';
  /** Base URL, `https://host[:port]`, without a path. What the station uses. */
  readonly url: string;
  /** What boards are told to use where that differs (a bench network); else `url`. */
  readonly boardUrl?: string;
  readonly trust: Trust;
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
