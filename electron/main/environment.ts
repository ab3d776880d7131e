/**
 * What the station's process may see of the environment: where things are, the way to the servers, and how to speak to
 * the person. No secret, but for a proxy's login in its URL, which that process deletes when it has read it.
 */
const ALLOWED: readonly string[] = [
  'APPDATA',
  'HOME',
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'LANG',
  'LC_ALL',
  'LC_TIME',
  'LOCALAPPDATA',
  'LOGNAME',
  'NODE_EXTRA_CA_CERTS',
  'NO_PROXY',
  'PATH',
  'SSL_CERT_DIR',
  'SSL_CERT_FILE',
  'SYSTEMROOT',
  'TEMP',
  'TMP',
  'TMPDIR',
  'TZ',
  'USER',
  'USERPROFILE',
  'XDG_CONFIG_HOME',
  'XDG_DATA_HOME',
  'XDG_RUNTIME_DIR',
  'http_proxy',
  'https_proxy',
  'no_proxy',
];

/** The environment for a child: an allow-list, so that a variable nobody thought of stays out. */
export function stationEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  const chosen: Record<string, string> = {};
  for (const name of ALLOWED) {
    const value = environment[name];
    if (value !== undefined) chosen[name] = value;
  }
  return chosen;
}
