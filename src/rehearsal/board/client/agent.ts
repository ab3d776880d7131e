/**
 * One running Mender client, of any generation: its key in memory, its request for authorization, its token.
 *
 * Facts from running 3.4.0 and from reading 4.0 to 5.1: the key is read once, at the start. One that cannot be read is
 * silently replaced by a new one, unless the configuration names it. The exit status of a bootstrap tells the outcome in
 * 3.x and is 0 in 4.x and 5.x even when the server refused.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { SystemError } from '../files/errors.ts';
import { root } from '../files/credential.ts';
import type { ClientTrust, KeyType } from '../options.ts';
import type { Invocation } from '../shell/program.ts';
import { askIdentity, identityData, NoIdentity } from './identity.ts';
import type { LoadedConfiguration } from './configuration.ts';
import { clientPem, keyPlace, type KeyPlace, makeKey, publicPem, readKey, signBody } from './key.ts';

export type Severity = 'info' | 'warning' | 'error';

/** What became of a request for authorization. */
export type Outcome =
  | { readonly kind: 'authorized'; readonly server: string; readonly token: string }
  | { readonly kind: 'refused'; readonly server: string; readonly status: number; readonly words: string }
  | { readonly kind: 'unreachable'; readonly server: string; readonly words: string }
  | { readonly kind: 'no-identity'; readonly words: string }
  | { readonly kind: 'no-key'; readonly words: string }
  | { readonly kind: 'no-server' };

export interface AgentOptions {
  readonly run: Invocation;
  readonly generation: 3 | 4 | 5;
  readonly configuration: LoadedConfiguration;
  readonly data: string;
  readonly log: (severity: Severity, message: string) => void;
  readonly passphrase: string | undefined;
}

const requestPath = '/api/devices/v1/authentication/auth_requests';

export class Agent {
  private readonly options: AgentOptions;
  readonly place: KeyPlace;
  key: KeyObject | undefined;

  constructor(options: AgentOptions) {
    this.options = options;
    this.place = keyPlace(options.configuration.settings, options.generation, options.data);
  }

  private get machine(): Invocation['machine'] {
    return this.options.run.machine;
  }

  /** Reads the key at the start of the client, or makes one. False when there is none and none may be made. */
  async prepareKey(force: boolean): Promise<boolean> {
    const { log, generation } = this.options;
    const found = this.readKey();
    if (typeof found !== 'string') {
      this.key = found;
      if (generation > 3 && !this.place.static) this.correctMode();
    } else if (generation === 3) {
      if (found === 'unreadable') {
        log('error', 'Failed to load key: failed reading private key');
        log('error', 'Failed to load device keys: failed reading private key');
      }
    } else
      log(
        'error',
        `Got error loading the private key from the keystore: No key in memory: Error loading private key from ${this.place.path}`,
      );
    if (generation === 3) log('info', 'No dual rootfs configuration present');
    if (this.key && !force) return true;
    log(
      'info',
      generation === 3
        ? 'Device keys not present or bootstrap forced, generating'
        : `Generating new ${this.generates.startsWith('rsa') ? 'RSA' : 'ED25519'} key`,
    );
    if (this.place.static) {
      log(
        'error',
        generation === 3
          ? 'Device key is static, refusing to regenerate.'
          : 'Cannot replace static key: A static key cannot be re-generated',
      );
      return this.key !== undefined && generation === 3;
    }
    await this.makeOwnKey();
    return true;
  }

  private readKey(): ReturnType<typeof readKey> {
    if (this.place.engine === undefined || this.place.engine === '')
      return readKey(this.machine, this.place, this.options.passphrase);
    const { key } = this.machine.options.client;
    return key.kind === 'token' ? createPrivateKey(key.pem) : 'unreadable';
  }

  private get generates(): KeyType {
    const { generates } = this.machine.options.client;
    return generates ?? (this.options.generation === 5 ? 'ed25519' : 'rsa-3072');
  }

  private correctMode(): void {
    try {
      this.machine.files.chmod(root, this.place.path, 0o600);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
    }
  }

  /** Making a key takes its time, and then overwrites whatever is there by now. */
  private async makeOwnKey(): Promise<void> {
    const { run } = this.options;
    const { files } = this.machine;
    const [made] = await Promise.all([
      run.process.join(makeKey(this.generates)),
      this.machine.sleep(run.process, this.machine.options.client.generateTime),
    ]);
    const temporary = `${this.place.path}~`;
    files.put(root, temporary, clientPem(made), 0o600);
    files.chmod(root, temporary, 0o600);
    files.syncNode(files.node(root, temporary));
    files.rename(root, temporary, this.place.path);
    files.syncNode(files.node(root, this.place.path.replace(/\/[^/]*$/u, '') || '/'));
    this.key = made;
  }

  /** Asks each configured server in turn to authorize this device. */
  async authorize(): Promise<Outcome> {
    const { run, generation, configuration, log } = this.options;
    const { settings, servers } = configuration;
    if (servers.length === 0 && generation > 3) return { kind: 'no-server' };
    let identity: string;
    try {
      const { output, complaint } = await askIdentity(run);
      if (complaint !== '' && generation === 3)
        log(
          'info',
          `Output (stderr) from command "/usr/share/mender/identity/mender-device-identity": ${complaint.trimEnd()}`,
        );
      identity = identityData(output, generation === 3 ? undefined : (text) => JSON.stringify(text));
    } catch (error) {
      if (error instanceof NoIdentity) return { kind: 'no-identity', words: error.message };
      throw error;
    }
    // 4.x and 5.x read the key file again for each request.
    const fresh = generation > 3 ? this.readKey() : this.key;
    const key = fresh === undefined || typeof fresh === 'string' ? undefined : fresh;
    if (!key) return { kind: 'no-key', words: 'private key is empty' };
    const body = this.body(identity, publicPem(key));
    const signature = signBody(key, body);
    if (signature === undefined)
      return { kind: 'no-key', words: `unsupported key type ${key.asymmetricKeyType ?? ''}` };
    let outcome: Outcome = { kind: 'no-server' };
    for (const server of servers.length === 0 ? [''] : servers) {
      outcome = await this.ask(server.replace(/\/+$/u, ''), server, body, {
        'Content-Type': 'application/json',
        Accept: 'application/json',
        Authorization: generation === 3 ? `Bearer ${settings.TenantToken ?? ''}` : 'API_KEY',
        'X-MEN-Signature': signature,
        'Content-Length': String(body.length),
      });
      if (outcome.kind === 'authorized') return outcome;
    }
    return outcome;
  }

  private body(identity: string, publicKey: string): Uint8Array {
    const { settings } = this.options.configuration;
    const token = settings.TenantToken ?? '';
    if (this.options.generation === 3) {
      return Buffer.from(
        `${JSON.stringify({ id_data: identity, tenant_token: token, pubkey: publicKey }).replace(/[<>&]/gu, (c) => `\\u00${c.charCodeAt(0).toString(16)}`)}\n`,
      );
    }
    const tier =
      this.machine.options.client.version >= '5.1' ? { tier: settings.DeviceTier ?? 'standard' } : {};
    return Buffer.from(
      JSON.stringify({
        id_data: identity,
        pubkey: publicKey,
        ...(token === '' ? {} : { tenant_token: token }),
        ...tier,
      }),
    );
  }

  private trust(signal: AbortSignal): ClientTrust {
    const { settings } = this.options.configuration;
    const caPath = settings.ServerCertificate ?? '';
    let ca: string | undefined;
    if (caPath !== '') {
      try {
        ca = this.machine.files.read(root, caPath);
      } catch (error) {
        if (!(error instanceof SystemError)) throw error;
        this.options.log(
          'warning',
          `Failed to read server certificate: open ${caPath}: ${error.message.toLowerCase()}`,
        );
      }
    }
    return { ca, skipVerify: settings.SkipVerify === true, now: this.machine.now(), caPath, signal };
  }

  private async ask(
    url: string,
    server: string,
    body: Uint8Array,
    headers: Readonly<Record<string, string>>,
  ): Promise<Outcome> {
    if (!/^https?:\/\/[^/]/u.test(url))
      return {
        kind: 'unreachable',
        server,
        words: `Post "${url}${requestPath}": http: no Host in request URL`,
      };
    const abort = new AbortController();
    try {
      const response = await this.options.run.process.wait<
        Awaited<ReturnType<typeof this.machine.options.server>>
      >((resolve, reject) => {
        this.machine.options
          .server(url, { method: 'POST', path: requestPath, headers, body }, this.trust(abort.signal))
          .then(resolve, reject);
        return () => abort.abort();
      });
      const text = Buffer.from(response.body).toString('utf8');
      if (response.status === 200) return { kind: 'authorized', server, token: text };
      return { kind: 'refused', server, status: response.status, words: text };
    } catch (error) {
      if (this.options.run.process.killed) throw this.options.run.process.killed;
      return { kind: 'unreachable', server, words: error instanceof Error ? error.message : String(error) };
    }
  }
}

/** The `error` member of a server's answer, or the answer itself. */
export function errorText(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body);
    if (
      typeof parsed === 'object' &&
      parsed !== null &&
      'error' in parsed &&
      typeof parsed.error === 'string'
    )
      return parsed.error;
  } catch {
    // Not JSON: the text is all there is.
  }
  return body;
}
