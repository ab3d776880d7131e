import { expect, test } from 'vitest';
import { readAnswer } from '../../../../src/boards/linux-console/client-answer.ts';

const go = (level: string, message: string): string =>
  `time="2026-11-21T23:18:32Z" level=${level} msg=${JSON.stringify(message)}`;
const cpp = (severity: string, message: string): string =>
  `record_id=1 severity=${severity} time="2026-Nov-21 23:18:42.000000" name="Global" msg="${message}"`;

test('3.x: authorized', () => {
  const said = [
    go('info', 'Loaded configuration file: /etc/mender/mender.conf'),
    go('info', 'successfully received new authorization data from server https://mender.example'),
  ];
  expect(readAnswer('3', said, 0)).toMatchObject({ authorized: true });
  expect(readAnswer('3', said, 1)).toMatchObject({ authorized: false });
});

test('3.x: the message that tells why, not the one that ends the log', () => {
  const said = [
    go(
      'error',
      'Failure occurred while executing authorization request: Method: Post, URL: https://127.0.0.1:9/api',
    ),
    go(
      'error',
      'Failed to authorize with "https://127.0.0.1:9": Unknown url.Error type: dial tcp 127.0.0.1:9: connect: connection refused',
    ),
    '(process:204): GLib-GIO-CRITICAL **: 23:18:32.332: g_dbus_connection_emit_signal: assertion failed',
    go('error', 'transient error: authorization request failed'),
  ];
  expect(readAnswer('3', said, 1)).toEqual({
    authorized: false,
    detail:
      'Failed to authorize with "https://127.0.0.1:9": Unknown url.Error type: dial tcp 127.0.0.1:9: connect: connection refused',
  });
});

test('4.x and 5.x exit 0 even when refused: the text tells', () => {
  const refused = [
    cpp(
      'info',
      "Authentication error trying server 'https://a.example': Unauthorized error: dev auth: unauthorized",
    ),
    cpp('info', 'Got Auth response'),
    cpp('error', 'Authentication error: No more servers to try for authentication'),
  ];
  const answer = readAnswer('4', refused, 0);
  expect(answer.authorized).toBe(false);
  expect(answer.detail).toContain('dev auth: unauthorized');
  expect(
    readAnswer('4', [cpp('info', "Successfully authorized with the server 'https://a.example'")], 0)
      .authorized,
  ).toBe(true);
  expect(
    readAnswer('4', [cpp('info', 'No server set in the configuration, skipping authentication')], 0)
      .authorized,
  ).toBe(false);
  expect(readAnswer('4', [], 0)).toEqual({ authorized: false, detail: 'it said nothing (status 0)' });
});
