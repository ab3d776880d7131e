import type { buildConnector } from 'undici';
import type { ServerProfile } from '../../model/server-profile.ts';
import { proxyFor, type ProxySettings } from './proxy.ts';
import { connector } from './trust.ts';
import { through } from './tunnel.ts';

/** Opens connections to a server under its profile's trust, through the proxy that the environment names for it. */
export function connectorFor(
  { url, trust }: ServerProfile,
  timeoutMs: number,
  proxies: ProxySettings,
): buildConnector.connector {
  const direct = connector(trust, timeoutMs);
  return (options, callback) => {
    try {
      const proxy = proxyFor(new URL(url), proxies);
      (proxy === null ? direct : through(proxy, timeoutMs, direct))(options, callback);
    } catch (error) {
      callback(error instanceof Error ? error : new Error(String(error)), null);
    }
  };
}
