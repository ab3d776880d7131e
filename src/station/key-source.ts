import { KEY_TYPES, type KeySource, type KeyType } from '../model/key.ts';
import { StationError } from '../model/station-error.ts';

/**
 * Reads a key source as the command spells it: `board[:TYPE]`, `generate[:TYPE]`, `import:DIR` or `keep`.
 *
 * @throws StationError `station/usage`.
 */
export function parseKeySource(text: string): KeySource {
  const at = text.indexOf(':');
  const from = at < 0 ? text : text.slice(0, at);
  const rest = at < 0 ? null : text.slice(at + 1);
  if (from === 'keep' && rest === null) return { from };
  if (from === 'import' && rest !== null && rest !== '') return { from, directory: rest };
  if (from === 'board' || from === 'generate') {
    if (rest === null) return { from };
    if (isKeyType(rest)) return { from, type: rest };
  }
  throw new StationError('station/usage', {
    detail: `"${text}" is no key source: board, generate[:TYPE], import:DIR or keep; TYPE is one of ${KEY_TYPES.join(' ')}.`,
  });
}

/** The same source as the command spells it. */
export function keySourceText(source: KeySource): string {
  if (source.from === 'keep') return source.from;
  const rest = source.from === 'import' ? source.directory : source.type;
  return rest === undefined ? source.from : `${source.from}:${rest}`;
}

function isKeyType(text: string): text is KeyType {
  return (KEY_TYPES as readonly string[]).includes(text);
}
