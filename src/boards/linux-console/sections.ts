/** A part of a reply: what a command of the script wrote after `@NONCE KEY ARGUMENTS`. */
export interface Section {
  readonly key: string;
  readonly args: readonly string[];
  /** As it came, to the byte. */
  readonly content: Buffer;
}

/** Cuts a reply into its sections. The nonce is this session's own, so that no file on the board holds it. */
export function sections(reply: Buffer, nonce: string): readonly Section[] {
  const marker = `\n@${nonce} `;
  return reply
    .toString('latin1')
    .split(marker)
    .slice(1)
    .map((text) => {
      const end = text.indexOf('\n');
      const [key = '', ...args] = Buffer.from(text.slice(0, end < 0 ? undefined : end), 'latin1')
        .toString('utf8')
        .split(' ');
      return { key, args, content: Buffer.from(end < 0 ? '' : text.slice(end + 1), 'latin1') };
    });
}

/** The first section with this key; an empty one where there is none. */
export function section(all: readonly Section[], key: string): Section {
  return all.find((one) => one.key === key) ?? { key, args: [], content: Buffer.alloc(0) };
}

/** The content's lines as text. */
export function lines(of: Section): readonly string[] {
  const text = of.content.toString('utf8').replace(/\n+$/, '');
  return text === '' ? [] : text.split('\n');
}
