import type { ClientReading } from '../../model/board.ts';

/**
 * What a client's bootstrap said. 3.x tells by its exit status; 4.x and 5.x exit 0 even when refused, and only their log
 * tells.
 */
export function readAnswer(
  generation: ClientReading['generation'],
  said: readonly string[],
  status: number,
): { readonly authorized: boolean; readonly detail: string } {
  const messages = said
    .map(messageOf)
    .filter((text) => text !== '' && !/GLib-GIO|g_dbus_connection/.test(text));
  const success = messages.findLast((text) =>
    /successfully (authorized|received new authorization)/i.test(text),
  );
  const authorized = success !== undefined && (generation !== '3' || status === 0);
  if (authorized) return { authorized, detail: shown(success) };
  const fault =
    messages.findLast((text) => FAULT.test(text) && !GENERAL.test(text)) ??
    messages.findLast((text) => FAULT.test(text)) ??
    messages.at(-1) ??
    `it said nothing (status ${status})`;
  return { authorized, detail: shown(fault) };
}

const FAULT = /error|fail|reject|refuse|invalid|unauthorized|certificate|incorrect|denied/i;
/** What a client says last, after the message that tells why. */
const GENERAL =
  /^transient error|^Failure occurred while executing|No more servers to try|^Got Auth response/i;

/** A log line's message: `time=... level=error msg="..."` of 3.x, or the words after the severity of 4.x. */
function messageOf(line: string): string {
  const quoted = /msg="((?:[^"\\]|\\.)*)"/.exec(line)?.[1];
  if (quoted !== undefined) return quoted.replace(/\\(.)/g, '$1').trim();
  return line.replace(/^.*?severity=\w+\s+(?:\w+="[^"]*"\s+)*(?:msg=)?/, '').trim();
}

function shown(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 300);
}
