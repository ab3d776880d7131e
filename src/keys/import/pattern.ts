import { type Identity } from '../../model/identity.ts';
import { MODIFIERS, PLACE } from '../../model/identity-pattern.ts';
import { StationError } from '../../model/station-error.ts';

/**
 * The file names that a pattern such as `{mac:nocolon}.pem` stands for, for one board: one name, or several where an
 * attribute has several values. Modifiers: `lower`, `upper`, `nocolon` (`52:54` becomes `5254`), `dash` (`52-54`).
 *
 * A name may lie in a folder below the import directory (`{serial}/key.pem`) where the pattern itself says so; a value
 * from the board never adds one and never leads out of the directory.
 *
 * @throws StationError `key/attribute-missing`, or `key/import-unusable` for a pattern or a value that is no file name.
 */
export function fileNames(pattern: string, identity: Identity): readonly string[] {
  const badPattern = pattern
    .split('/')
    .some((part) => ['', '.', '..'].includes(part) || part.includes('\\') || part.includes('\0'));
  if (badPattern) throw unusable(pattern, 'the file-name pattern must stay below the import directory');
  let names = [''];
  let from = 0;
  for (const match of pattern.matchAll(PLACE)) {
    const [whole, attribute = '', modifiers = ''] = match;
    const literal = pattern.slice(from, match.index);
    from = match.index + whole.length;
    const values = valuesOf(identity, attribute, pattern).map((value) => modified(value, modifiers, pattern));
    names = names.flatMap((name) => values.map((value) => name + literal + value));
  }
  names = names.map((name) => name + pattern.slice(from));
  return [...new Set(names)];
}

function valuesOf(identity: Identity, attribute: string, pattern: string): readonly string[] {
  const value = Object.hasOwn(identity, attribute) ? identity[attribute] : undefined;
  if (value === undefined) throw new StationError('key/attribute-missing', { pattern, attribute });
  return typeof value === 'string' ? [value] : value;
}

function modified(value: string, modifiers: string, pattern: string): string {
  let result = value;
  for (const name of modifiers.split(':').filter((text) => text !== '')) {
    const modify = Object.hasOwn(MODIFIERS, name) ? MODIFIERS[name] : undefined;
    if (modify === undefined)
      throw unusable(pattern, `there is no modifier "${name}" (known: ${Object.keys(MODIFIERS).join(', ')})`);
    result = modify(result);
  }
  if (
    result === '' ||
    result === '.' ||
    result === '..' ||
    result.length > 200 ||
    /[/\\\p{Cc}]/u.test(result)
  )
    throw unusable(
      pattern,
      `the board's value ${JSON.stringify(value.slice(0, 80))} cannot be part of a file name`,
    );
  return result;
}

function unusable(path: string, detail: string): StationError {
  return new StationError('key/import-unusable', { path, detail });
}
