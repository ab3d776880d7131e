/** One PEM block as Go's encoding/pem finds it. */
export interface PemBlock {
  readonly label: string;
  readonly der: Buffer;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * The first block that can be decoded. Text before it, headers in it, CRLF and any line length are fine; the BEGIN and END
 * lines must begin in the first column and their labels must agree.
 */
export function decodePem(text: string): PemBlock | undefined {
  const begin = /(?:^|\n)-----BEGIN ([^\n]*?)-----[ \t\r]*(?:\n|$)/g;
  for (let found = begin.exec(text); found !== null; found = begin.exec(text)) {
    const label = found[1] ?? '';
    const rest = text.slice(begin.lastIndex);
    const block = decodeBody(rest, label);
    if (block) return block;
    begin.lastIndex -= 1;
  }
  return undefined;
}

function decodeBody(text: string, label: string): PemBlock | undefined {
  let rest = text;
  for (;;) {
    const end = rest.indexOf('\n');
    const line = end < 0 ? rest : rest.slice(0, end);
    if (!line.includes(':') || end < 0) break;
    rest = rest.slice(end + 1);
  }
  const close = `-----END ${label}-----`;
  const at = rest.startsWith(close) ? 0 : rest.indexOf(`\n${close}`);
  if (at < 0) return undefined;
  const base64 = rest.slice(0, at).replace(/[ \t\r\n]/g, '');
  if (!BASE64.test(base64)) return undefined;
  return { label, der: Buffer.from(base64, 'base64') };
}

/** A block in its normal form: 64 columns, a newline at the end. */
export function encodePem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
