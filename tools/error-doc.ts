import { writeFileSync } from 'node:fs';
import { ERRORS, type ErrorRow } from '../src/model/error-table.ts';

const TITLES: Readonly<Record<string, string>> = {
  port: 'The port',
  board: 'The board',
  key: 'Keys made elsewhere',
  server: 'The server',
  job: 'The job',
  request: 'Requests and approvals of a re-key',
  batch: 'Batches',
  inventory: 'Name tags, tags and groups',
  journal: 'The record',
  station: 'The station itself',
};

/** `docs/errors.md`: every error of the station with its texts, from the table in the code. */
export function errorDocument(): string {
  const rows = Object.entries<ErrorRow>(ERRORS);
  const sections = Object.entries(TITLES).map(([area, title]) => {
    const own = rows.filter(([code]) => code.startsWith(`${area}/`));
    const lines = own.map(
      ([code, { message, unchanged, remedy, retriable }]) =>
        `| \`${code}\` | ${message} | ${unchanged} | ${remedy} | ${retriable ? 'yes' : 'no'} |`,
    );
    return [
      `## ${title}`,
      '',
      '| code | what happened | what was not changed | what to do | trying again can help |',
      '|---|---|---|---|---|',
      ...lines,
      '',
    ].join('\n');
  });
  return [
    '# What can go wrong, and what to do',
    '',
    'Every error has a code that does not change between versions, a sentence on what happened, on what was *not* changed,',
    'and on what to do. Words in braces are filled in. Where a job knows better what was left as it was, it says so instead.',
    'This page is written from `src/model/error-table.ts`.',
    '',
    ...sections,
  ].join('\n');
}

if (import.meta.main) writeFileSync(new URL('../docs/errors.md', import.meta.url), errorDocument());
