/** A strict reader of RFC 4180, to hold what is written against. */
export function parseCsv(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    let cell = '';
    if (text[at] === '"') {
      at += 1;
      for (;;) {
        const end = text.indexOf('"', at);
        if (end < 0) throw new Error('a quoted cell has no end');
        cell += text.slice(at, end);
        at = end + 1;
        if (text[at] !== '"') break;
        cell += '"';
        at += 1;
      }
    } else {
      const end = text.slice(at).search(/,|\r\n/);
      if (end < 0) throw new Error('a line has no end');
      cell = text.slice(at, at + end);
      if (/["\r\n]/.test(cell)) throw new Error('a cell should be quoted');
      at += end;
    }
    row.push(cell);
    if (text[at] === ',') {
      at += 1;
      continue;
    }
    if (text.slice(at, at + 2) !== '\r\n') throw new Error('a cell is followed by something else');
    rows.push(row);
    row = [];
    at += 2;
  }
  return rows;
}
