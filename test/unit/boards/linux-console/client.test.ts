import { expect, test } from 'vitest';
import { clientCall, readClient } from '../../../../src/boards/linux-console/client.ts';
import { quote } from '../../../../src/boards/linux-console/quiet-loop.ts';
import { sections } from '../../../../src/boards/linux-console/sections.ts';
import { startText, stopText } from '../../../../src/boards/linux-console/service.ts';

/** An observation's sections, as a board writes them. */
const said = (...parts: readonly string[]) =>
  sections(Buffer.from(parts.map((part) => `\n@n ${part}`).join('\n')), 'n');

const UNIT = (id: string, state: string, start: string, environment = ''): string =>
  `Id=${id}.service\nLoadState=loaded\nUnitFileState=enabled\nActiveState=${state}\nEnvironment=${environment}\nExecStart={ path=/usr/bin/x ; argv[]=${start} ; ignore_errors=no ; pid=1 }`;

test('systemd, client 3.x', () => {
  const setup = readClient(
    said(
      'v /usr/bin/mender\n3.4.0\truntime: go1.19.8\n',
      `s\n${UNIT('mender-client', 'active', '/usr/bin/mender --no-syslog daemon')}\n\nId=mender-authd.service\nLoadState=not-found\n`,
      'd 46\n/usr/bin/mender --no-syslog daemon \n',
    ),
  );
  expect(setup).toMatchObject({ generation: '3', version: '3.4.0', running: true, isInstalling: false });
  expect(stopText(setup)).toBe('systemctl stop mender-client');
  expect(startText(setup)).toBe('systemctl start mender-client');
  expect(clientCall(setup, 'bootstrap', quote)).toBe('mender --no-syslog bootstrap');
});

test('systemd, client 5.x: both daemons; a unit that is stopped but enabled is started by the switch', () => {
  const setup = readClient(
    said(
      'v /usr/bin/mender-auth\n5.1.0\n',
      `s\n${UNIT('mender-authd', 'inactive', '/usr/bin/mender-auth daemon')}\n\n${UNIT('mender-updated', 'inactive', '/usr/bin/mender-update daemon')}`,
    ),
  );
  expect(setup).toMatchObject({ generation: '4', running: false, starts: true });
  expect(startText(setup)).toBe('systemctl start mender-authd mender-updated');
});

test('flags and environment of the daemon move its files, and its own call sees the same', () => {
  const setup = readClient(
    said(
      'v /usr/bin/mender-auth\n5.1.0\n',
      's\n',
      'd 7\n/usr/bin/mender-auth --config=/opt/m.conf --data /srv/mender daemon \nMENDER_DATA_DIR=/opt/share\n',
    ),
  );
  expect(setup.overrides).toEqual({
    configuration: '/opt/m.conf',
    fallbackConfiguration: '/srv/mender/mender.conf',
    dataDirectory: '/srv/mender',
    identityScript: '/opt/share/identity/mender-device-identity',
  });
  expect(clientCall(setup, 'bootstrap', quote)).toBe(
    'MENDER_DATA_DIR=/opt/share mender-auth --config=/opt/m.conf --data /srv/mender bootstrap',
  );
});

test('a daemon that nobody is known to supervise is held still, and started again if need be', () => {
  const setup = readClient(
    said('v /usr/bin/mender\n3.4.0\n', 's\n', 'l\n', 'd 46\n/usr/bin/mender daemon \n'),
  );
  expect(setup.supervisor.by).toBe('process');
  expect(stopText(setup)).toBe('kill -STOP 46');
  expect(startText(setup)).toContain('setsid /usr/bin/mender daemon');
});

test('an installation beside the daemon is an update in progress', () => {
  const setup = readClient(
    said(
      'v /usr/bin/mender\n3.4.0\n',
      'd 46\n/usr/bin/mender daemon \n',
      'd 99\nmender install /tmp/a.mender \n',
    ),
  );
  expect(setup).toMatchObject({ isInstalling: true, running: true });
});

test('no client', () => {
  expect(readClient(said('v\n', 's\n', 'l\n'))).toMatchObject({
    generation: 'none',
    version: null,
    running: false,
  });
});
