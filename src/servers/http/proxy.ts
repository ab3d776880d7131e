import { BlockList, isIP } from 'node:net';
import { isLoopback } from '../../model/server-profile.ts';
import { secret, type Secret } from '../../model/secret.ts';

/** A proxy between this machine and the servers. */
export interface Proxy {
  /** `http://host:port` or `https://host:port`: without what it takes to log in there, fit to be shown. */
  readonly origin: string;
  /** The value of `Proxy-Authorization`; null where the proxy's URL names no user. */
  readonly authorization: Secret<string> | null;
}

/** What the environment says of proxies. */
export interface ProxySettings {
  readonly proxy: Proxy | null;
  /** Why the proxy that is named cannot be used; a sentence's part. No server is asked around it then. */
  readonly problem: string | null;
  /** The variable that names the proxy; null where none does. */
  readonly variable: string | null;
  /** The hosts that are asked without it, as `NO_PROXY` has them. */
  readonly except: readonly string[];
}

/** The proxy that is named cannot be used. */
export class UnusableProxy extends Error {
  readonly variable: string;

  constructor(variable: string, detail: string) {
    super(detail);
    this.variable = variable;
  }
}

export const NO_PROXIES: ProxySettings = { proxy: null, problem: null, variable: null, except: [] };

/** Lower case first, as curl has it; `HTTP_PROXY` where there is none for https, as undici has it. */
const PROXY_VARIABLES = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'] as const;

/**
 * Reads `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, in either case, and deletes those that hold a proxy's user and
 * password: no child process gets them.
 */
export function takeProxies(env: Record<string, string | undefined>): ProxySettings {
  const variable = PROXY_VARIABLES.find((name) => (env[name] ?? '').trim() !== '') ?? null;
  const named = variable === null ? null : (env[variable] ?? '').trim();
  for (const name of PROXY_VARIABLES) if (/@/.test(env[name] ?? '')) Reflect.deleteProperty(env, name);
  if (variable === null || named === null) return NO_PROXIES;
  const except = (env['no_proxy'] ?? env['NO_PROXY'] ?? '')
    .split(/[\s,]+/)
    .map((entry) => entry.toLowerCase())
    .filter((entry) => entry !== '');
  const read = readProxy(named);
  return 'problem' in read
    ? { proxy: null, problem: read.problem, variable, except }
    : { proxy: read, problem: null, variable, except };
}

/**
 * The proxy on the way to a URL; null for none. A server on this machine is never asked through one.
 *
 * @throws UnusableProxy where one is named for it that cannot be used.
 */
export function proxyFor(url: URL, { proxy, problem, variable, except }: ProxySettings): Proxy | null {
  if (variable === null || isLoopback(url.hostname)) return null;
  const host = url.hostname.toLowerCase().replace(/^\[|\]$/g, '');
  const port = url.port === '' ? '443' : url.port;
  if (except.some((entry) => covers(entry, host, port))) return null;
  if (problem !== null) throw new UnusableProxy(variable, problem);
  return proxy;
}

function readProxy(text: string): Proxy | { readonly problem: string } {
  // A bare `host:port` is common; `new URL` would take the host for a scheme.
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(whole)) return { problem: 'it is no URL' };
  const url = new URL(whole);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return {
      problem: `proxies of the kind ${url.protocol.slice(0, -1)} are not supported, http and https are`,
    };
  try {
    const user = decodeURIComponent(url.username);
    const password = decodeURIComponent(url.password);
    const login = Buffer.from(`${user}:${password}`).toString('base64');
    return {
      origin: url.origin,
      authorization: user === '' && password === '' ? null : secret(`Basic ${login}`),
    };
  } catch {
    return { problem: 'its user or password has a % that begins no escape (write it as %25)' };
  }
}

/** `*`, a host with all below it, with or without a port, an address, or a network (`10.0.0.0/8`). */
function covers(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  // One colon parts a host from its port; more of them are an address of IPv6, which has its port after brackets.
  const [, before = entry, wanted = port] =
    /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(entry) ?? ([] as readonly string[]);
  if (wanted !== port) return false;
  const name = before.replace(/^\[|\]$/g, '').replace(/^\*?\./, '');
  if (name === '') return false;
  if (name.includes('/')) return inNetwork(name, host);
  return host === name || (isIP(host) === 0 && host.endsWith(`.${name}`));
}

function inNetwork(network: string, host: string): boolean {
  const [address = '', bits = ''] = network.split('/');
  const kind = isIP(address);
  const most = kind === 4 ? 32 : 128;
  if (kind === 0 || isIP(host) !== kind || !/^\d{1,3}$/.test(bits) || Number(bits) > most) return false;
  const list = new BlockList();
  const family = kind === 4 ? 'ipv4' : 'ipv6';
  list.addSubnet(address, Number(bits), family);
  return list.check(host, family);
}
