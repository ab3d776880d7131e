/** Hosts that a link in the window may open in the person's own browser: documentation only. */
const HOSTS: ReadonlySet<string> = new Set(['docs.mender.io']);

/** Whether a link may leave the app: https, a host of the list, no port and no user name in it. */
export function isTrustedLink(link: string): boolean {
  if (!URL.canParse(link)) return false;
  const { protocol, hostname, port, username, password } = new URL(link);
  return protocol === 'https:' && HOSTS.has(hostname) && port === '' && username === '' && password === '';
}
