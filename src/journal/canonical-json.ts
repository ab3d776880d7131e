/**
 * A value as JSON in its one spelling: members sorted by UTF-16 code units at every level, no white space, numbers and
 * strings as ECMAScript writes them (RFC 8785). Equal values have equal texts, so a hash of the text is a hash of the value.
 * Members that are `undefined` are left out.
 *
 * @throws TypeError on what JSON cannot hold faithfully (NaN, functions, class instances): a `Secret` or a buffer that
 * strayed into an event must end here and not in the record.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`JSON has no ${value}`);
    return JSON.stringify(value);
  }
  let texts = '';
  if (Array.isArray(value)) {
    for (const item of value as readonly unknown[])
      texts += `${texts === '' ? '' : ','}${canonicalJson(item)}`;
    return `[${texts}]`;
  }
  if (typeof value !== 'object') throw new TypeError(`JSON has no ${typeof value}`);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    throw new TypeError('only plain objects have a canonical JSON text');
  // `sort` without a comparison is by UTF-16 code units.
  for (const name of Object.keys(value).sort()) {
    const member = (value as Readonly<Record<string, unknown>>)[name];
    if (member !== undefined)
      texts += `${texts === '' ? '' : ','}${JSON.stringify(name)}:${canonicalJson(member)}`;
  }
  return `{${texts}}`;
}
