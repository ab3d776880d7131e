import type { ErrorReport } from '../../../src/model/job.ts';
import { messages } from '../../messages.ts';
import { Refused, type Station } from '../../station.ts';

/** The text of a file that a person chose; null where none was. @throws Refused where it cannot be read. */
export async function openStationFile(station: Station): Promise<string | null> {
  const text = messages.requests.file;
  const chosen = await station.shell('shell.choose-text', { kind: 'station-file' });
  if (chosen === null) return null;
  if (chosen.text === null)
    throw new Refused(
      refusal('window/unreadable-file', text.unreadable(chosen.name), text.unreadableRemedy, false),
    );
  return chosen.text;
}

/** Writes a text where the person says: its path; null where nowhere. @throws Refused where that cannot be written. */
export async function saveStationFile(
  station: Station,
  name: string,
  content: string,
): Promise<string | null> {
  const text = messages.requests.file;
  const saved = await station.shell('shell.save-text', { name, text: content });
  if (saved === null) return null;
  if (!saved.written)
    throw new Refused(
      refusal('window/not-written', text.notWritten(saved.path), text.notWrittenRemedy, true),
    );
  return saved.path;
}

function refusal(code: string, message: string, remedy: string, retriable: boolean): ErrorReport {
  return { code, message, unchanged: messages.requests.file.unchanged, remedy, retriable };
}
